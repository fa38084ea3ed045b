"""A request's JSON body, parsed at the edge."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import abort, request

T = TypeVar("T")


def decoded(kind: type[T]) -> T:
    """The body as this type, whatever its Content-Type; aborts with 400 or 422."""
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.ValidationError as error:
        abort(422, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        abort(400, "the body is not valid JSON")
