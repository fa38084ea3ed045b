"""Codes beside the password: those of a device, by RFC 6238, and those for the day it is lost."""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from datetime import datetime

from mallard.auth.sessions import digest
from mallard.register.people import SecondFactor

STEP_SECS = 30
SLACK = 1
"""So many intervals a device's clock may be ahead or behind."""
DIGITS = 6
CODES = 10
BYTES_OF_A_CODE = 10


class CodeNeeded(Exception):
    """The password is right, and a code has to be told as well."""

    def __init__(self, person: str) -> None:
        super().__init__("a code of the second factor is needed")
        self.person = person


def new_secret() -> str:
    """What a device makes codes of: 160 random bits in Base32."""
    return b32encode(secrets.token_bytes(20)).decode()


def new_codes() -> list[str]:
    """Codes for the day when the device is lost, of 80 random bits each."""
    return [_spelt(secrets.token_bytes(BYTES_OF_A_CODE)) for _ in range(CODES)]


def begun(secret: str, codes: list[str]) -> SecondFactor:
    """A second factor of which nothing was used yet."""
    hashes = tuple(digest(_plain(code)) for code in codes)
    return SecondFactor(secret=secret, last_step=0, recovery_codes=hashes)


def with_codes(factor: SecondFactor, codes: list[str]) -> SecondFactor:
    """The factor with these codes for a loss, and no others."""
    return _with(factor, left=tuple(digest(_plain(code)) for code in codes))


def spent(factor: SecondFactor, code: str, now: datetime) -> SecondFactor | None:
    """The factor without what this code has used up; None where it is not good, or not any more."""
    plain = _plain(code)
    if len(plain) == DIGITS and plain.isascii() and plain.isdigit():
        step = _step(factor, plain, now)
        return None if step is None else _with(factor, last_step=step)
    wanted, found = digest(plain), None
    for one in factor.recovery_codes:
        if hmac.compare_digest(one, wanted):
            found = one
    if found is None:
        return None
    return _with(factor, left=tuple(one for one in factor.recovery_codes if one != found))


def provisioning(secret: str, name: str, instance: str) -> str:
    """What a device reads from the picture."""
    from pyotp import TOTP

    return TOTP(secret).provisioning_uri(name=name, issuer_name=instance)


def picture(text: str) -> str:
    """The picture as SVG that may stand within a page: it has neither style nor script."""
    import segno

    return segno.make(text, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=True
    )


def _step(factor: SecondFactor, code: str, now: datetime) -> int | None:
    """The interval whose code this is, if none of it or of a later one was taken before."""
    from pyotp import TOTP

    totp, present = TOTP(factor.secret), int(now.timestamp()) // STEP_SECS
    found = None
    for step in range(present - SLACK, present + SLACK + 1):
        is_it = hmac.compare_digest(totp.generate_otp(step), code)
        if is_it and step > factor.last_step:
            found = step
    return found


def _with(
    factor: SecondFactor, last_step: int | None = None, left: tuple[str, ...] | None = None
) -> SecondFactor:
    return SecondFactor(
        secret=factor.secret,
        last_step=factor.last_step if last_step is None else last_step,
        recovery_codes=factor.recovery_codes if left is None else left,
    )


def _spelt(code: bytes) -> str:
    text = b32encode(code).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _plain(code: str) -> str:
    """A code as it is compared, however it was typed."""
    return "".join(code.split()).replace("-", "").lower()
