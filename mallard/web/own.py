"""What is the caller's own, or under his eyes as he may do everything: sessions and API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mallard.auth.access import Caller
from mallard.auth.keys import ApiKey, BadKey, NewKey, Scope, owner_of
from mallard.auth.roles import Role
from mallard.auth.sessions import Session
from mallard.reports.query import is_site_id
from mallard.texts.said import said
from mallard.web.audited import about
from mallard.web.client import session_token
from mallard.web.guards import caller
from mallard.web.state import parts


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser that is signed in."""

    id: str
    about: str
    began: datetime
    is_this_one: bool


def sessions() -> list[OwnSession]:
    """The caller's sessions, the latest first."""
    access, token = parts().access, session_token()
    present = access.sessions.find(token) if token is not None else None
    found = access.sessions.of(_who().person)
    return [_told(one, ago, present) for one, ago in reversed(found)]


def end_session(session_id: str) -> bool:
    """Ends one of the caller's sessions; False where there is none of this id."""
    return parts().access.sessions.end(_who().person, session_id)


def seen_keys() -> list[ApiKey]:
    """The keys that the caller may see: all, or those that are his."""
    who = _who()
    if who.role is Role.OWNER:
        return parts().access.keys.all()
    return [key for key in parts().access.keys.all() if owner_of(key) == who.person]


def create_key(name: str, scope: str, sites: Sequence[str] | None) -> NewKey:
    """Makes a key of the caller's, which does no more than he may. Raises BadKey, OSError."""
    who = _who()
    if who.sites is not None and not set(sites or who.sites) <= who.sites:
        raise BadKey(said("sites may only be some of those that you may see"))
    if not all(map(is_site_id, sites or ())):
        raise BadKey(said("sites must be ids of sites, such as example.com"))
    if scope == Scope.INGEST and (who.role is None or not who.role.covers(Role.EDITOR)):
        raise BadKey(said("scope Ingest is for Editors and Owners"))
    about(name.strip())
    return parts().access.keys.create(name, scope, who.person, sites)


def revoke_key(key_hash: str) -> bool:
    """Revokes a key that the caller may see; False where there is none of this hash."""
    found = next((key for key in seen_keys() if key.key_hash == key_hash), None)
    if found is None:
        return False
    about(found.name)
    return parts().access.keys.revoke(key_hash)


def _who() -> Caller:
    who = caller()
    if who is None:
        raise AssertionError("only who is known comes here")
    return who


def _told(session: Session, secs_ago: float, present: Session | None) -> OwnSession:
    began = (parts().now() - timedelta(seconds=secs_ago)).replace(microsecond=0)
    is_present = present is not None and session.id == present.id
    return OwnSession(session.id, session.about, began, is_present)
