"""A sign-in at the very moment at which what it rests on is taken away leaves no session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.auth.lockout import WrongPassword
from mallard.register.people import Person
from tests.web.access.conftest import PASSWORD
from tests.web.access.people import SECRET, person

Meanwhile = Callable[[Callable[[], object]], None]
HERE = "198.51.100.7"

TAKEN_AWAY: dict[str, Callable[[Mallard, Person], object]] = {
    "invited again": lambda mallard, grace: mallard.accounts.invite_again(grace.id),
    "removed": lambda mallard, grace: mallard.accounts.remove(grace.id),
    "another password": lambda mallard, grace: mallard.accounts.change_password(
        grace.id, SECRET, "another password", HERE, None
    ),
}


@pytest.fixture
def grace(guarded: Mallard) -> Person:
    return person(guarded, "grace")


@pytest.fixture
def meanwhile(guarded: Mallard, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen after somebody was let in, and before his session begins."""

    def arranged(happens: Callable[[], object]) -> None:
        for sessions in (guarded.access.sessions, guarded.access.readers):
            opened = sessions.open

            def late(*args: str, opened: Callable[..., str] = opened, **more: str) -> str:
                happens()
                return opened(*args, **more)

            monkeypatch.setattr(sessions, "open", late)

    return arranged


@pytest.mark.parametrize("what", TAKEN_AWAY)
@pytest.mark.parametrize("path", ["/login", "/api/auth/login"])
def test_a_person_s(
    guarded: Mallard,
    grace: Person,
    stranger: Client,
    meanwhile: Meanwhile,
    path: str,
    what: str,
) -> None:
    meanwhile(lambda: TAKEN_AWAY[what](guarded, grace))
    named = {"username": "grace", "name": "grace", "password": SECRET}
    refused = stranger.post(path, data=named)
    assert refused.status_code == 401
    assert stranger.get("/account").status_code == 303
    assert len(guarded.access.sessions) == 0


def test_one_by_an_invitation_that_is_taken_back(
    guarded: Mallard, stranger: Client, meanwhile: Meanwhile
) -> None:
    invited = guarded.accounts.invite("grace", "Viewer", None)
    meanwhile(lambda: guarded.accounts.invite_again(invited.person.id))
    late = stranger.post(f"/invitation/{invited.token}", data={"password": SECRET})
    assert late.status_code == 404
    assert len(guarded.access.sessions) == 0


def test_one_by_the_one_password(guarded: Mallard, stranger: Client, meanwhile: Meanwhile) -> None:
    passwords = iter((PASSWORD, "another password", "and another one"))
    now = next(passwords)

    def changed() -> None:
        nonlocal now
        now, old = next(passwords), now
        guarded.access.change_password(old, now, HERE, None)

    meanwhile(changed)
    assert stranger.post("/api/auth/login", json={"password": PASSWORD}).status_code == 401
    assert len(guarded.access.sessions) == 0
    with pytest.raises(WrongPassword):
        guarded.access.log_in_to_read("another password", HERE)
    assert len(guarded.access.readers) == 0
