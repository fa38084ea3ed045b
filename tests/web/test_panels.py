"""What a site's page is opened with is what its figures are worked out together for."""

from __future__ import annotations

from mallard.reports.breakdown import DIMENSIONS, ON_CARDS
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.panels import open_panels


def test_the_breakdowns_of_a_page_are_worked_out_together() -> None:
    shown = {panel.name for panel in open_panels(PageUrl.from_args({"site_id": ["example.com"]}))}
    assert shown & set(DIMENSIONS) == set(ON_CARDS)
