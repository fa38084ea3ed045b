"""While a site has no events its page tells what was seen, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Exclude, Site
from mallard.web.script_loads import MOST_HOSTS, ScriptLoads
from tests.conftest import NOON, Clock, client_of, post_event
from tests.web.reading import Element, parsed

SITE = "example.com"
EVENT = {"d": SITE, "n": "pageview", "u": f"https://{SITE}/"}


def load(client: Client, referrer: str | None) -> None:
    client.get("/mallard.js", headers={"Referer": referrer} if referrer else {})


def seen(client: Client, site: str | None = SITE) -> list[Element]:
    page = parsed(client.get(f"/?site_id={site}" if site else "/").text)
    return page.one("ul", class_="checks").all("li")


def texts(client: Client, site: str | None = SITE) -> list[str]:
    return [line.text for line in seen(client, site)]


def test_as_long_as_nothing_was_seen_it_says_so(client: Client) -> None:
    for site in (SITE, None):
        (found,) = texts(client, site)
        assert found == "Nothing has been seen so far: no page has loaded the script."


def test_who_loads_the_script_is_told_and_what_is_wrong_about_it(
    client: Client, clock: Clock
) -> None:
    for referrer in (
        "http://localhost:3000/a?b",
        "https://other.example/",
        "https://www.example.com",
    ):
        load(client, referrer)
        clock.move(seconds=1)
    assert texts(client) == [
        "A page of www.example.com loaded the script at 12:00:02 UTC.",
        "A page of other.example loaded the script at 12:00:01 UTC.",
        "The script was loaded at 12:00:00 UTC, but from localhost, which is not counted unless the"
        " tag has this, too: data-local",
    ]
    assert [line.attributes.get("class") for line in seen(client)] == ["good", None, None]
    load(client, None)
    assert texts(client)[0].startswith("A page that does not tell its address")
    clock.move(hours=2)
    assert len(texts(client)) == 1


def test_a_refusal_by_origin_tells_the_line_to_add(start: Callable[..., Mallard]) -> None:
    client = client_of(start(site_ids=(SITE,)))
    assert post_event(client, EVENT, Origin="https://shop.example").status_code == 403
    assert texts(client) == [
        "An event of a page of shop.example came at 12:00:00 UTC, but was refused because of its"
        ' origin. The settings have to list it: site_ids = ["example.com", "shop.example"]'
    ]


def test_what_was_refused_or_left_out_is_told(client: Client, mallard: Mallard) -> None:
    post_event(client, EVENT | {"u": ""})
    mallard.sites.replace("b.example", Site(exclude=Exclude(paths=("*",))), None)
    post_event(client, EVENT | {"d": "b.example"})
    assert texts(client) == [
        "An event came at 12:00:00 UTC, but was refused: u (page URL) is empty.",
        "Events that came today were left out on purpose: excluded path (1).",
    ]


def test_a_tag_that_names_the_site_with_www_is_told(client: Client) -> None:
    post_event(client, EVENT | {"d": "www.example.com"})
    (found,) = texts(client)
    assert found.startswith("Events come for www.example.com: name this in the tags")
    assert found.endswith('data-domain="example.com"')


def test_they_are_looked_at_again_and_end_with_the_first_event(
    client: Client, visit: Callable[..., None]
) -> None:
    load(client, "https://example.com/")
    again = client.get(f"/checks?site_id={SITE}").text
    assert "example.com loaded the script" in parsed(again).one("ul", class_="checks").text
    visit("/")
    assert parsed(client.get(f"/?site_id={SITE}").text).all("ul", class_="checks") == []


def test_the_first_page_adds_a_site_by_its_domain(client: Client, mallard: Mallard) -> None:
    form = parsed(client.get("/").text).one("form", class_="add-site")
    response = client.post(form["action"], data={"site": SITE})
    assert response.location == f"/?site_id={SITE}&period=30d"
    assert mallard.sites.ids() == [SITE]


def test_only_who_may_look_at_the_settings_is_told(
    start: Callable[..., Mallard],
) -> None:
    mallard = start()
    mallard.access.set_up("correct horse")
    client = client_of(mallard)
    load(client, "https://example.com/")
    key = {"X-API-Key": mallard.access.keys.create("test", "ReadOnly").key}
    page = client.get(f"/?site_id={SITE}", headers=key)
    assert page.status_code == 200
    assert "checks" not in page.text
    assert client.get("/checks", headers=key).status_code == 403


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://Example.com:8443/a", "example.com"),
        ("http://127.0.0.1:8000/", "localhost"),
        ("http://[::1]/", "localhost"),
        ("http://192.0.2.7/", None),
        ("http://[2001:db8::7]/", None),
        ("http://[bad", None),
        ("nonsense", None),
        ("https://a b/", None),
    ],
)
def test_of_a_page_its_host_is_noted_unless_that_is_an_address(
    referrer: str, host: str | None
) -> None:
    loads = ScriptLoads(Clock())
    loads.add(referrer)
    assert [load.host for load in loads.last()] == ([host] if host else [])


def test_the_latest_hosts_are_kept() -> None:
    loads = ScriptLoads(lambda: NOON)
    for number in range(MOST_HOSTS + 3):
        loads.add(f"https://{number}.example/")
    loads.add("https://5.example/")
    hosts = [load.host for load in loads.last()]
    assert len(hosts) == MOST_HOSTS
    assert hosts[:2] == ["5.example", f"{MOST_HOSTS + 2}.example"]
