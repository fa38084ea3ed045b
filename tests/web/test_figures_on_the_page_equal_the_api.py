"""Every figure of the dashboard, for random data and views, is the one that the JSON API gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard import app
from mallard.config import Settings
from mallard.model import Period
from mallard.reports.columns import OF_DIMENSIONS
from mallard.reports.query import ReportQuery
from mallard.web.dashboard.columns import FORMS
from mallard.web.dashboard.dates import bucket_text
from mallard.web.dashboard.metrics import BY_NAME, METRICS
from mallard.web.dashboard.panels import PANELS, ROWS, Panel
from mallard.web.dashboard.periods import usual_interval
from mallard.web.dashboard.wording import (
    MINUS,
    decimal,
    duration,
    grouped,
    rate,
    share,
    value_text,
    visitors,
)
from mallard.wsgi import application
from tests.builders import store_events
from tests.conftest import Clock
from tests.fuzz.size import so_many
from tests.waiting import PATIENCE_SECS
from tests.web import random_site
from tests.web.reading import Element, parsed, table_of

pytestmark = pytest.mark.fuzz

QUESTIONS = list(random_site.questions(random.Random(11), times=so_many(14, 50)))
Question = dict[str, Any]
OF_THE_API = ("site_id", "period", "start_date", "end_date", "interval", "compare", "filter")


class Site:
    """Asks a Mallard with a random site, page and API; an answer is good for several tests."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._answers: dict[str, TestResponse] = {}

    def page(self, path: str, asked: Question) -> Element:
        """The page at that path."""
        return parsed(self._ask(path, asked).text)

    def api(self, report: str, asked: Question, **more: Any) -> Any:
        """What the API answers to the question that the page was asked."""
        sent = {name: asked[name] for name in OF_THE_API if name in asked} | more
        return self._ask(f"/api/stats/{report}", sent).json

    def _ask(self, path: str, sent: Question) -> TestResponse:
        key = f"{path}?{sent}"
        if key not in self._answers:
            self._answers[key] = self._client.get(path, query_string=sent)
        assert self._answers[key].status_code == 200, self._answers[key].text
        return self._answers[key]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests: none of them changes anything."""
    data_dir = tmp_path_factory.mktemp("random") / "data"
    settings = Settings(data_dir=data_dir, secret="test", cache_ttl_secs=0, duckdb_threads=1)
    mallard = app.build(settings, Clock(random_site.NOW))
    store_events(mallard.store, "batch", random_site.events(random.Random(7)))
    yield Site(Client(application(mallard)))
    mallard.stop(PATIENCE_SECS)


def changed(row: Any, name: str) -> str:
    """The API's change in the page's words."""
    fraction = row["change"][name]
    if name.endswith("_rate"):
        points = round(100 * fraction, 1)
        spelt = f"{points:+g}" if points else "0"
        return f"{spelt.replace('-', MINUS)} pp"
    if fraction is None:
        return "new" if row[name] else "0%"
    return f"{round(100 * fraction):+,}%".replace("+0%", "0%").replace("-", MINUS)


def cell(row: Any, name: str = "visitors") -> list[str]:
    """The change of a row as a cell of its own, if there is one."""
    return [changed(row, name)] if "change" in row else []


def text_of(dimension: str, row: Any) -> str:
    """What a row is called on the page; a region or city with its country."""
    text = value_text(dimension, row["value"])
    country = row.get("country_code", "(unknown)")
    return text if country == "(unknown)" else f"{text}, {value_text('country', country)}"


def figures(rows: list[Any], panel: Panel, everyone: int) -> list[str]:
    """The rows of a breakdown as a card shows them."""
    named = str(panel.filtered_by)
    return [
        " ".join(
            (
                text_of(named, row),
                grouped(row["visitors"]),
                share(row["visitors"] / everyone),
                *cell(row),
            )
        )
        for row in rows
    ]


def rows_of(card: Element) -> list[str]:
    rows = card.one("ol").all("a")
    return [row.text for row in rows]


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_strip(site: Site, asked: Question) -> None:
    strip = site.page("/", asked).one("ul", class_="figures")
    found = site.api("main", {"compare": "previous"} | asked)
    before = found["comparison"]
    for metric in METRICS:
        text = metric.text(found[metric.total])
        if before["sessions"]:
            was = metric.text(before[metric.total])
            text += f" {changed(found, metric.total)} from {was}"
        assert strip.by_id(f"metric-{metric.name}").text == f"{metric.title} {text}"


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_chart(site: Site, asked: Question) -> None:
    metric = BY_NAME[asked.get("metric", "visitors")]
    of_events = ("visitors", "pageviews")
    report = "timeseries" if metric.name in of_events else "timeseries/sessions"
    interval = asked.get("interval") or usual_interval(_period(asked))
    now = random_site.NOW.strftime("%Y-%m-%d %H:00" if interval == "hour" else "%Y-%m-%d")
    expected = []
    for row in site.api(report, asked, interval=interval):
        texts = [metric.text(row[metric.name]) if row["date"] <= now else ""]
        if "change" in row:
            before = row["comparison"]
            texts.append(metric.text(before[metric.name]) if before else "")
        if any(texts):
            expected.append([bucket_text(row["date"], interval), *texts])
    table = site.page("/", asked).by_id("panel-chart").one("table")
    assert table_of(table)[1:] == expected
    assert table.one("caption").text == metric.title


def _period(asked: Question) -> Period:
    args = {name: [asked[name]] for name in asked if name in ("period", "start_date", "end_date")}
    return ReportQuery.from_args(args | {"site_id": ["a"]}, random_site.NOW.date()).period


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_cards(site: Site, asked: Question) -> None:
    page = site.page("/", asked)
    everyone = site.api("main", asked)["unique_visitors"]
    for panel in (PANELS[name] for name in asked["tab"]):
        if panel.filtered_by is None:
            continue
        found = site.api(f"breakdown/{panel.name}", asked, limit=ROWS)
        if not everyone:
            assert found == [], "the page says once that there is nothing"
            continue
        card = page.by_id(f"panel-{panel.card}")
        assert rows_of(card) == figures(found, panel, everyone), panel.name
        assert [link["title"] for link in card.one("ol").all("a")] == [
            f"{text_of(str(panel.filtered_by), row)}: {visitors(row['visitors'])},"
            f" {grouped(row['pageviews'])} pageviews"
            for row in found
        ]


def test_the_tabs_of_all_cards_are_among_those_questions() -> None:
    assert {name for asked in QUESTIONS for name in asked["tab"]} == set(PANELS)


@pytest.mark.parametrize("asked", QUESTIONS[:6])
def test_the_behaviour_card(site: Site, asked: Question) -> None:
    def card(tab: str) -> Element:
        return site.page(f"/panels/{tab}", asked)

    found = site.api("sessions", asked)
    assert [one.text for one in card("sessions").all("dd")] == [
        " ".join((grouped(found["total_sessions"]), *cell(found, "total_sessions"))),
        " ".join(
            (
                duration(found["avg_session_duration_secs"]),
                *cell(found, "avg_session_duration_secs"),
            )
        ),
        " ".join((decimal(found["avg_pages_per_session"]), *cell(found, "avg_pages_per_session"))),
    ]
    found = site.api("sequences", asked, step=asked["sequence"])
    assert [one.text for one in card("sequences").all("dd")] == [
        " ".join((grouped(found["converting_visitors"]), *cell(found, "converting_visitors"))),
        " ".join((grouped(found["total_visitors"]), *cell(found, "total_visitors"))),
        " ".join((rate(found["conversion_rate"]), *cell(found, "conversion_rate"))),
    ]
    found = site.api("funnel", asked, step=asked["funnel"])
    first = found[0]["visitors"] or 1
    assert [one.text for one in card("funnel").all("p", class_="step")] == [
        f"{number} Page {path} {row['visitors']} "
        + " ".join((rate(row["visitors"] / first), *cell(row)))
        for number, (path, row) in enumerate(zip(("/1", "/2"), found, strict=True), 1)
    ]
    found = site.api("flow", asked, page=asked["flow"])
    shown = [row.text.split() for row in card("flow").one("ol").all("a")]
    assert [(page, count, *change) for page, count, _, *change in shown] == [
        (row["next_page"], grouped(row["visitors"]), *cell(row)) for row in found
    ]


@pytest.mark.parametrize("asked", QUESTIONS[:6])
def test_revenue(site: Site, asked: Question) -> None:
    found = site.api("revenue", asked)
    for row in found:
        row["amount"] = Decimal(row["amount"])
    table = site.page("/panels/revenue", asked).one("table") if found else None
    assert (table_of(table)[1:] if table else []) == [
        [
            row["event"],
            grouped(row["payments"]),
            _money(row["amount"] / row["payments"], row),
            _money(row["amount"], row),
            *cell(row, "amount"),
        ]
        for row in found
    ]


def _money(amount: Decimal, row: Any) -> str:
    currency = "" if row["currency"] == "(unknown)" else f" {row['currency']}"
    return f"{amount:,.2f}{currency}".replace("-", MINUS)


@pytest.mark.parametrize("asked", QUESTIONS[:6])
def test_properties(site: Site, asked: Question) -> None:
    keys = site.api("properties", asked, limit=50)
    everyone = site.api("main", asked)["unique_visitors"]
    for name in [None, *(row["key"] for row in keys)]:
        opened = {} if name is None else {"property": name}
        page = site.page("/panels/properties", asked | opened)
        if not keys:
            assert not page.all("table")
            continue
        listed = [link.text for link in page.one("ol", class_="keys").all("a")]
        assert listed == [f"{row['key']} {grouped(row['visitors'])}" for row in keys]
        key = name or keys[0]["key"]
        found = site.api(f"breakdown/prop:{key}", asked, limit=ROWS)
        has_amounts = any(row["revenue"] for row in found)
        amounts = [", ".join(_money(Decimal(a["amount"]), a) for a in r["revenue"]) for r in found]
        assert table_of(page.one("tbody")) == [
            [
                text_of(f"prop:{key}", row),
                grouped(row["visitors"]),
                rate(row["visitors"] / everyone),
                grouped(row["events"]),
                *([amount] if has_amounts else []),
                *cell(row),
            ]
            for row, amount in zip(found, amounts, strict=True)
        ]


@pytest.mark.parametrize("asked", QUESTIONS[:6])
def test_retention(site: Site, asked: Question) -> None:
    found = site.api("retention", asked, weeks=4)
    page = site.page("/panels/retention", asked)
    if not any(any(cohort["visitors"][1:]) for cohort in found):
        assert not page.all("tbody"), "the page says that nobody came back"
        return
    rows = [row.all("td") for row in page.all("tbody")[0].all("tr")]
    for cohort, (size, *cells) in zip(found, rows, strict=True):
        assert size.text == grouped(cohort["visitors"][0])
        begun = [one for one in cells if "title" in one.attributes]
        assert [one["title"].partition(" in ")[0] for one in begun] == [
            f"{'Y' if came else '-'}: {count}"
            for came, count in zip(cohort["retained"], cohort["visitors"], strict=True)
        ][: len(begun)]
        assert not any(cohort["retained"][len(begun) :])


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_details(site: Site, asked: Question) -> None:
    rng = random.Random(str(asked))
    lists = [panel for panel in PANELS.values() if panel.filtered_by not in (None, "country")]
    panel = rng.choice((PANELS["pages"], *lists))
    columns = OF_DIMENSIONS[panel.name]
    listed = {
        "order": rng.choice(("visitors", "pageviews", "value", *columns)),
        "search": rng.choice(("", "", "1", "e")),
    }
    everyone = site.api("main", asked)["unique_visitors"]
    for number in (1, 2):
        offset = 50 * (number - 1)
        told = {"columns": ",".join(columns), **listed}
        found = site.api(f"breakdown/{panel.name}", asked, limit=50, offset=offset, **told)
        if not found:
            break
        page = site.page(f"/details/{panel.name}", asked | listed | {"page": number})
        assert table_of(page.one("tbody")) == [
            [
                text_of(str(panel.filtered_by), row),
                grouped(row["visitors"]),
                rate(row["visitors"] / everyone),
                grouped(row["pageviews"]),
                *(FORMS[name][1](row[name]) for name in columns),
                *cell(row),
            ]
            for row in found
        ]
