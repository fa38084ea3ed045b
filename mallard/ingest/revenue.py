"""What an event brought in: the amount and its currency, as they fit their columns."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from mallard.ingest.refusals import Rejected
from mallard.texts.said import said

MAX_REVENUE = Decimal("9999999999.99")
AMOUNT_PATTERN = r"^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$"
"""An amount that is text; spaces around it are passed over."""

_AMOUNT = re.compile(AMOUNT_PATTERN)


def revenue(amount: Any, currency: Any, in_one: Any) -> tuple[str | None, str | None]:
    """The amount, with two decimals, and the currency; None for what is absent.

    `in_one` is Plausible's object of both, or a string that holds one, which counts where `amount`
    is absent. Raises Rejected.
    """
    if amount is None and in_one is not None:
        in_one = _decoded(in_one) if isinstance(in_one, str) else in_one
        if not isinstance(in_one, dict):
            raise Rejected(400, said("$ must be an object with amount and currency"))
        amount, currency = in_one.get("amount"), in_one.get("currency")
    return _amount(amount), _currency(currency)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _amount(value: Any) -> str | None:
    """The amount with two decimals, rounded half up, as DECIMAL(12,2) takes it."""
    if value is None:
        return None
    exact = _number(value)
    if exact is None:
        raise Rejected(400, said("ra (revenue amount) must be a number, or a string such as 49.90"))
    if abs(exact) >= MAX_REVENUE + 1:
        raise Rejected(
            400,
            said("ra (revenue amount) must lie within ±%(most)s", most=MAX_REVENUE),
        )
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if abs(rounded) > MAX_REVENUE:
        raise Rejected(
            400,
            said("ra (revenue amount) must lie within ±%(most)s", most=MAX_REVENUE),
        )
    return str(rounded + 0)


def _number(value: Any) -> Decimal | None:
    """The number that was sent, exactly, also as text; None for anything else."""
    if isinstance(value, str):
        text = value.strip(" ")
        return Decimal(text) if _AMOUNT.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(repr(value)) if abs(value) < MAX_REVENUE + 1 else MAX_REVENUE + 1


def _currency(value: Any) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()):
        raise Rejected(400, said("rc (revenue currency) must be three letters, such as EUR"))
    return value.upper()
