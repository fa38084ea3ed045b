"""People's accounts: invited, accepted, signed in to, changed and taken away."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from mallard.auth.access import Access, steady
from mallard.auth.lockout import Lockout, WrongPassword
from mallard.auth.roles import Role
from mallard.auth.sessions import Sessions, digest
from mallard.auth.shares import new_id, new_token
from mallard.people.factors import Factors
from mallard.people.second_factor import CodeNeeded
from mallard.register.people import (
    MOST_PEOPLE,
    BadPerson,
    Invitation,
    People,
    Person,
    changed,
    key_of,
    person_of,
)
from mallard.texts.said import said

INVITATION_LASTS = timedelta(days=7)
NAME_FACTOR = 4
"""So many times as often as a client may all clients together fail at one name."""
HALF_SECS = 300
"""So long whoever has told the password may take to tell the code."""


class NoInvitation(Exception):
    """An invitation that was used, is over, or never was."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody, and what stands in the address of the invitation, which nobody is told again."""

    person: Person
    token: str


class Accounts:
    """The accounts of one instance."""

    def __init__(
        self,
        people: People,
        access: Access,
        by_name: Lockout,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        """`by_name` locks out whoever guesses at one person's password from many addresses."""
        self.people = people
        self._access = access
        self.by_name = by_name
        """Who guesses at one person's password, from wherever."""
        self._clock = clock
        self.halves = Sessions(HALF_SECS, timer)
        """Browsers that have told the password, and not yet the code that is asked for after it."""
        self.factors = Factors(people, clock)

    def invite(self, name: str, role: str, sites: Sequence[str] | None) -> Invited:
        """Makes an account that its person has yet to accept. Raises BadPerson, OSError."""
        token = new_token()
        person = self._person(name, role, sites, self._invitation(token), None)
        self.people.change(lambda people: _with(people, person))
        return Invited(person, token)

    def invite_again(self, person_id: str) -> Invited | None:
        """Has somebody choose a password anew, as after a loss; until then nobody gets in there.

        The second factor goes, too, and all sessions end. None where there is no such person.
        Raises BadPerson, OSError.
        """
        token = new_token()
        found = self.people.change_one(
            person_id,
            lambda one: changed(
                one,
                password_hash=None,
                invitation=self._invitation(token),
                second_factor=None,
                subject=None,
            ),
        )
        self._access.sessions.close_of(person_id)
        self.halves.close_of(person_id)
        return Invited(found, token) if found else None

    def invitation(self, token: str) -> Person | None:
        """Who was invited by this, if it still counts."""
        found = self.people.invited(digest(token))
        return found if found and self._counts(found, digest(token)) else None

    def accept(self, token: str, password: str) -> Person:
        """Keeps the password that an invited person has chosen; the invitation is used up by it.

        Raises NoInvitation, BadPassword, OSError.
        """
        found = self.invitation(token)
        if found is None:
            raise NoInvitation
        hashed = self._access.passwords.hash_of(password)

        def accepted(one: Person) -> Person:
            # Of two that come at once, the later finds it used.
            if not self._counts(one, digest(token)):
                raise NoInvitation
            return changed(one, password_hash=hashed, invitation=None)

        person = self.people.change_one(found.id, accepted)
        if person is None:
            raise NoInvitation
        return person

    def sign_in(self, name: str, password: str, code: str | None, address: str) -> Person:
        """Who signs in by a name, a password, and a code where the account asks for one.

        Raises WrongPassword, LockedOut; CodeNeeded where the password is right, and no code given.
        """
        with self._of_account(name, address):
            person = self._with_password(name, password)
            if person.second_factor is not None and code is None:
                raise CodeNeeded(person.id)
            if person.second_factor is not None and code is not None:
                person = self.factors.tell(person.id, code)
        return person

    def tell_code(self, half: str, code: str, address: str) -> Person:
        """Who tells the code after the password. Raises WrongPassword, LockedOut, NoInvitation."""
        session = self.halves.find(half)
        person = self.people.get(session.owner) if session else None
        if person is None or person.second_factor is None:
            raise NoInvitation
        with self._of_account(person.name, address):
            person = self.factors.tell(person.id, code)
        self.halves.close(half)
        return person

    def check_password(self, person_id: str, password: str, address: str) -> None:
        """That somebody who is signed in knows the password. Raises WrongPassword, LockedOut."""
        person = self.people.get(person_id)
        name = person.name if person else ""
        with self._of_account(name, address):
            self._with_password(name, password)

    def change_password(
        self, person_id: str, old: str, new: str, address: str, token: str | None
    ) -> None:
        """Keeps another password, and ends all of the person's sessions but the token's.

        Raises WrongPassword, LockedOut, BadPassword, OSError.
        """
        self.check_password(person_id, old, address)
        hashed = self._access.passwords.hash_of(new)
        self.people.change_one(person_id, lambda one: changed(one, password_hash=hashed))
        self._access.sessions.close_of(person_id, token)
        self.halves.close_of(person_id)

    def change_rights(
        self, person_id: str, role: str, sites: Sequence[str] | None
    ) -> Person | None:
        """Lets somebody do more or less, and signs him out; None where there is no such person.

        Raises BadPerson, OSError.
        """
        wanted = {"role": role, "sites": _each_once(sites)}
        found = self.people.change_one(person_id, lambda one: changed(one, **wanted))
        self._access.sessions.close_of(person_id)
        return found

    def admit(self, name: str, role: str, subject: str) -> Person:
        """Makes an account of somebody whom the provider tells of. Raises BadPerson, OSError."""
        person = self._person(name, role, None, None, subject)
        self.people.change(lambda people: _with(people, person))
        return person

    def recognize(self, person_id: str, subject: str, role: Role | None) -> Person | None:
        """Knows somebody as who he is to the provider, and lets him do what that says, if it does.

        None where there is no such person. Raises BadPerson, OSError.
        """
        before = self.people.get(person_id)

        def known(one: Person) -> Person:
            sites = None if role is Role.OWNER else one.sites
            fields = {"role": role or one.role, "sites": sites} if role else {}
            return changed(one, subject=subject, invitation=None, **fields)

        after = self.people.change_one(person_id, known)
        if before and after and (before.role, before.sites) != (after.role, after.sites):
            self._access.sessions.close_of(person_id)
        return after

    def remove(self, person_id: str) -> bool:
        """Takes an account away, with its sessions and keys; False where there is none. OSError."""
        is_gone = self.people.remove(person_id)
        self._access.sessions.close_of(person_id)
        self.halves.close_of(person_id)
        self._access.keys.revoke_of(person_id)
        return is_gone

    def _person(
        self,
        name: str,
        role: str,
        sites: Sequence[str] | None,
        invitation: Invitation | None,
        subject: str | None,
    ) -> Person:
        return person_of(
            id=new_id(),
            name=name.strip(),
            role=role,
            sites=_each_once(sites),
            created=self._clock().astimezone(UTC).date(),
            password_hash=None,
            invitation=invitation,
            second_factor=None,
            subject=subject,
        )

    def _invitation(self, token: str) -> Invitation:
        expires = self._clock().astimezone(UTC).replace(microsecond=0) + INVITATION_LASTS
        return Invitation(token_hash=digest(token), expires=expires)

    def _counts(self, person: Person, token_hash: str) -> bool:
        invitation = person.invitation
        if invitation is None or invitation.token_hash != token_hash:
            return False
        return self._clock() < invitation.expires

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._access.passwords.hash_of(secrets.token_hex(16))

    @contextmanager
    def _of_account(self, name: str, address: str) -> Iterator[None]:
        """Around an attempt at somebody's account, wherever it comes from.

        A client that has got in there before is counted by its address alone: nobody else keeps it
        out.
        """
        # A digest, as a name that nobody has may be very long, and many are remembered.
        account, lockout = f"name:{digest(key_of(name))}", self._access.lockout
        with lockout.attempt(address, account):
            if lockout.is_known(address, account):
                yield
                return
            with self.by_name.attempt(account):
                yield

    def _with_password(self, name: str, password: str) -> Person:
        person = self.people.named(name)
        # A name that there is not takes as long as one that there is.
        hashed = (person.password_hash if person else None) or self._nobodys_hash
        is_right = self._access.passwords.is_of(hashed, password)
        if person is None or person.password_hash is None or not is_right:
            raise WrongPassword
        return person


def make_accounts(
    people: People,
    access: Access,
    max_attempts: int,
    lockout_secs: int,
    clock: Callable[[], datetime],
    timer: Callable[[], float],
) -> Accounts:
    """The accounts of people; guesses at one of them count also where each comes from elsewhere."""
    by_name = Lockout(max_attempts * NAME_FACTOR, lockout_secs, steady(timer))
    return Accounts(people, access, by_name, clock, timer)


def _with(people: Mapping[str, Person], person: Person) -> Mapping[str, Person]:
    """These people and another one. Raises BadPerson."""
    if len(people) >= MOST_PEOPLE:
        raise BadPerson(said("there are %(most)d people; remove one of them", most=MOST_PEOPLE))
    if key_of(person.name) in {key_of(one.name) for one in people.values()}:
        raise BadPerson(
            said("name: there is somebody called %(name)s already", name=repr(person.name))
        )
    return {**people, person.id: person}


def _each_once(sites: Sequence[str] | None) -> list[str] | None:
    return None if sites is None else list(dict.fromkeys(sites))
