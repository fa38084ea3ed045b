"""The document of a site: what it may hold, and how what is wrong is named."""

from __future__ import annotations

import pytest

from mallard.register.reading import BadDocument, parsed
from mallard.register.site import Site

WHOLE = b"""{
  "name": "Shop", "pinned": true, "aliases": ["old.example", "7f0c"],
  "exclude": {"addresses": ["203.0.113.0/24", "2001:db8::1"], "countries": ["XX"],
              "hostnames": ["*.staging.example"], "paths": ["/admin/*"], "user_agents": ["Bot"]},
  "paths": {"index": "drop", "trailing_slash": "add", "lower_case": true, "keep_query": ["q"],
            "group": ["/order/*"]},
  "goals": [{"name": "Sign-up", "event": "signup", "props": {"plan": "pro"}},
            {"name": "Reads the blog", "page": "/blog/*"}],
  "segments": [{"name": "Germany, mobile", "filters": ["country==DE", "device==mobile"]}],
  "funnels": [{"name": "Buy", "steps": ["page:/", "event:signup"], "window": "2 hours"}],
  "views": [{"name": "Last month", "query": "period=last_month&tab=goals"}]
}"""


def test_every_part_may_be_there_or_not() -> None:
    site = parsed(WHOLE, Site)
    assert (site.name, site.exclude.countries, site.goals[0].props) == (
        "Shop",
        ("XX",),
        {"plan": "pro"},
    )
    assert parsed(b"{}", Site) == Site()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"gaols": []}', "unknown field `gaols`"),
        ('{"time_zone": "UTC"}', "unknown field `time_zone`"),
        ('{"timezone": "Mars/Olympus"}', "timezone: 'Mars/Olympus' is no time zone"),
        ('{"timezone": "localtime"}', "timezone: 'localtime' is no time zone"),
        ('{"goals": [{"name": "a", "event": "b", "pge": "c"}]}', "`pge` - at `$.goals[0]`"),
        ('{"aliases": ["a,b"]}', "aliases: 'a,b' may not be an alias"),
        ('{"aliases": ["a\\n"]}', "may not be an alias"),
        ('{"aliases": ["a", "a"]}', "aliases: 'a' is there twice"),
        ('{"merged": ["a"]}', "unknown field `merged`"),
        (
            '{"exclude": {"addresses": ["203.0.113.7/24"]}}',
            "addresses: '203.0.113.7/24' is no address",
        ),
        ('{"exclude": {"addresses": ["here"]}}', "addresses: 'here'"),
        ('{"exclude": {"countries": ["de"]}}', "countries: 'de' is no code of a country"),
        ('{"exclude": {"hostnames": ["https://x"]}}', "hostnames: 'https://x'"),
        ('{"exclude": {"only_hostnames": ["a/b"]}}', "only_hostnames: 'a/b'"),
        ('{"exclude": {"paths": ["admin"]}}', "paths: 'admin' is no pattern"),
        ('{"exclude": {"user_agents": [""]}}', "`$.exclude.user_agents[0]`"),
        ('{"paths": {"index": "lose"}}', "Invalid enum value 'lose' - at `$.paths.index`"),
        ('{"paths": {"trailing_slash": true}}', "got `bool` - at `$.paths.trailing_slash`"),
        ('{"paths": {"group": ["*.php"]}}', "group: '*.php' is no pattern of paths to group"),
        ('{"paths": {"keep_query": [" q"]}}', "keep_query: ' q' is no name"),
        ('{"paths": {"keep": ["q"]}}', "unknown field `keep` - at `$.paths`"),
        ('{"exclude": {"paths": "/"}}', "Expected `array`, got `str` - at `$.exclude.paths`"),
        ('{"goals": [{"name": "a"}]}', "needs either event or page - at `$.goals[0]`"),
        ('{"goals": [{"name": "a", "event": "b", "page": "/"}]}', "either event or page"),
        ('{"goals": [{"name": "a", "page": "b"}]}', "no pattern of paths"),
        ('{"goals": [{"event": "b"}]}', "missing required field `name` - at `$.goals[0]`"),
        ('{"goals": [{"name": " a", "event": "b"}]}', "without blanks around it"),
        (
            '{"goals": [{"name": "a", "event": "b"}, {"name": "a", "event": "c"}]}',
            "goals: there are two of the name 'a'",
        ),
        ('{"segments": [{"name": "a", "filters": ["land==DE"]}]}', "the dimension must be one of"),
        ('{"segments": [{"name": "a", "filters": []}]}', "needs a filter"),
        (
            '{"segments": [{"name": "a", "filters": ["did!=event:x|goal:Buys"]}]}',
            "segments: 'a' asks for the goal 'Buys', which is not there",
        ),
        ('{"funnels": [{"name": "a", "steps": ["signup"]}]}', "steps: 'signup' is neither"),
        ('{"funnels": [{"name": "a", "steps": []}]}', "steps: give 1 to 20"),
        ('{"funnels": [{"name": "a", "steps": ["page:/"], "window": "soon"}]}', "window must be"),
        ('{"views": [{"name": "a", "query": "period=soon"}]}', "period must be one of"),
        ('{"views": [{"name": "a", "query": "site_id=b"}]}', "names no site_id"),
        ('{"views": [{"name": "a", "query": "filter=page=/"}]}', "filter must have the form"),
        ('{"name": 7}', "Expected `str`, got `int` - at `$.name`"),
        ("[]", "Expected `object`, got `array`"),
        ('{\n  "name": "a",\n  oh\n}', "in line 3, column 3"),
        ('{"goals": ' + "[" * 10_000, "`$.goals[0]`"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(content: str, problem: str) -> None:
    with pytest.raises(BadDocument) as raised:
        parsed(content.encode(), Site)
    assert problem in str(raised.value)


def test_a_document_is_utf_8() -> None:
    with pytest.raises(BadDocument, match="UTF-8"):
        parsed(b'{"name": "\xff"}', Site)
