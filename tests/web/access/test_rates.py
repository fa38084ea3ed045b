"""How often one may ask: setups by address, reports by credential."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from mallard.web.rates import TURNED_AWAY, BoundedWindows
from mallard.wsgi import application
from tests.conftest import Clock
from tests.web.access.conftest import PASSWORD, json_of
from tests.web.access.people import person

STATS = "/api/stats/main?site_id=example.com"


def set_up(client: Client, address: str = "198.51.100.7", path: str = "/api/auth/setup"):
    return client.post(path, data={"password": "short"}, environ_overrides={"REMOTE_ADDR": address})


@pytest.fixture
def limited(password: str, start: Callable[..., Mallard]) -> Mallard:
    """Three reports a minute for each credential."""
    return start(stats_rate_limit=3)


def key_of(mallard: Mallard) -> dict[str, str]:
    return {"X-API-Key": mallard.access.keys.create("reader", "ReadOnly").key}


def test_setup_is_possible_ten_times_a_minute(client: Client, clock: Clock) -> None:
    for number in range(10):
        path = ("/api/auth/setup", "/auth/setup", "/setup")[number % 3]
        assert set_up(client, path=path).status_code == 400
    clock.move(seconds=20)
    response = set_up(client)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "40")
    assert list(json_of(response)) == ["error"]
    assert set_up(client, path="/setup").mimetype == "text/html"
    assert set_up(client, "198.51.100.8").status_code == 400
    clock.move(seconds=40)
    assert set_up(client).status_code == 400


def test_reports_are_limited_for_each_credential(limited: Mallard, clock: Clock) -> None:
    client, first, second = Client(application(limited)), key_of(limited), key_of(limited)
    paths = [STATS, STATS.replace("main", "sessions"), "/api/stats/export?site_id=example.com"]
    assert [client.get(path, headers=first).status_code for path in paths] == [200] * 3
    clock.move(seconds=59.5)
    response = client.get(STATS, headers=first)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    assert list(json_of(response)) == ["error"]
    assert client.get(STATS, headers=second).status_code == 200
    clock.move(seconds=1)
    assert client.get(STATS, headers=first).status_code == 200


def test_another_header_or_address_is_not_another_credential(limited: Mallard) -> None:
    client, key = Client(application(limited)), key_of(limited)
    bearer = {"Authorization": f"Bearer {key['X-API-Key']}"}
    for number in range(3):
        headers = bearer | {"X-Forwarded-For": f"203.0.113.{number}"}
        assert client.get(STATS, headers=headers).status_code == 200
    assert client.get(STATS, headers=key).status_code == 429


def test_strangers_use_up_nobody_s_allowance(limited: Mallard) -> None:
    client = Client(application(limited))
    for _ in range(10):
        assert client.get(STATS).status_code == 401


def test_pages_are_not_limited(limited: Mallard) -> None:
    client, key = Client(application(limited)), key_of(limited)
    for _ in range(10):
        assert client.get("/?site_id=example.com", headers=key).status_code == 200


def test_while_no_password_is_set_addresses_are_limited(start: Callable[..., Mallard]) -> None:
    client = Client(application(start(stats_rate_limit=1)))

    def ask(address: str) -> int:
        return client.get(STATS, environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [ask("198.51.100.7"), ask("198.51.100.7"), ask("198.51.100.8")] == [200, 429, 200]


def test_by_default_reports_are_not_limited(signed_in: Client) -> None:
    assert {signed_in.get(STATS).status_code for _ in range(30)} == {200}


def test_a_refusal_logs_no_address(client: Client, capfd, caplog) -> None:
    caplog.set_level("DEBUG")
    for _ in range(12):
        set_up(client)
    assert "198.51.100" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("path", ["/api/auth/login", "/login", "/settings/password", "/setup"])
def test_who_is_turned_away_is_told_so_in_the_form_of_the_route(closed: Mallard, path: str) -> None:
    response = Client(application(closed)).post(
        path, data={"password": PASSWORD}, environ_overrides={TURNED_AWAY: True}
    )
    assert (response.status_code, response.headers["Retry-After"]) == (429, "5")
    assert "too many try to sign in at once" in response.text
    assert response.is_json == path.startswith("/api")
    assert "Set-Cookie" not in response.headers


def test_the_memory_of_windows_is_bounded(clock: Clock) -> None:
    windows = BoundedWindows("bounded://", clock.timer, most=3)
    for name in ("a", "b", "c", "d"):
        assert windows.incr(name, 60) == 1
    assert len(windows) == 3
    assert (windows.get("a"), windows.get("d")) == (0, 1)
    clock.move(seconds=60)
    assert windows.get("d") == 0
    assert windows.incr("d", 60) == 1
    windows.clear("d")
    assert windows.get("d") == 0
    assert (windows.check(), windows.reset(), len(windows)) == (True, 2, 0)


def send_tests(client: Client, times: int, key: str) -> list[int]:
    headers, to_nobody = {"X-API-Key": key}, {"to": "nobody"}
    sent = [client.post("/api/mail/test", json=to_nobody, headers=headers) for _ in range(times)]
    return [one.status_code for one in sent]


def test_nobody_sends_tests_without_end(guarded: Mallard, clock: Clock) -> None:
    client, key = Client(application(guarded)), guarded.access.keys.create("one", "Admin").key
    assert send_tests(client, 6, key) == [400] * 5 + [429]
    for path in ("/api/instance/alerts/test", "/api/sites/example.com/alerts/test"):
        refused = client.post(path, json={"name": "x"}, headers={"X-API-Key": key})
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    for _ in range(5):
        clock.move(minutes=1)
        assert send_tests(client, 5, key) == [400] * 5
    clock.move(minutes=1)
    refused = client.post("/api/mail/test", json={"to": "nobody"}, headers={"X-API-Key": key})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(54 * 60))


def test_another_session_or_key_of_a_person_is_no_second_allowance_and_others_have_their_own(
    guarded: Mallard,
) -> None:
    editors = [person(guarded, name, "Editor", ["example.com"]) for name in ("Grace", "Ada")]
    guarded.sites.replace("example.com", Site(name="Shop"), None)

    wsgi = application(guarded)

    def send(editor: str) -> int:
        browser = Client(wsgi)
        browser.set_cookie("mm_session", guarded.access.sessions.open(editor))
        return browser.post("/settings/sites/example.com/alerts/9/test").status_code

    assert [send(editors[0].id) for _ in range(6)] == [404] * 5 + [429]
    own = {"X-API-Key": guarded.access.keys.create("own", "Admin", editors[0].id).key}
    path, body = "/api/sites/example.com/alerts/test", {"name": "Gone"}
    assert Client(wsgi).post(path, json=body, headers=own).status_code == 429
    assert send(editors[1].id) == 404
    lent = guarded.access.keys.create("lent", "Admin", "", ["example.com"]).key
    told = [Client(wsgi).post(path, json=body, headers={"X-API-Key": lent}) for _ in range(6)]
    assert [one.status_code for one in told] == [404] * 5 + [429]
    assert send("") == 404, "nothing of who knows the one password was used up"


def test_the_description_says_which_tests_are_limited(closed: Mallard) -> None:
    described = Client(application(closed)).get("/api/openapi.json", headers=key_of(closed))
    paths = json_of(described)["paths"]
    for path in ("/api/mail/test", "/api/sites/{site}/alerts/test", "/api/instance/alerts/test"):
        assert "429" in paths[path]["post"]["responses"], path
