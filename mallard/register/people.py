"""The document of people: who has an account, what each may do, and what each gets in by.

Every field is always there, and no other is taken: a file in which something has changed must not
read as if somebody might do more, or had not used up an invitation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from threading import Lock
from typing import Annotated

import msgspec
from msgspec import Meta, structs

from mallard.auth.roles import Rights, Role
from mallard.model import MallardError
from mallard.register.checking import check_name
from mallard.register.kept import Digest
from mallard.register.part import Name, Part
from mallard.register.port import PEOPLE, Changed, Document, Register
from mallard.register.reading import understood, what_is_wrong, written
from mallard.reports.query import is_site_id
from mallard.texts.said import said, words_of

MOST_PEOPLE = 1_000
MOST_SITES = 500
MOST_RECOVERY_CODES = 20
ADMIN = "admin"
"""What the one password's user is called where a form asks for a name; no person is."""


class Invitation(Part, frozen=True, kw_only=True):
    """A link by which a person chooses a password, once."""

    token_hash: Digest
    """The SHA-256 of what stands in the address."""
    expires: Annotated[datetime, Meta(tz=True)]


class SecondFactor(Part, frozen=True, kw_only=True):
    """What makes the codes that a person tells beside the password."""

    secret: Annotated[str, Meta(pattern="^[A-Z2-7]{32}$")]
    """In Base32. Codes are made of it, so it cannot be kept as a hash."""
    last_step: int
    """The interval of the last code that was taken; none of it or before is taken again."""
    recovery_codes: Annotated[tuple[Digest, ...], Meta(max_length=MOST_RECOVERY_CODES)]
    """The SHA-256 of those that are left; each is good once."""


class Person(Part, frozen=True, kw_only=True):
    """Somebody with an account."""

    id: str
    name: Name
    """Or a mail address; what one signs in with."""
    role: Role
    sites: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_SITES)] | None
    """Those that the person is limited to; None for all."""
    created: date
    password_hash: str | None
    """None until an invitation was accepted."""
    invitation: Invitation | None
    second_factor: SecondFactor | None
    subject: str | None
    """Who it is to the provider of single sign-on: its issuer, a space, and the subject there."""

    def __post_init__(self) -> None:
        """Raises ValueError for a name that nobody could type, and for sites that cannot be."""
        check_name(self.name)
        if key_of(self.name) == ADMIN:
            raise ValueError(
                said(
                    "name: %(name)s is what the dashboard's one password goes by",
                    name=repr(self.name),
                )
            )
        for site in self.sites or ():
            if not is_site_id(site):
                raise ValueError(said("sites: %(site)s is no id of a site", site=repr(site)))
        if self.role is Role.OWNER and self.sites is not None:
            raise ValueError(
                said("sites: an Owner has all of them; leave it out, or choose a role")
            )


class Kept(Part, frozen=True):
    """The document."""

    people: Annotated[tuple[Person, ...], Meta(max_length=MOST_PEOPLE)]

    def __post_init__(self) -> None:
        """Raises ValueError where two of them could be taken for each other."""
        for what, found in (
            ("id", [one.id for one in self.people]),
            ("name", [key_of(one.name) for one in self.people]),
            ("subject", [one.subject for one in self.people if one.subject]),
        ):
            if twice := {one for one in found if found.count(one) > 1}:
                raise ValueError(
                    said(
                        "people: there are two of the %(kind)s %(text)s",
                        kind=what,
                        text=repr(min(twice)),
                    )
                )


class BadPerson(MallardError):
    """People that there cannot be; its text says why."""


Change = Callable[[Mapping[str, Person]], Mapping[str, Person]]


