"""Signs in whoever tells a password: a person by his name, or who knows the dashboard's one."""

from __future__ import annotations

from flask import request

from mallard.auth.access import NoPassword
from mallard.auth.lockout import WrongPassword
from mallard.ingest.agents import parse_agent
from mallard.register.people import ADMIN, Person, key_of
from mallard.web.client import client_address, session_token
from mallard.web.state import parts


def is_persons(name: str) -> bool:
    """Whether a name is not that under which the one password is kept."""
    return key_of(name) not in ("", ADMIN)


def signed_in_as(name: str, password: str, code: str | None) -> str:
    """The token of a new session, in place of the one that the browser has.

    Raises NoPassword, WrongPassword, LockedOut; CodeNeeded where a person has to tell a code, too.
    """
    if not is_persons(name):
        return parts().access.log_in(password, client_address(), session_token(), about())
    if parts().access.is_open:
        raise NoPassword
    return session_of(parts().accounts.sign_in(name, password, code, client_address()))


def session_of(person: Person) -> str:
    """The token of a new session of a person; the one that the browser has is never taken over.

    Raises WrongPassword where what the person got in by counts no more: whoever takes it away ends
    the sessions that there are after that, and would miss one that begins a moment later.
    """
    access = parts().access
    if (old := session_token()) is not None:
        access.sessions.close(old)
    token = access.sessions.open(person.id, about())
    if not parts().accounts.people.still_gets_in(person):
        access.sessions.close(token)
        raise WrongPassword
    return token


def about() -> str:
    """The browser that asks, in words, by which its user tells it from others of his."""
    agent = parse_agent(request.headers.get("User-Agent", ""))
    return " on ".join(filter(None, (agent.browser, agent.os)))
