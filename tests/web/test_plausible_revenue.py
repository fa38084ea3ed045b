"""What goals brought in, as the second version of Plausible's Stats API tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.config.peers import Peers
from mallard.peers.plausible_stats.money import written
from tests.conftest import NOON, kept_open

SITE = "example.com"
GOALS = [
    {"name": "Buys", "event": "purchase", "money": True},
    {"name": "Gives", "event": "gift", "money": True},
    {"name": "Reads", "page": "/"},
]
OF_BUYS = [["is", "event:goal", ["Buys"]]]
BOTH = ["total_revenue", "average_revenue"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, fresh_data) -> Iterator[Client]:
    """Two buy in dollars, one of them twice; one gives in two currencies, and one for nothing."""
    data_dir = tmp_path_factory.mktemp("revenue") / "data"
    with kept_open(data_dir, fresh_data, peers=Peers(plausible=True)) as shared:
        visit = shared.visit
        paid = [(1, "mail", "10.10"), (1, "mail", "0.20"), (2, "news", "1234.56")]
        for number, (visitor, source, amount) in enumerate(paid):
            at = NOON - timedelta(minutes=20 - number)
            page = f"/?utm_source={source}"
            visit(page, visitor=visitor, at=at, event="purchase", ra=amount, rc="usd")
        for visitor, currency in ((3, "EUR"), (3, "GBP")):
            visit("/", visitor=visitor, event="gift", ra="5", rc=currency)
        visit("/", visitor=4, event="purchase")
        visit("/", visitor=4)
        shared.client.put(f"/api/sites/{SITE}", json={"goals": GOALS})
        yield shared.client


def ask(client: Client, **asked: Any) -> Any:
    body = {"site_id": SITE, "metrics": BOTH, "date_range": "all"} | asked
    answer = client.post("/api/v2/query", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def values(client: Client, **asked: Any) -> list[list[Any]]:
    return [
        [*row["dimensions"], *(figure and figure["value"] for figure in row["metrics"])]
        for row in ask(client, **asked)["results"]
    ]


def test_a_goal_brings_in_a_sum_and_a_mean_of_its_payments(client: Client) -> None:
    answer = ask(client, filters=OF_BUYS)
    assert answer["meta"] == {}
    total, average = answer["results"][0]["metrics"]
    assert total == {
        "value": 1244.86,
        "currency": "USD",
        "short": "$1.2K",
        "long": "$1,244.86",
    }
    assert (average["value"], average["long"]) == (414.95, "$414.95")


def test_each_row_has_its_own(client: Client) -> None:
    by_source = values(client, filters=OF_BUYS, dimensions=["visit:source"])
    assert sorted(by_source) == [["mail", 10.3, 5.15], ["news", 1234.56, 1234.56]]
    rising = values(
        client,
        filters=OF_BUYS,
        dimensions=["visit:source"],
        order_by=[["total_revenue", "asc"]],
        pagination={"limit": 1},
    )
    assert rising == [["mail", 10.3, 5.15]]
    assert values(client, filters=OF_BUYS, dimensions=["time:day", "visit:region"]) == [
        ["2026-03-18", "(not set)", 1244.86, 414.95]
    ]


def test_what_is_in_several_currencies_is_null_and_it_is_said_why(client: Client) -> None:
    answer = ask(client, dimensions=["event:goal"], order_by=[["total_revenue", "desc"]])
    told = [
        (*row["dimensions"], *(figure and figure["value"] for figure in row["metrics"]))
        for row in answer["results"]
    ]
    assert told == [("Buys", 1244.86, 414.95), ("Gives", None, None), ("Reads", None, None)]
    warnings = answer["meta"]["metric_warnings"]
    assert {name: warning["code"] for name, warning in warnings.items()} == dict.fromkeys(
        BOTH, "no_single_revenue_currency"
    )


def test_without_a_goal_it_is_null(client: Client) -> None:
    answer = ask(client, metrics=["visitors", "total_revenue"])
    assert answer["results"] == [{"dimensions": [], "metrics": [4, None]}]
    assert answer["meta"]["metric_warnings"]["total_revenue"]["code"] == "no_revenue_goals_matching"


def test_the_first_version_knows_of_no_revenue(client: Client) -> None:
    asked = {"site_id": SITE, "metrics": "total_revenue"}
    answer: Any = client.get("/api/v1/stats/aggregate", query_string=asked)
    assert (answer.status_code, "'total_revenue'" in answer.json["error"]) == (400, True)


@pytest.mark.parametrize(
    ("value", "currency", "short", "long"),
    [
        (96336315, "USD", "$96.3M", "$96,336,315.00"),
        (-12.5, "EUR", "-€12.5", "-€12.50"),
        (2_100_000_000, "JPY", "¥2.1B", "¥2,100,000,000"),
        (1000, "CHF", "CHF 1.0K", "CHF 1,000.00"),
    ],
)
def test_amounts_are_written_short_and_long(
    value: float, currency: str, short: str, long: str
) -> None:
    assert written(value, currency) == {
        "value": value,
        "currency": currency,
        "short": short,
        "long": long,
    }
