"""Every page of a server with invented visits, by a name for the test report."""

from __future__ import annotations

_SITE = "/?site_id=acme.example"
_GARDEN = "/?site_id=garden.example"
_FUNNEL = "funnel=page:/pricing&funnel=page:/signup&funnel=event:signup&window=1+day"

OF_A_SITE = {
    "site": _SITE,
    "site of today": f"{_SITE}&period=today",
    "site compared": f"{_SITE}&compare=previous&metric=bounce_rate",
    "site of some days": f"{_SITE}&start_date=2025-12-20&end_date=2026-01-11"
    "&compare=2025-01-20..2025-02-04",
    "site filtered": f"{_SITE}&compare=year&filter=country==US&filter=page!=/pricing",
    "site with other tabs": f"{_SITE}&tab=referrers&tab=exit_pages&tab=cities&tab=os",
    "site without a match": f"{_SITE}&filter=page==/nowhere",
    "revenue": f"{_SITE}&tab=revenue&compare=previous",
    "sessions": f"{_SITE}&tab=sessions&compare=previous",
    "properties": f"{_SITE}&tab=properties&compare=previous",
    "funnel": f"{_SITE}&tab=funnel&{_FUNNEL}",
    "funnel with a mistake": f"{_SITE}&tab=funnel&funnel=signup",
    "retention": f"{_SITE}&tab=retention&weeks=4",
    "sequences": f"{_SITE}&tab=sequences&sequence=page:/&sequence=page:/pricing",
    "flow": f"{_SITE}&tab=flow&flow=/pricing",
    "flow as a tree": f"{_SITE}&tab=flow&flow=/pricing&depth=3",
    "flow backward": f"{_SITE}&tab=flow&flow=/pricing&depth=2&direction=backward",
    "journeys": f"{_SITE}&tab=journeys",
    "map": f"{_SITE}&tab=map&tab=sources",
    "heatmap": f"{_SITE}&tab=heatmap",
    "speed": f"{_SITE}&tab=vitals",
    "details": "/details/pages?site_id=acme.example&compare=previous",
    "details searched": "/details/pages?site_id=acme.example&search=docs&order=value",
    "details of a property": "/details/properties?site_id=acme.example&property=plan",
    "details with more columns": "/details/entry_pages?site_id=acme.example&order=bounce_rate",
    "filter": "/filter?site_id=acme.example",
    "filter by page": "/filter?site_id=acme.example&by=page",
    "filter edited": "/filter?site_id=acme.example&edited=country!=US|DE&filter=country!=US|DE",
    "filter by goal": "/filter?site_id=garden.example&by=did",
    "filter by who is new": "/filter?site_id=acme.example&by=visitor_type",
    "filter by property": "/filter?site_id=acme.example&by=prop:",
    "moment to annotate": f"{_SITE}&annotate=1",
    "annotation to add": "/annotate?site_id=acme.example&at=2026-01-05T00:00",
    "segment to save": "/saved/segments?site_id=garden.example&filter=page==/",
    "view edited": "/saved/views?site_id=garden.example&was=Last+month",
    "funnel edited": "/saved/funnels?site_id=garden.example&was=Two+pages",
    "live": "/live?site_id=acme.example",
    "realtime": "/realtime?site_id=acme.example",
    "goals": f"{_GARDEN}&tab=goals&compare=previous",
    "goal chosen": f"{_GARDEN}&tab=goals&goal=Reads+on&segment=On+a+phone",
    "details with a goal": "/details/pages?site_id=garden.example&goal=Reads+on&order=conversions",
}
ELSEWHERE = {
    "all sites": "/",
    "no such sites": "/?search=nothing",
    "waiting": "/?site_id=new.example",
    "settings": "/settings",
    "settings of a site": "/settings/sites/garden.example",
    "import into a site": "/settings/sites/garden.example/import",
    "own browsers": "/ignore-me?site_id=garden.example",
    "people": "/settings/people",
    "own account": "/account",
    "who did what": "/settings/audit",
    "diagnostics": "/diagnostics?site_id=acme.example&url=https://acme.example/",
    "api": "/api/docs",
    "setup": "/setup",
}
MISTAKES = {"not found": "/nowhere", "bad request": f"{_SITE}&period=fortnight"}
PAGES = OF_A_SITE | ELSEWHERE | MISTAKES
