"""Every route against every kind of caller, made of the map of addresses.

The functions behind the routes are taken away, so that only what lets callers in is tried; what
the functions themselves see to is tried elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.auth.sessions import digest
from mallard.auth.shares import new_id
from mallard.register.kept import Beside, Share
from mallard.web.audited import WORDS
from mallard.web.factory import create_flask_app
from mallard.wsgi import _rooms, parts_of
from tests.web.access import placed
from tests.web.access.people import person
from tests.web.access.placed import PLACE_OF

pytestmark = pytest.mark.thorough

OWN_SITE, OTHER_SITE = "example.com", "other.example"
TOKEN = "5" * 48
IN = "let in"

Headers = dict[str, str]

ALL_OF_IT = {"the one password", "an Owner", "an Admin key", "an Owner's key"}
EDITING = ALL_OF_IT | {
    "an Editor",
    "an Editor of the site",
    "an Editor's key",
    "an Admin key of it",
}
LOOKING_EVERYWHERE = {"a Viewer", "a Viewer's key", "a ReadOnly key"}
LOOKING = EDITING | LOOKING_EVERYWHERE | {"a Viewer of the site", "a ReadOnly key of it"}
ELSEWHERE = {
    "a Viewer of another site",
    "an Editor of another site",
    "a ReadOnly key of another",
    "an Admin key of another",
}
PEOPLE = {
    "the one password",
    "an Owner",
    "an Editor",
    "an Editor of the site",
    "an Editor of another site",
    "a Viewer",
    "a Viewer of the site",
    "a Viewer of another site",
}
NOBODY = {"a stranger", "a shared link's viewer", "a removed person's key"}
SENDING = {"an Ingest key", "an Ingest key of it", "an Ingest key of another"}
EVERYBODY = LOOKING | ELSEWHERE | NOBODY | SENDING

LET_IN: dict[str, set[str]] = {
    placed.EVERYONE: EVERYBODY,
    placed.LINK: EVERYBODY,
    placed.VIEWERS: LOOKING,
    placed.LISTS: LOOKING | ELSEWHERE,
    placed.WITHIN: LOOKING | ELSEWHERE,
    placed.TOKEN: ALL_OF_IT | {"an Editor", "an Editor's key"} | LOOKING_EVERYWHERE,
    placed.OWN: PEOPLE | {"an Admin key", "an Owner's key"},
    placed.EDITORS: EDITING,
    placed.OWNERS: ALL_OF_IT,
    placed.SENDERS: {"an Ingest key", "an Admin key", "an Owner's key"},
    placed.SENDERS_OF_SITES: SENDING | {"an Admin key", "an Owner's key"},
}


NAMED_ELSEWHERE = (placed.LISTS, placed.OWN, placed.WITHIN, placed.SENDERS_OF_SITES)
"""Where no address names the site."""


@pytest.fixture(scope="module")
def app(closed: Mallard) -> Iterator[Flask]:
    """The application without its functions."""
    rooms = list(_rooms(closed, closed.proxies))
    found = create_flask_app(parts_of(closed, closed.proxies, rooms), rooms)
    for endpoint in found.view_functions:
        found.view_functions[endpoint] = lambda **_: Response(IN)
    yield found


@pytest.fixture(scope="module")
def callers(closed: Mallard) -> dict[str, Headers]:
    """What each kind of caller sends."""
    link = Share(
        id=new_id(),
        name="x",
        created=closed.clock().date(),
        token_hash=digest(TOKEN),
        token=TOKEN,
        panels=("x", "realtime"),
    )
    closed.sites.change_beside(OWN_SITE, lambda _: Beside(shares=(link,)))
    made: dict[str, Headers] = {
        "a stranger": {},
        "a shared link's viewer": {
            "Cookie": "mm_share=x",
            "Referer": f"http://localhost/share/{TOKEN}",
        },
        "the one password": _cookie(closed.access.sessions.open()),
    }
    keys = closed.access.keys
    for role, scope in (("Owner", "Admin"), ("Editor", "Admin"), ("Viewer", "ReadOnly")):
        article = "a" if role == "Viewer" else "an"
        one = person(closed, f"{role} of all", role)
        made[f"{article} {role}"] = _cookie(closed.access.sessions.open(one.id))
        made[f"{article} {role}'s key"] = _key(keys.create(role, scope, one.id).key)
    for role in ("Editor", "Viewer"):
        for where, site in (("the site", OWN_SITE), ("another site", OTHER_SITE)):
            article = "a" if role == "Viewer" else "an"
            one = person(closed, f"{role} of {where}", role, [site])
            made[f"{article} {role} of {where}"] = _cookie(closed.access.sessions.open(one.id))
    for scope in ("ReadOnly", "Ingest", "Admin"):
        name = f"{'a' if scope == 'ReadOnly' else 'an'} {scope} key"
        made[name] = _key(keys.create(scope, scope).key)
        made[f"{name} of it"] = _key(keys.create(scope, scope, "", [OWN_SITE]).key)
        made[f"{name} of another"] = _key(keys.create(scope, scope, "", [OTHER_SITE]).key)
    gone = person(closed, "Gone", "Owner")
    made["a removed person's key"] = _key(keys.create("gone", "Admin", gone.id).key)
    closed.accounts.remove(gone.id)
    assert set(made) == EVERYBODY
    return made


def _cookie(token: str) -> Headers:
    return {"Cookie": f"mm_session={token}"}


def _key(key: str) -> Headers:
    return {"X-API-Key": key}


def rules(app: Flask) -> list[Rule]:
    """The routes, but for those that only say which methods there are."""
    return [rule for rule in app.url_map.iter_rules() if methods_of(rule)]


def methods_of(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})


def place_of(rule: Rule) -> str:
    if rule.endpoint.startswith(("portal_api.", "portal_page.")):
        return placed.TOKEN
    return PLACE_OF.get(rule.endpoint, "")


def test_every_route_is_placed(app: Flask) -> None:
    lost = [f"{one.endpoint} ({one.rule})" for one in rules(app) if not place_of(one)]
    assert not lost, (
        f"say in tests/web/access/placed.py who may use {', '.join(lost)}: OWNERS, unless"
        " web/guards or web/roles name it"
    )


def test_only_routes_that_there_are_have_a_place(app: Flask) -> None:
    assert set(PLACE_OF) <= set(app.view_functions)
    assert set(LET_IN) == set(placed.PLACES)


def test_each_caller_gets_where_he_may_and_nowhere_else(
    app: Flask, callers: dict[str, Headers]
) -> None:
    client, wrong = Client(app, use_cookies=False), []
    for rule in rules(app):
        for method in methods_of(rule):
            for name, headers in callers.items():
                response = client.open(_address(rule), method=method, headers=headers)
                is_in = response.status_code == 200 and response.text == IN
                if is_in != (name in LET_IN.get(place_of(rule), ())):
                    told = "is let in" if is_in else f"gets {response.status_code}"
                    wrong.append(f"{method} {rule.rule} ({rule.endpoint}): {name} {told}")
    assert not wrong, "\n".join(wrong)


def test_whoever_is_kept_out_is_told_in_the_form_of_the_route(
    app: Flask, callers: dict[str, Headers]
) -> None:
    client = Client(app, use_cookies=False)
    for rule in rules(app):
        if place_of(rule) not in (placed.EVERYONE, placed.LINK, placed.TOKEN):
            _check_refusal(rule, client.open(_address(rule), headers={}))
            one = callers["a Viewer of another site"]
            if place_of(rule) in (placed.VIEWERS, placed.EDITORS, placed.OWNERS):
                method = methods_of(rule)[0]
                response = client.open(_address(rule), method=method, headers=one)
                assert response.status_code == 403, rule
                assert OTHER_SITE not in response.text


def _check_refusal(rule: Rule, response: TestResponse) -> None:
    if response.status_code == 405:
        return
    is_login = response.status_code == 303 and "/login" in response.headers["Location"]
    assert response.status_code == 401 or is_login, (rule, response.status_code)


def _address(rule: Rule) -> str:
    path = re.sub(r"<(?:\w+:)?site>", OWN_SITE, rule.rule)
    path = re.sub(r"<(?:\w+:)?token>", TOKEN, path) if rule.endpoint.startswith("shared.") else path
    path = re.sub(r"<[^>]*>", "x", path)
    is_named = place_of(rule) in NAMED_ELSEWHERE or "<site>" in rule.rule
    return path if is_named else f"{path}?site_id={OWN_SITE}"


@pytest.mark.parametrize(
    "more", [f"&site_id={OTHER_SITE}", f"&site_id={OTHER_SITE}&site_id={OWN_SITE}"]
)
def test_a_second_site_in_the_address_does_not_hide_behind_the_first(
    app: Flask, callers: dict[str, Headers], more: str
) -> None:
    address = f"/api/stats/main?site_id={OWN_SITE}{more}"
    response = Client(app, use_cookies=False).get(address, headers=callers["a Viewer of the site"])
    assert response.status_code == 403


def test_who_is_limited_to_sites_has_to_name_one(app: Flask, callers: dict[str, Headers]) -> None:
    client, headers = Client(app, use_cookies=False), callers["a Viewer of the site"]
    for path in ("/api/stats/main", "/api/stats/main?site_id=", "/details/pages", "/realtime"):
        assert client.get(path, headers=headers).status_code == 403, path
    assert client.get("/", headers=headers).text == IN


UNWORDED = {"site_imports.add_piece"}
"""Changes nothing but what another route has begun, and has to be asked for very often."""


def test_every_change_in_somebody_s_name_is_put_on_the_list_of_who_did_what(app: Flask) -> None:
    names = set()
    for rule in rules(app):
        is_change = bool((rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"})
        in_a_name = place_of(rule) in (placed.EDITORS, placed.OWNERS, placed.OWN)
        if is_change and in_a_name and rule.endpoint not in UNWORDED:
            names.add(rule.endpoint)
            assert rule.endpoint in WORDS, f"say in web/audited.py what {rule.endpoint} does"
    beside = {"auth.set_up", "entrance.set_up", "invitation.set_up"}
    assert set(WORDS) == names | beside
