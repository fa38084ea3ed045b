"""Revenue as JSON and on the behaviour card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.web.dashboard.wording import MINUS
from tests.conftest import NOON
from tests.web.reading import page_of, table_of

Visit = Callable[..., None]
API = "/api/stats/revenue?site_id=example.com&period=day"
CARD = "/panels/revenue?site_id=example.com&period=today"
YESTERDAY = NOON - timedelta(days=1)


def asked(client: Client, url: str) -> Any:
    return client.get(url).json


@pytest.fixture
def shop(visit: Visit) -> None:
    """A purchase yesterday; today two in euros, one in dollars, a refund and a donation."""
    visit("/cart", event="purchase", ra=1000, rc="EUR", at=YESTERDAY)
    visit("/cart", event="purchase", ra=1234.5, rc="EUR", at=NOON)
    visit("/cart", event="purchase", ra=0.25, rc="EUR", visitor=2)
    visit("/cart", event="purchase", ra=20, rc="usd", visitor=3)
    visit("/cart", event="refund", ra=-5, rc="EUR")
    visit("/", event="donation", ra=3)
    visit("/")


def test_amounts_are_exact_and_of_each_currency_alone(client: Client, shop: None) -> None:
    assert asked(client, API) == [
        {"event": "purchase", "currency": "EUR", "payments": 2, "amount": "1234.75"},
        {"event": "purchase", "currency": "USD", "payments": 1, "amount": "20.00"},
        {"event": "donation", "currency": "(unknown)", "payments": 1, "amount": "3.00"},
        {"event": "refund", "currency": "EUR", "payments": 1, "amount": "-5.00"},
    ]
    assert [row["amount"] for row in asked(client, f"{API}&limit=1")] == ["1234.75"]


def test_filters_hold(client: Client, shop: None) -> None:
    (row,) = asked(client, f"{API}&filter=event==refund")
    assert (row["event"], row["amount"]) == ("refund", "-5.00")
    assert asked(client, f"{API}&filter=page==/nowhere") == []


def test_rows_stand_beside_those_of_the_other_period(client: Client, shop: None) -> None:
    rows = asked(client, f"{API}&compare=previous&limit=2")
    assert [(row["comparison"], row["change"]) for row in rows] == [
        (
            {"event": "purchase", "currency": "EUR", "payments": 1, "amount": "1000.00"},
            {"payments": 1.0, "amount": 0.23475},
        ),
        (
            {"event": "purchase", "currency": "USD", "payments": 0, "amount": "0.00"},
            {"payments": None, "amount": None},
        ),
    ]


def test_fewer_refunds_are_a_growth(client: Client, visit: Visit) -> None:
    visit("/", event="refund", ra=-10, rc="EUR", at=YESTERDAY)
    visit("/", event="refund", ra=-5, rc="EUR", at=NOON)
    (row,) = asked(client, f"{API}&compare=previous")
    assert row["change"]["amount"] == 0.5


def test_a_site_that_sells_nothing_has_no_rows(client: Client, visit: Visit) -> None:
    visit("/")
    assert asked(client, API) == []
    card = page_of(client, CARD)
    assert "No event with an amount in this period." in card.text
    filtered = page_of(client, f"{CARD}&filter=page==/").text
    assert "No event with an amount matches the filters in this period." in filtered
    assert card.all("table") == []


def test_the_card_writes_payments_averages_and_amounts(client: Client, shop: None) -> None:
    card = page_of(client, CARD)
    assert table_of(card.one("table")) == [
        ["Event", "Payments", "Average", "Amount"],
        ["purchase", "2", "617.38 EUR", "1,234.75 EUR"],
        ["purchase", "1", "20.00 USD", "20.00 USD"],
        ["donation", "1", "3.00", "3.00"],
        ["refund", "1", f"{MINUS}5.00 EUR", f"{MINUS}5.00 EUR"],
    ]
    assert "/?site_id=example.com&period=today&filter=event==refund&tab=revenue" in card.links


def test_the_card_leaves_out_no_refund(client: Client, visit: Visit) -> None:
    for number in range(12):
        visit("/", event=f"buy {number}", ra=number + 1, rc="EUR")
    visit("/", event="refund", ra=-0.01, rc="EUR", times=4)
    visit("/", event="refund", ra=0.03, rc="EUR")
    table = table_of(page_of(client, f"{CARD}&limit=1").one("table"))
    assert len(table) == 1 + 13
    assert table[-1] == ["refund", "5", "0.00 EUR", f"{MINUS}0.01 EUR"]


def test_the_card_shows_how_amounts_have_changed(client: Client, shop: None) -> None:
    rows = table_of(page_of(client, f"{CARD}&compare=previous").one("table"))
    assert [(row[0], row[-1]) for row in rows[:3]] == [
        ("Event", "Change"),
        ("purchase", "+23%"),
        ("purchase", "new"),
    ]


@pytest.mark.parametrize("name", ["<b>", "a&filter=b", "ö 🦆"])
def test_events_of_any_name(client: Client, visit: Visit, name: str) -> None:
    visit("/", event=name, ra=1, rc="EUR")
    assert table_of(page_of(client, CARD).one("table"))[1][0] == name
    assert [row["event"] for row in asked(client, API)] == [name]
