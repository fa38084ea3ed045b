"""People for tests: invited, accepted and signed in, by the front door's own parts."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.people import Person
from tests.conftest import client_of

SECRET = "a password of one's own"


def person(
    mallard: Mallard, name: str, role: str = "Viewer", sites: Sequence[str] | None = None
) -> Person:
    """Somebody who has accepted an invitation."""
    invited = mallard.accounts.invite(name, role, sites)
    return mallard.accounts.accept(invited.token, SECRET)


def signed_in_as(mallard: Mallard, somebody: Person) -> Client:
    """A browser of somebody's, with a session."""
    client = client_of(mallard)
    client.set_cookie("mm_session", mallard.access.sessions.open(somebody.id))
    return client
