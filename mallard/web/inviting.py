"""Invites people and lets them do more or less, whoever asks for it: a program or a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from mallard.people.accounts import Invited
from mallard.register.people import Person
from mallard.web.audited import about
from mallard.web.client import public_address
from mallard.web.state import parts

log = structlog.get_logger("mallard.web.inviting")


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation as it is told, this once."""

    person: Person
    url: str
    expires: datetime
    is_sent: bool
    """Whether it is on its way by mail as well."""


def invite(name: str, role: str, sites: Sequence[str] | None) -> Link:
    """Makes an account, and the link by which its person accepts it. Raises BadPerson, OSError."""
    return _link(parts().accounts.invite(name, role, _ids(sites)))


def invite_again(person_id: str) -> Link | None:
    """Has somebody begin anew; None where there is no such person. Raises BadPerson, OSError."""
    found = parts().accounts.invite_again(person_id)
    return _link(found) if found else None


def change_rights(person_id: str, role: str, sites: Sequence[str] | None) -> Person | None:
    """Lets somebody do more or less; None where there is no such person.

    Raises BadPerson, OSError.
    """
    person = parts().accounts.change_rights(person_id, role, _ids(sites))
    if person is not None:
        about(f"{person.name}, {in_words(person)}")
    return person


def remove(person_id: str) -> bool:
    """Takes somebody's account away; False where there is none. Raises OSError."""
    person = parts().accounts.people.get(person_id)
    about(person.name if person else "")
    return parts().accounts.remove(person_id)


def _ids(sites: Sequence[str] | None) -> Sequence[str] | None:
    """The ids of sites that were named by an alias or by their ids."""
    return None if sites is None else [parts().register.site_behind(site) for site in sites]


def in_words(person: Person) -> str:
    """What somebody may do."""
    return f"{person.role} of {', '.join(person.sites) if person.sites else 'all sites'}"


def _link(invited: Invited) -> Link:
    invitation = invited.person.invitation
    if invitation is None:
        raise AssertionError("who was just invited has an invitation")
    about(f"{invited.person.name}, {in_words(invited.person)}")
    url = f"{public_address()}/invitation/{invited.token}"
    return Link(invited.person, url, invitation.expires, _sent(invited.person, url))


def _sent(person: Person, url: str) -> bool:
    """Whether the link goes out by mail, to a name that is an address, where there is mail."""
    send = parts().send_invitation
    if send is None or "@" not in person.name:
        return False
    try:
        send(person.name, person.name, url)
    except Exception as error:
        # The link is shown all the same; whatever mail fails by, the account is there.
        log.warning("An invitation could not be sent", error=str(error))
        return False
    return True
