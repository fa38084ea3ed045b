"""People's second factors: begun, told and given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mallard.auth.lockout import WrongPassword
from mallard.people.second_factor import begun, new_codes, new_secret, spent, with_codes
from mallard.register.people import MOST_PEOPLE, People, Person, changed


class AlreadyBegun(Exception):
    """There is a second factor, which nobody exchanges for another who does not give it up."""


class Factors:
    """The second factors of one instance's people."""

    def __init__(self, people: People, clock: Callable[[], datetime]) -> None:
        self._people = people
        self._clock = clock
        self._beginning: dict[str, str] = {}

    def to_begin(self, person_id: str) -> tuple[str, str]:
        """What somebody's device is to make codes of, not kept before it has made one; the name."""
        person = self._people.get(person_id)
        if len(self._beginning) >= MOST_PEOPLE:
            self._beginning.clear()
        secret = self._beginning.setdefault(person_id, new_secret())
        return secret, person.name if person else ""

    def begin(self, person_id: str, code: str) -> list[str]:
        """Asks somebody for codes from now on; those for a loss, which nobody is told again.

        Raises WrongPassword where this is no code of the device's, AlreadyBegun, OSError.
        """
        codes = new_codes()
        secret, _ = self.to_begin(person_id)
        factor = spent(begun(secret, codes), code, self._clock())
        if factor is None or len(factor.recovery_codes) < len(codes):
            raise WrongPassword

        def begin(one: Person) -> Person:
            if one.second_factor is not None:
                raise AlreadyBegun
            return changed(one, second_factor=factor)

        self._people.change_one(person_id, begin)
        self._beginning.pop(person_id, None)
        return codes

    def tell(self, person_id: str, code: str) -> Person:
        """Who has told a code, which is good no second time. Raises WrongPassword, OSError."""

        def used(one: Person) -> Person:
            factor = one.second_factor and spent(one.second_factor, code, self._clock())
            if factor is None:
                raise WrongPassword
            return changed(one, second_factor=factor)

        person = self._people.change_one(person_id, used)
        if person is None:
            raise WrongPassword
        return person

    def renew_codes(self, person_id: str) -> list[str]:
        """Other codes for a loss; those before are good for nothing. Raises OSError."""
        codes = new_codes()

        def renewed(one: Person) -> Person:
            factor = one.second_factor
            return changed(one, second_factor=factor and with_codes(factor, codes))

        self._people.change_one(person_id, renewed)
        return codes

    def end(self, person_id: str) -> None:
        """Asks somebody for no codes any more. Raises OSError."""
        self._people.change_one(person_id, lambda one: changed(one, second_factor=None))