class People:
    """Who has an account. Whoever asks sees a change as soon as it is made."""

    def __init__(self, register: Register) -> None:
        """Raises BadDocument where the document cannot be read: that is not "nobody". OSError."""
        self._register = register
        self._lock = Lock()
        self._version: str | None = None
        self._people: dict[str, Person] = {}
        self._take_in(register.read(PEOPLE))

    def all(self) -> list[Person]:
        """Everybody, in the order in which they came."""
        return list(self._people.values())

    def get(self, person_id: str) -> Person | None:
        """The person of an id."""
        return self._people.get(person_id)

    def named(self, name: str) -> Person | None:
        """The person of a name, in whatever case it is typed."""
        wanted = key_of(name)
        return next((one for one in self.all() if key_of(one.name) == wanted), None)

    def invited(self, token_hash: str) -> Person | None:
        """Whose invitation this is the digest of; whether it still counts is not said."""
        for one in self.all():
            if one.invitation is not None and one.invitation.token_hash == token_hash:
                return one
        return None

    def of_subject(self, subject: str) -> Person | None:
        """Who this is to the provider of single sign-on."""
        return next((one for one in self.all() if one.subject == subject), None)

    def still_gets_in(self, person: Person) -> bool:
        """Whether somebody gets in by what he got in by, and not by anything else since."""
        now = self._people.get(person.id)
        return now is not None and _ways_in(now) == _ways_in(person)

    def rights_of(self, person_id: str) -> Rights | None:
        """What the person of an id may do; None where there is none."""
        one = self._people.get(person_id)
        if one is None:
            return None
        sites = None if one.sites is None else frozenset(one.sites)
        # Who has no password of his own is asked for what the provider asks for.
        has_enough = one.second_factor is not None or one.password_hash is None
        return Rights(one.name, one.role, sites, has_enough)

    def change(self, change: Change) -> None:
        """Keeps other people, made of those that there are. Nobody else changes them meanwhile.

        Raises BadPerson, what `change` does, BadDocument, OSError; then they are as they were.
        """
        with self._lock:
            while True:
                wanted = _checked(change(self._people))
                try:
                    document = self._register.replace(PEOPLE, written(wanted), self._version)
                except Changed:  # by hand: then it is made of what is there by now
                    self._take_in(self._register.read(PEOPLE))
                    continue
                self._know(wanted, document)
                return

    def change_one(self, person_id: str, change: Callable[[Person], Person]) -> Person | None:
        """Keeps somebody as somebody else; who that is, None where there is no such person.

        Raises as `change` does.
        """

        def changed(people: Mapping[str, Person]) -> Mapping[str, Person]:
            if person_id not in people:
                return people
            return {**people, person_id: change(people[person_id])}

        if person_id not in self._people:
            return None
        self.change(changed)
        return self._people.get(person_id)

    def remove(self, person_id: str) -> bool:
        """Takes somebody's account away; False where there is none. Raises as `change` does."""
        if person_id not in self._people:
            return False
        self.change(lambda people: {key: one for key, one in people.items() if key != person_id})
        return True

    def rename_site(self, old: str, new: str) -> None:
        """Has those who are limited to a site go with it to its new id. Raises as `change` does."""
        if not any(old in (one.sites or ()) for one in self.all()):
            return

        def moved(one: Person) -> Person:
            sites = [new if site == old else site for site in one.sites or ()]
            return changed(one, sites=list(dict.fromkeys(sites)) or None)

        self.change(
            lambda people: {
                key: moved(one) if old in (one.sites or ()) else one for key, one in people.items()
            }
        )

    def take_in(self) -> None:
        """Knows what was changed elsewhere. Raises BadDocument, OSError."""
        with self._lock:
            self._take_in(self._register.read(PEOPLE))

    def _take_in(self, document: Document | None) -> None:
        kept = understood(document, Kept) if document else Kept(())
        self._know(kept, document)

    def _know(self, kept: Kept, document: Document | None) -> None:
        # Readers go without the lock, so the dictionary that they look at never changes.
        self._people = {one.id: one for one in kept.people}
        self._version = document.version if document else None


def key_of(name: str) -> str:
    """What a name is compared by."""
    return name.strip().casefold()


def _ways_in(person: Person) -> tuple[str | None, Invitation | None, str | None]:
    return person.password_hash, person.invitation, person.subject


def changed(person: Person, **fields: object) -> Person:
    """Somebody with other fields, checked as if they had been read. Raises BadPerson."""
    return person_of(**structs.asdict(person) | fields)


def person_of(**fields: object) -> Person:
    """Somebody of these fields. Raises BadPerson."""
    try:
        return msgspec.convert(msgspec.to_builtins(fields), Person)
    except msgspec.ValidationError as error:
        raise BadPerson(what_is_wrong(error)) from None


def _checked(people: Mapping[str, Person]) -> Kept:
    try:
        return Kept(tuple(people.values()))
    except ValueError as error:
        raise BadPerson(words_of(error)) from None
