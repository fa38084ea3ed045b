"""Who of the people it is that a provider tells of, and what the provider lets that person do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mallard.auth.roles import Role
from mallard.config.oidc import Oidc
from mallard.oidc.provider import Refused
from mallard.people.accounts import Accounts
from mallard.register.people import BadPerson, Person
from mallard.texts.said import said

UNKNOWN = said("Nobody here is known by your mail address. Ask for an invitation.")
NO_ROLE = said("The provider gives you no role here.")


def person_of(accounts: Accounts, oidc: Oidc, claims: Mapping[str, Any]) -> Person:
    """The person whom an ID token is of, who is let do what its claim says.

    Raises Refused, OSError.
    """
    subject, role = f"{oidc.issuer} {claims['sub']}", role_of(oidc, claims)
    known = accounts.people.of_subject(subject) or _invited(accounts, claims)
    try:
        if oidc.role_claim and role is None:
            raise Refused(NO_ROLE)
        if known is None and role is None:
            raise Refused(UNKNOWN)
        if known is None:
            return accounts.admit(name_of(claims), str(role), subject)
        return accounts.recognize(known.id, subject, role) or _gone()
    except BadPerson as error:
        raise Refused(said("You cannot be let in: %(why)s.", why=error)) from None


def role_of(oidc: Oidc, claims: Mapping[str, Any]) -> Role | None:
    """The greatest role that the claim names; None where it names none."""
    if not oidc.role_claim:
        return None
    found = _claim(claims, oidc.role_claim)
    said = {one.casefold() for one in (found if isinstance(found, list) else [found])
            if isinstance(one, str)}  # fmt: skip
    return next((role for role in Role if role.casefold() in said), None)


def name_of(claims: Mapping[str, Any]) -> str:
    """What somebody is called who was not invited.

    An address of mail only where the provider has seen it to be this person's: nobody goes by
    another's, which invitations are sent to, and which Owners know people by.
    """
    if (mail := _verified_mail(claims)) is not None and mail.strip():
        return mail[:128].strip()
    told = [claims.get(key) for key in ("preferred_username", "name")]
    names = [text for text in told if isinstance(text, str) and text.strip() and "@" not in text]
    return (names or [str(claims["sub"]).replace("@", " at ")])[0][:128].strip()


def _verified_mail(claims: Mapping[str, Any]) -> str | None:
    mail = claims.get("email")
    return mail if isinstance(mail, str) and claims.get("email_verified") is True else None


def _invited(accounts: Accounts, claims: Mapping[str, Any]) -> Person | None:
    """Who has an account under the mail address that the provider has seen to be this person's."""
    mail = _verified_mail(claims)
    found = accounts.people.named(mail) if mail is not None else None
    return found if found is not None and found.subject is None else None


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _gone() -> Person:
    raise Refused(UNKNOWN)
