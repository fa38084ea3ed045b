"""Annotations: what happened at a moment is in the chart, at its bucket by the site's clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Period
from mallard.register.site import Site
from mallard.reports.timeseries import bucket_of, buckets
from mallard.zones.days import day_of
from tests.conftest import NOON, Clock, client_of
from tests.web.access.conftest import sign_in
from tests.web.access.people import person, signed_in_as
from tests.web.access.sharing import OTHER, SITE, share, with_visits
from tests.web.reading import Element, parsed

pytestmark = pytest.mark.thorough

URL = f"/api/sites/{SITE}/annotations"


@pytest.fixture
def mallard(guarded: Mallard, clock: Clock) -> Mallard:
    with_visits(guarded, clock)
    return guarded


@pytest.fixture
def owner(mallard: Mallard) -> Client:
    return sign_in(mallard)


def chart(client: Client, query: str = "period=7d") -> Element:
    return parsed(client.get(f"/?site_id={SITE}&{query}").text).by_id("panel-overview")


def notes(client: Client, query: str = "period=7d") -> list[str]:
    """The annotations below the chart, as people read them."""
    return [
        " ".join(item.text.split())
        for found in chart(client, query).all("ul", class_="annotations")
        for item in found.all("li")
    ]


def lines(client: Client, query: str = "period=7d") -> list[str]:
    """Where in the chart the lines of annotations stand."""
    return [line["x1"] for line in chart(client, query).all("line", class_="annotation")]


def test_it_is_made_listed_shown_and_removed(owner: Client) -> None:
    assert notes(owner) == []
    made = owner.post(URL, json={"at": "2026-03-16T14:05:00Z", "text": " Version 2.0 "})
    assert made.status_code == 201
    one: Any = made.json
    assert one == {"id": one["id"], "at": "2026-03-16T14:05:00Z", "text": "Version 2.0"}
    assert owner.get(URL).json == [one]
    assert notes(owner) == ["16 Mar 2026, 14:05 Version 2.0"]
    assert lines(owner) == ["66.67%"]
    labels = [one["aria-label"] for one in chart(owner).all("a", class_="bucket")]
    assert [label for label in labels if "Version" in label] == ["Mon 16 Mar 2026: 0; Version 2.0"]
    assert notes(owner, "period=today") == []
    assert owner.delete(f"/api/sites/{OTHER}/annotations/{one['id']}").status_code == 404
    assert owner.delete(f"{URL}/{one['id']}").json == {"status": "deleted"}
    assert owner.delete(f"{URL}/{one['id']}").status_code == 404
    assert notes(owner) == []


def test_it_is_shown_beside_another_period_too(owner: Client) -> None:
    owner.post(URL, json={"at": "2026-03-16", "text": "Version 2.0"})
    for query in ("period=7d&compare=previous", "period=7d&compare=2026-01-01..2026-02-20"):
        assert notes(owner, query) == ["16 Mar 2026, 00:00 Version 2.0"]
        assert len(lines(owner, query)) == 1


def test_without_a_moment_it_is_now(owner: Client, clock: Clock) -> None:
    clock.now = NOON
    made: Any = owner.post(URL, json={"text": "Version 2.0"}).json
    assert made["at"] == "2026-03-18T12:00:00Z"


def test_what_names_no_distance_is_by_the_clocks_of_the_site(
    mallard: Mallard, owner: Client
) -> None:
    mallard.sites.replace(SITE, Site(timezone="Asia/Kolkata"), None)
    for at, moment in (
        ("2026-03-17T00:30", "2026-03-16T19:00:00Z"),
        ("2026-03-17 00:30:15", "2026-03-16T19:00:15Z"),
        ("2026-03-17", "2026-03-16T18:30:00Z"),
        ("2026-03-17T00:30+01:00", "2026-03-16T23:30:00Z"),
    ):
        made: Any = owner.post(URL, json={"at": at, "text": "x"}).json
        assert made["at"] == moment
    assert notes(owner)[0] == "17 Mar 2026, 00:00 x"
    assert len(lines(owner)) == 1, "it is all one day there"


@pytest.mark.parametrize(
    ("wish", "status", "why"),
    [
        ({"text": "x", "at": "soon"}, 400, "at must be"),
        ({"text": "x", "at": "2026-02-30"}, 400, "at must be"),
        ({"text": "x", "at": "0001-01-01T00:00+14:00"}, 400, "at must be"),
        ({"text": "x", "at": "9999-12-31T23:59-14:00"}, 400, "at must be"),
        ({"text": "x", "at": "2026-W10-1"}, 400, "at must be"),
        ({"text": "x", "at": "2026-03-18T25:00"}, 400, "at must be"),
        ({"text": "", "at": "2026-03-18"}, 400, "text"),
        ({"text": "x" * 129}, 400, "text"),
        ({"text": "a\nb"}, 400, "text"),
        ({"at": "2026-03-18"}, 422, "text"),
        ({"text": 1}, 422, "text"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said(owner: Client, wish: Any, status: int, why: str) -> None:
    response = owner.post(URL, json=wish)
    assert response.status_code == status
    assert why in response.text
    assert owner.get(URL).json == []


def test_a_text_is_only_text(owner: Client) -> None:
    owner.post(URL, json={"text": '<script>alert(1)</script> & "more"'})
    assert "<script>alert" not in owner.get(f"/?site_id={SITE}").text
    assert notes(owner)[0].endswith('<script>alert(1)</script> & "more"')


def test_it_is_kept_beside_the_document_and_goes_where_the_site_goes(
    mallard: Mallard, owner: Client
) -> None:
    owner.post(URL, json={"at": "2026-03-16", "text": "Kept"})
    owner.post(f"/api/sites/{OTHER}/annotations", json={"at": "2026-03-15", "text": "Other"})
    found = owner.get(f"/api/sites/{SITE}")
    assert found.json == {}
    etag = {"If-Match": found.headers["ETag"]}
    assert owner.put(f"/api/sites/{SITE}", json={"name": "Shop"}, headers=etag).status_code == 200
    assert notes(owner) == ["16 Mar 2026, 00:00 Kept"]
    merged = owner.post(f"/api/sites/{OTHER}/merge", json={"into": SITE})
    assert merged.status_code == 200
    assert notes(owner) == ["15 Mar 2026, 00:00 Other", "16 Mar 2026, 00:00 Kept"]


def test_a_shared_link_shows_them_where_they_are_chosen(mallard: Mallard, owner: Client) -> None:
    owner.post(URL, json={"at": "2026-03-16", "text": "Version 2.0"})
    anyone = client_of(mallard)
    assert "Version 2.0" not in anyone.get(share(mallard)).text
    assert "Version 2.0" in anyone.get(share(mallard, panels=["annotations"])).text


def test_it_is_added_and_removed_by_forms(owner: Client) -> None:
    page = f"/settings/sites/{SITE}"
    typed = {"at": "2026-03-16T14:05", "text": "Version 2.0"}
    assert owner.post(f"{page}/annotations/new", data=typed).status_code == 303
    section = parsed(owner.get(page).text).by_id("annotations")
    assert "16 Mar 2026, 14:05" in section.text
    assert notes(owner) == ["16 Mar 2026, 14:05 Version 2.0"]
    refused = owner.post(f"{page}/annotations/new", data={"at": "x", "text": "typed"})
    assert refused.status_code == 400
    failed = parsed(refused.text).by_id("annotations")
    assert "At must be" in failed.one("p", class_="wrong").text
    assert failed.one("input", name="text")["value"] == "typed"
    remove = section.all("form")[-1]["action"]
    assert owner.post(remove).status_code == 303
    assert owner.post(remove).status_code == 404
    assert notes(owner) == []


def test_there_are_not_more_than_so_many(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mallard.web.annotations.MOST_ANNOTATIONS", 2)
    statuses = [owner.post(URL, json={"text": "x"}).status_code for _ in range(3)]
    assert statuses == [201, 201, 400]


@given(
    minutes=st.integers(-700_000, 700_000),
    zone=st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]),
    interval=st.sampled_from(["hour", "day", "week", "month"]),
)
def test_each_moment_has_its_bucket_by_the_clocks(minutes: int, zone: str, interval: str) -> None:
    moment = NOON + timedelta(minutes=minutes)
    local = moment.astimezone(ZoneInfo(zone))
    begins = {
        "hour": f"{local:%Y-%m-%d %H:00}",
        "day": f"{local:%Y-%m-%d}",
        "week": f"{local.date() - timedelta(days=local.weekday())}",
        "month": f"{local:%Y-%m}",
    }[interval]
    found = bucket_of(moment, interval, zone)
    assert found.startswith(begins)
    day = day_of(moment.replace(tzinfo=None), zone)
    assert found in buckets(Period(day, day + timedelta(days=1), zone), interval)


def bucket_links(page: str) -> dict[str, str]:
    """Where clicks on the buckets of the chart lead, by what is read out of them."""
    found = parsed(page).by_id("panel-overview").all("a", class_="bucket")
    return {one["aria-label"].partition(": ")[0]: one["href"] for one in found}


def choosing(client: Client, query: str) -> str:
    page = client.get(f"/?site_id={SITE}&{query}").text
    flag = parsed(page).by_id("annotate")
    assert flag["href"] == flag["hx-get"]
    return client.get(flag["href"]).text


def test_a_click_on_the_chart_opens_the_form_of_its_moment_and_leads_back(owner: Client) -> None:
    shown = f"/?site_id={SITE}&period=7d&filter=page==/about"
    assert "/annotate" not in str(bucket_links(owner.get(shown).text)), "else a click looks closer"
    page = choosing(owner, "period=7d&filter=page==/about")
    assert parsed(page).by_id("annotate").text == "Cancel"
    form = owner.get(bucket_links(page)["Mon 16 Mar 2026"])
    assert form.status_code == 200
    assert parsed(form.text).by_id("at")["value"] == "2026-03-16T00:00"
    sent = parsed(form.text).one("form", class_="asked")["action"]
    made = owner.post(sent, data={"at": "2026-03-16T14:05", "text": "Version 2.0"})
    assert (made.status_code, made.headers["Location"]) == (303, shown)
    assert notes(owner) == ["16 Mar 2026, 14:05 Version 2.0"]


@pytest.mark.parametrize(
    ("query", "bucket", "at"),
    [
        ("period=today", "Wed 18 Mar 2026, 08:00", "2026-03-18T08:00"),
        ("period=7d&interval=hour", "Tue 17 Mar 2026, 05:00", "2026-03-17T05:00"),
        ("period=90d&interval=week", None, "2025-12-19T00:00"),
        ("period=year&interval=month", "February 2026", "2026-02-01T00:00"),
    ],
)
def test_each_kind_of_bucket_says_its_beginning(
    owner: Client, query: str, bucket: str | None, at: str
) -> None:
    links = bucket_links(choosing(owner, query))
    link = links[bucket] if bucket else next(iter(links.values()))
    assert parsed(owner.get(link).text).by_id("at")["value"] == at


def test_the_form_without_a_moment_is_of_now_by_the_clocks_of_the_site(
    mallard: Mallard, owner: Client, clock: Clock
) -> None:
    mallard.sites.replace(SITE, Site(timezone="Asia/Kolkata"), None)
    clock.now = NOON
    for asked in ("", "&at=soon", "&at=%22%3E%3Cb%3E"):
        form = parsed(owner.get(f"/annotate?site_id={SITE}{asked}").text)
        assert form.by_id("at")["value"] == "2026-03-18T17:30"
        assert "Asia/Kolkata" in form.one("form", class_="asked").text


def test_what_the_form_refuses_it_says_and_keeps(owner: Client) -> None:
    address = f"/annotate?site_id={SITE}"
    refused = owner.post(address, data={"at": "soon", "text": "<b>Version</b>"})
    assert refused.status_code == 400 and "At must be" in refused.text
    assert parsed(refused.text).by_id("text")["value"] == "<b>Version</b>"
    assert owner.get("/annotate?site_id=nowhere.example").status_code == 404
    assert owner.post("/annotate?site_id=nowhere.example", data={"text": "x"}).status_code == 404
    assert owner.get("/annotate").status_code == 400
    assert notes(owner) == []


def test_whoever_only_looks_is_offered_nothing_and_a_click_looks_closer(
    mallard: Mallard, owner: Client
) -> None:
    viewer = signed_in_as(mallard, person(mallard, "Grace"))
    page = viewer.get(f"/?site_id={SITE}&period=7d").text
    assert 'id="annotate"' not in page
    assert "/?site_id=" in bucket_links(page)["Mon 16 Mar 2026"]
    assert viewer.get(f"/annotate?site_id={SITE}").status_code == 403
    assert viewer.post(f"/annotate?site_id={SITE}", data={"text": "x"}).status_code == 403
    link = share(mallard, panels=["annotations"])
    shown = client_of(mallard).get(f"{link}/?period=7d&annotate=1").text
    assert "/annotate" not in shown and 'id="annotate"' not in shown
    assert link in bucket_links(shown)["Mon 16 Mar 2026"]
