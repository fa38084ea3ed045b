"""Filters are made and edited in a form; what comes of it is an address, as of everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import Shared
from tests.web.reading import page_of

pytestmark = pytest.mark.thorough

SITE = "site_id=example.com&period=today"
HOME = f"/?{SITE}"


@pytest.fixture(scope="module")
def busy(shared: Shared) -> Iterator[Client]:
    """Three visitors: of a blog by news, of the prices by mail, and of both, who signed up."""
    visit = shared.visit
    visit("/blog/a?utm_source=news", visitor=1)
    visit("/prices?utm_source=mail", visitor=2)
    visit("/blog/b", visitor=3)
    visit("/prices", visitor=3, event="signup", p={"plan": "pro"})
    document = {"goals": [{"name": "Sign-up", "event": "signup"}]}
    shared.client.put("/api/sites/example.com", json=document)
    yield shared.client


def set_by(client: Client, typed: str, state: str = SITE) -> str:
    """Where a form leads that says this."""
    response = client.get(f"/filter/set?{state}&{typed}")
    assert response.status_code == 302, response.text
    return response.headers["Location"]


def visitors(client: Client, address: str) -> str:
    return page_of(client, address).by_id("metric-visitors").one("b").text


def test_a_filter_is_made_of_a_dimension_an_operator_and_values(busy: Client) -> None:
    choice = page_of(busy, page_of(busy, HOME).by_id("filter")["href"])
    form = page_of(busy, choice.by_id("by-page")["href"]).one("form", action="/filter/set")
    hidden = {one["name"]: one["value"] for one in form.all("input", type="hidden")}
    assert hidden == {"site_id": "example.com", "period": "today", "path": "/", "by": "page"}
    options = [(one["value"], one.text) for one in form.one("select").all("option")]
    assert options == [
        ("==", "is"),
        ("!=", "is not"),
        ("~=", "contains"),
        ("!~", "does not contain"),
        ("~*", "matches"),
        ("!*", "does not match"),
    ]
    there = set_by(busy, "by=page&operator=~*&value=/blog/*&value=+&value=prices")
    assert there == f"{HOME}&filter=page~*/blog/*%7C/prices"
    assert visitors(busy, there) == "3"
    chip = page_of(busy, there).one("li", class_="chip")
    assert chip.text.startswith("Page matches /blog/* or /prices")


@pytest.mark.parametrize(
    ("typed", "filtered", "count"),
    [
        ("by=utm_source&operator=!=&value=news", "utm_source!=news", "2"),
        ("by=prop:&key=plan&value=pro", "prop:plan==pro", "1"),
        ("by=did&operator=!=&value=Sign-up", "did!=goal:Sign-up", "2"),
        ("by=did&value=signup&value=goal:Sign-up", "did==event:signup%7Cgoal:Sign-up", "1"),
        ("by=visitor_type&value=new", "visitor_type==new", "3"),
        ("by=country&value=Unknown&value=germany&value=fr", "country==(unknown)%7CDE%7CFR", "3"),
        ("by=page&operator=~=&value=og/a", "page~=og/a", "1"),
        ("by=page&value=blog/a", "page==/blog/a", "1"),
    ],
)
def test_what_is_typed_becomes_a_filter(
    busy: Client, typed: str, filtered: str, count: str
) -> None:
    there = set_by(busy, typed)
    assert there == f"{HOME}&filter={filtered.replace('(', '%28').replace(')', '%29')}"
    assert visitors(busy, there) == count


def test_a_chip_is_edited_in_its_place(busy: Client) -> None:
    state = f"{SITE}&filter=page==/blog/a%257Cb&filter=country!=DE%7C(unknown)&filter=os==Linux"
    chip = page_of(busy, f"/?{state}").all("li", class_="chip")[1]
    form = page_of(busy, chip.links[0]).one("form", action="/filter/set")
    assert [one["value"] for one in form.all("input", name="value")][:2] == ["Germany", "Unknown"]
    assert form.one("option", selected="")["value"] == "!="
    typed = "edited=country!=DE%7C(unknown)&by=country&operator===&value=FR"
    there = set_by(busy, typed, state)
    assert "filter=page==/blog/a%257Cb&filter=country==FR&filter=os==Linux" in there


def test_values_of_the_site_are_suggested_whatever_is_filtered(busy: Client) -> None:
    form = page_of(busy, f"/filter?{SITE}&by=page&filter=page==/nowhere")
    known = [(one["value"], one.text) for one in form.by_id("value-suggestions").all("option")]
    assert ("/prices", "2 visitors") in known
    found = page_of(busy, f"/filter/values?{SITE}&by=page&value=Blog")
    assert [one["value"] for one in found.all("option")] == ["/blog/a", "/blog/b"]
    found = page_of(busy, f"/filter/values?{SITE}&by=did&value=sign")
    assert [one["value"] for one in found.all("option")] == ["goal:Sign-up", "event:signup"]
    found = page_of(busy, f"/filter/values?{SITE}&by=channel&value=social")
    assert [one["value"] for one in found.all("option")] == ["Paid Social", "Organic Social"]
    found = page_of(busy, f"/filter/values?{SITE}&by=country&value=unk")
    assert [(one["value"], one.text) for one in found.all("option")] == [
        ("Unknown", "Unknown, 3 visitors")
    ]


def options(form: Any, name: str) -> list[tuple[str, str]]:
    return [(one["value"], one.text) for one in form.by_id(name).all("option")]


def test_properties_are_suggested_and_the_values_of_the_one_that_is_named(busy: Client) -> None:
    form = page_of(busy, f"/filter?{SITE}&by=prop:&filter=page==/nowhere")
    assert options(form, "property-keys") == [("plan", "1 visitor")]
    assert options(form, "value-suggestions") == []
    (link,) = [one for one in form.one("main").all("a") if one.text == "plan"]
    chosen = page_of(busy, link["href"])
    assert chosen.one("input", name="key")["value"] == "plan"
    known = [("(unknown)", "No value, 3 visitors"), ("pro", "1 visitor")]
    assert options(chosen, "value-suggestions") == known
    found = page_of(busy, f"/filter/values?{SITE}&by=prop:&key=+plan&value=PR")
    assert [one["value"] for one in found.all("option")] == ["pro"]
    assert not page_of(busy, f"/filter/values?{SITE}&by=prop:&value=pro").all("option")
    edited = page_of(busy, f"/filter?{SITE}&edited=prop:plan!=pro")
    assert options(edited, "value-suggestions") == known


def test_a_form_that_asks_for_the_values_keeps_what_was_typed(busy: Client) -> None:
    form = page_of(busy, f"/filter?{SITE}&path=/&by=prop:&key=plan&operator=!=&value=free&value=")
    assert form.one("option", selected="")["value"] == "!="
    assert [one["value"] for one in form.all("input", name="value")][:2] == ["free", ""]


def test_the_search_of_a_list_becomes_a_filter(busy: Client) -> None:
    listed = page_of(busy, f"/details/pages?{SITE}&search=blog")
    there = listed.by_id("search-as-filter")["href"]
    assert there == f"/details/pages?{SITE}&filter=page~=blog"
    assert len(page_of(busy, there).one("tbody").all("tr")) == 2
    listed = page_of(busy, f"/details/countries?{SITE}&search=unk")
    assert "country==%28unknown%29" in listed.by_id("search-as-filter")["href"]
    for nothing in ("", "&search=nowhere"):
        page = page_of(busy, f"/details/pages?{SITE}{nothing}")
        assert not [one for one in page if one.attributes.get("id") == "search-as-filter"]


def test_a_filter_leads_back_to_the_list_from_which_it_was_made(busy: Client) -> None:
    listed = page_of(busy, f"/details/pages?{SITE}")
    choice = page_of(busy, listed.by_id("filter")["href"])
    assert choice.by_id("back")["href"] == f"/details/pages?{SITE}"
    there = set_by(busy, "by=page&value=/prices&path=/details/pages")
    assert there == f"/details/pages?{SITE}&filter=page==/prices"
    assert set_by(busy, "by=page&value=/&path=//evil.example").startswith("/?site_id")


def test_it_is_said_what_new_means_where_ids_change_every_day(busy: Client) -> None:
    form = page_of(busy, f"/filter?{SITE}&by=visitor_type")
    assert "Visitor ids change every day, so everybody is new" in form.one("main").text


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (f"/filter?{SITE}&by=land", "by must be one of page"),
        (f"/filter?{SITE}&by=prop:KEY", "by must be one of"),
        (f"/filter?{SITE}&edited=page", "filter must have the form"),
        (f"/filter/set?{SITE}&by=page&value=+", "Page: name at least one value"),
        (f"/filter/set?{SITE}&by=page&value=a&operator=like", "filter must have the form"),
        (f"/filter/set?{SITE}&by=prop:&value=a", "filter must have the form"),
        (f"/filter/set?{SITE}&by=land&value=a", "the dimension must be one of"),
        (f"/filter/set?{SITE}&value=a", "filter must have the form"),
        ("/filter/set?by=page&value=a", "site_id is missing"),
        ("/filter?by=page", "site_id is missing"),
        ("/filter/values?by=page", "site_id is missing"),
        (f"/filter?{SITE}&filter=did==goal:Buys", "none of the name 'Buys'"),
    ],
)
def test_what_makes_no_filter_is_said(busy: Client, address: str, problem: str) -> None:
    response = busy.get(address)
    assert response.status_code == 400
    assert problem in response.text.replace("&#39;", "'")
