"""People: invite, list, change what they may do, remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, abort
from msgspec import Meta

from mallard.auth.roles import Role
from mallard.model import SITE_ID_FORM
from mallard.register.part import LONGEST_NAME
from mallard.register.people import MOST_SITES, BadPerson, Person
from mallard.reports.arguments import Text
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.inviting import Link, change_rights, invite
from mallard.web.inviting import invite_again as invited_again
from mallard.web.inviting import remove as remove_account
from mallard.web.state import parts

blueprint = Blueprint("people_api", __name__, url_prefix="/api/people")

PERSON_ID = Text(
    "person_id",
    "The person's id, as the list of people tells it.",
    "4f2a84c0be6d1573",
    bounds={"minLength": 1},
)
NO_SUCH_PERSON = "there is no such person"
SOME_SITES = {"minItems": 1, "maxItems": MOST_SITES, "items": {"type": "string", **SITE_ID_FORM}}

ARole = Annotated[
    str,
    Meta(
        description="An Owner may do everything, an Editor what is decided about sites, a Viewer"
        " looks.",
        extra_json_schema={"enum": list(Role)},
    ),
]
SiteIds = Annotated[
    tuple[str, ...] | None,
    Meta(
        description="The only sites that the person sees; all, where it is left out.",
        extra_json_schema=SOME_SITES,
    ),
]


class RightsWish(msgspec.Struct, frozen=True):
    """What somebody is to be allowed."""

    role: ARole
    sites: SiteIds = None


class PersonWish(msgspec.Struct, frozen=True):
    """The person to invite."""

    name: Annotated[
        str,
        Meta(
            description="What the person signs in with: a name, or a mail address.",
            extra_json_schema={"minLength": 1, "maxLength": LONGEST_NAME},
        ),
    ]
    role: ARole
    sites: SiteIds = None


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with an account; `invited_until` is there until the invitation is accepted."""

    id: str
    name: str
    role: Role
    sites: Sequence[str] | None
    created: date
    invited_until: datetime | None
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who was invited, and the address of the invitation, which is told this once."""

    id: str
    name: str
    role: Role
    sites: Sequence[str] | None
    url: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Removed:
    """The account is gone."""

    status: Literal["removed"]


_ID = str(PERSON_ID.example)
_ROW = PersonRow(
    _ID, "grace@example.com", Role.EDITOR, ["example.com"], date(2026, 3, 18), None, False
)
_NEW = NewPerson(
    _ID,
    "grace@example.com",
    Role.EDITOR,
    ["example.com"],
    "https://stats.example.com/invitation/4f2a…",
    datetime(2026, 3, 25, 12, tzinfo=UTC),
)


@blueprint.get("")
@described(Subject.PEOPLE, Answer("The people, in the order in which they came.", [_ROW]))
def list_people() -> Response:
    """List all people."""
    return as_json([row_of(one) for one in parts().accounts.people.all()])


@blueprint.post("")
@described(
    Subject.PEOPLE,
    Body(PersonWish, PersonWish("grace@example.com", Role.EDITOR, ("example.com",))),
    Answer("The invitation.", _NEW, status=201),
    refuses=(409,),
)
def create_person() -> Response:
    """Invite somebody.

    Whoever opens the address within a week chooses a password, once. It is shown this once, and
    sent, where mail is set up and the name is a mail address. Impossible while no password is set.
    """
    wish = decoded(PersonWish)
    try:
        return _told(invite(wish.name, wish.role, wish.sites))
    except BadPerson as error:
        abort(400, str(error))


@blueprint.put("/<person_id>")
@described(
    Subject.PEOPLE,
    PERSON_ID,
    Body(RightsWish, RightsWish(Role.VIEWER)),
    Answer("The person.", _ROW),
    refuses=(409,),
)
def change_person(person_id: str) -> Response:
    """Change what somebody may do.

    Role and sites, both at once. It counts from the next request on, and ends the person's
    sessions.
    """
    wish = decoded(RightsWish)
    try:
        person = change_rights(person_id, wish.role, wish.sites)
    except BadPerson as error:
        abort(400, str(error))
    if person is None:
        abort(404, NO_SUCH_PERSON)
    return as_json(row_of(person))


@blueprint.post("/<person_id>/invitation")
@described(Subject.PEOPLE, PERSON_ID, Answer("The invitation.", _NEW, status=201), refuses=(409,))
def invite_again(person_id: str) -> Response:
    """Invite somebody again.

    For a password that is forgotten, a device that is lost, or an invitation that is over. The
    password and the second factor count no more, and the person's sessions end. Impossible while no
    password is set.
    """
    found = invited_again(person_id)
    if found is None:
        abort(404, NO_SUCH_PERSON)
    return _told(found)


@blueprint.delete("/<person_id>")
@described(Subject.PEOPLE, PERSON_ID, Answer("It is gone.", Removed("removed")), refuses=(409,))
def remove_person(person_id: str) -> Response:
    """Remove somebody.

    The person's sessions end, and the API keys count no more.
    """
    if not remove_account(person_id):
        abort(404, NO_SUCH_PERSON)
    return as_json(Removed("removed"))


def row_of(person: Person) -> PersonRow:
    """What is told of somebody."""
    return PersonRow(
        person.id,
        person.name,
        person.role,
        person.sites,
        person.created,
        person.invitation.expires if person.invitation else None,
        person.second_factor is not None,
    )


def _told(link: Link) -> Response:
    one = link.person
    response = as_json(NewPerson(one.id, one.name, one.role, one.sites, link.url, link.expires))
    response.status_code = 201
    return response
