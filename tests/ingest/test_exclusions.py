"""What a site leaves out is told by reason, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard, build
from mallard.config import Settings
from mallard.ingest.place_records import Location
from mallard.register.site import Exclude, Site
from mallard.wsgi import application
from tests.conftest import CHROME, Clock, copy_fresh, post_event, stored_events
from tests.contents import contents
from tests.ingest.posting import EVENT, Post, summary
from tests.waiting import PATIENCE_SECS

DROPPED = "X-Mallard-Dropped"


def exclude(mallard: Mallard, site_id: str = "example.com", **kinds: tuple[str, ...]) -> None:
    entry = mallard.sites.entry(site_id)
    site = Site(exclude=Exclude(**kinds))
    mallard.sites.replace(site_id, site, entry.version if entry else None)


@pytest.mark.parametrize(
    ("kinds", "sent", "headers", "reason"),
    [
        ({"addresses": ("203.0.113.0/24",)}, {}, {"X_Forwarded_For": "203.0.113.7"}, "address"),
        ({"addresses": ("203.0.113.0/24",)}, {}, {"X_Forwarded_For": "203.0.114.7"}, None),
        ({"addresses": ("2001:db8::/32",)}, {}, {"X_Forwarded_For": "2001:db8::7"}, "address"),
        ({"addresses": ("127.0.0.1",)}, {}, {"X_Forwarded_For": "::ffff:127.0.0.1"}, "address"),
        ({"hostnames": ("localhost",)}, {"u": "http://localhost:3000/"}, {}, "hostname"),
        ({"hostnames": ("*.example.com",)}, {"u": "https://test.example.com/"}, {}, "hostname"),
        ({"hostnames": ("*.example.com",)}, {}, {}, None),
        ({"hostnames": ("müller.de",)}, {"u": "https://xn--mller-kva.de/"}, {}, "hostname"),
        ({"only_hostnames": ("example.com", "*.example.com")}, {}, {}, None),
        ({"only_hostnames": ("*.example.com",)}, {}, {}, "hostname"),
        ({"only_hostnames": ("example.com",)}, {"u": "/a"}, {}, None),
        ({"only_hostnames": ("*",), "hostnames": ("example.com",)}, {}, {}, "hostname"),
        ({"paths": ("/admin/*",)}, {"u": "https://example.com/admin/users?a=b"}, {}, "path"),
        ({"paths": ("/admin/*",)}, {"u": "https://example.com/admin"}, {}, None),
        ({"paths": ("/ü*",)}, {"u": "https://example.com/%C3%BCber"}, {}, "path"),
        ({"paths": ("/a",)}, {"u": "https://example.com/a", "n": "signup"}, {}, "path"),
        ({"user_agents": ("chrome/142",)}, {}, {}, "user_agent"),
        ({"user_agents": ("Firefox",)}, {}, {}, None),
    ],
    ids=str,
)
def test_what_is_excluded_is_dropped_and_counted_by_reason(
    mallard: Mallard,
    client: Client,
    kinds: dict[str, Any],
    sent: dict[str, Any],
    headers: dict[str, str],
    reason: str | None,
) -> None:
    exclude(mallard, **kinds)
    response = post_event(client, EVENT | sent, **headers)
    name = reason and f"excluded_{reason}"
    assert (response.status_code, response.headers.get(DROPPED)) == (202, name)
    assert len(stored_events(mallard)) == (name is None)
    counted = f"dropped_{name}" if name else "accepted"
    assert mallard.intake.tally.counts() == {counted: 1}


def test_countries_are_excluded_by_where_the_address_is(
    settings: dict[str, Any], data_dir: Any, fresh_data: Any
) -> None:
    copy_fresh(fresh_data, data_dir)
    mallard = build(
        Settings(**settings),
        Clock(),
        lambda address, _: Location("DE") if address == "203.0.113.7" else Location(),
    )
    exclude(mallard, countries=("DE",))
    client = Client(application(mallard))
    for address, reason in (("203.0.113.7", "excluded_country"), ("203.0.113.8", None)):
        response = post_event(client, EVENT, X_Forwarded_For=address)
        assert response.headers.get(DROPPED) == reason
    mallard.stop(PATIENCE_SECS)


def test_exclusions_count_from_the_next_event_on_and_for_their_site_alone(
    mallard: Mallard, client: Client
) -> None:
    def dropped(site: str = "example.com") -> str | None:
        return post_event(client, EVENT | {"d": site}).headers.get(DROPPED)

    assert dropped() is None
    exclude(mallard, paths=("*",))
    assert dropped() == "excluded_path"
    assert dropped("other.example") is None
    exclude(mallard)
    assert dropped() is None


def test_what_is_excluded_of_a_batch_is_counted_as_dropped(post: Post) -> None:
    response = post([EVENT])
    exclude(response.mallard, paths=("/admin",))
    response = post([EVENT, EVENT | {"u": "https://example.com/admin"}])
    assert summary(response) == (1, 1, [])


def test_the_pixel_says_so_too(mallard: Mallard, client: Client) -> None:
    exclude(mallard, user_agents=("Chrome",))
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"}
    response = client.get("/api/event", query_string=EVENT, headers=agent)
    assert (response.status_code, response.headers[DROPPED]) == (200, "excluded_user_agent")


def test_diagnostics_tell_whom_one_has_excluded(mallard: Mallard, client: Client) -> None:
    exclude(mallard, addresses=("127.0.0.1",))
    sample: Any = client.get(
        "/api/diagnostics?site_id=example.com",
        headers={"User-Agent": CHROME},
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    ).json
    assert (sample["sample"]["outcome"], sample["sample"]["reason"]) == (
        "dropped",
        "excluded_address",
    )


def test_no_address_that_was_excluded_is_written(
    mallard: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    exclude(mallard, addresses=("203.0.113.0/24",))
    post_event(client, EVENT, X_Forwarded_For="203.0.113.77")
    mallard.flusher.roll()
    written = [content for _, content in contents(mallard.directory.path)]
    assert not any(b"203.0.113.77" in content for content in written)
