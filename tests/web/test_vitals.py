"""`/api/stats/vitals`: how quick pages are, as exact percentiles."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import Shared, post_event
from tests.web.test_stats_api import stats

PAGES, WIDTHS = ("/", "/a b", "/c"), {"mobile": 400, "desktop": 1400}
MEASURES = ("lcp", "inp", "cls", "fcp", "ttfb")
Load = dict[str, Any]


@pytest.fixture(scope="module")
def loads(shared: Shared) -> list[Load]:
    """Loads of pages by forty visitors, and what each has measured, if it has."""
    rng = random.Random(3)
    found = []
    for visitor in range(40):
        device = rng.choice(list(WIDTHS))
        of_visitor = {"visitor": visitor, "w": WIDTHS[device]}
        for page in rng.sample(PAGES, rng.randint(1, 3)):
            shared.visit(page, **of_visitor)
            props: dict[str, float] = {
                name: rng.randrange(4000) for name in MEASURES if rng.random() < 0.8
            }
            if "cls" in props:
                props["cls"] /= 10_000
            if props:
                shared.visit(page, event="vitals", p=props, **of_visitor)
                found.append({"page": page, "device": device, "all": "all", **props})
    return found


def p75(values: list[float]) -> float | None:
    """The smallest that at least three quarters are not above."""
    return sorted(values)[math.ceil(0.75 * len(values)) - 1] if values else None


def expected(loads: list[Load], dimension: str) -> list[dict[str, Any]]:
    groups: dict[str, list[Load]] = {}
    for load in loads:
        groups.setdefault(load[dimension], []).append(load)
    rows = [
        {"value": value, "loads": len(some)}
        | {name: p75([load[name] for load in some if name in load]) for name in MEASURES}
        for value, some in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["loads"], row["value"]))


@pytest.mark.parametrize("dimension", ["page", "device", "all"])
def test_percentiles_are_those_of_the_loads(
    shared: Shared, loads: list[Load], dimension: str
) -> None:
    rows = stats(shared.client, "vitals", by=dimension).json
    assert rows == expected(loads, dimension)


def test_filters_keep_sessions_and_of_pages_those_that_they_name(
    shared: Shared, loads: list[Load]
) -> None:
    phones = [load for load in loads if load["device"] == "mobile"]
    found = stats(shared.client, "vitals", filter="device==mobile").json
    assert found == expected(phones, "page")
    some = [load for load in loads if load["page"] != "/c"]
    found = stats(shared.client, "vitals", filter=["page==/|/a b", "device!=tablet"]).json
    assert found == expected(some, "page")


def test_what_is_measured_counts_nobody_and_nothing(shared: Shared, loads: list[Load]) -> None:
    events = stats(shared.client, "breakdown/events").json
    assert [row["value"] for row in events] == ["pageview"]
    assert stats(shared.client, "properties").json == []


def test_rows_without_a_value_are_unknown_and_there_is_a_limit(
    shared: Shared, loads: list[Load]
) -> None:
    (row,) = stats(shared.client, "vitals", by="country").json
    assert row["loads"] == len(loads)
    assert len(stats(shared.client, "vitals", limit=1).json) == 1


def test_an_unknown_dimension_is_refused_by_name(onlooker: Client) -> None:
    answer = stats(onlooker, "vitals", by="browser")
    assert (answer.status_code, "by must be" in answer.json["error"]) == (400, True)


@pytest.mark.parametrize(
    "props", [None, {}, {"lcp": "12"}, {"lcp": -1}, {"cls": 1e9}, {"lcp": 700_000}, [1], "x"]
)
def test_an_event_without_a_measure_is_refused(
    client: Client, visit: Callable[..., None], props: Any
) -> None:
    body = {"d": "example.com", "n": "vitals", "u": "https://example.com/", "p": props}
    answer = post_event(client, body)
    assert (answer.status_code, "lcp" in answer.text) == (400, True)
