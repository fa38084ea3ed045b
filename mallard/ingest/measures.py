"""What a page has measured of itself: how it was looked at, and how quick it was.

These are kept as properties of events that count nobody and nothing (`model.SILENT`), in one form
whoever has sent them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from mallard.ingest.refusals import Rejected
from mallard.model import ENGAGEMENT
from mallard.texts.said import said

MOST_MS = 86_400_000
"""A day: nobody looks at a page for longer at once."""
NOT_MEASURED = 255
"""What Plausible's tracker sends for a depth that it could not find out."""
SLOWEST_MS = 600_000
MOST_SHIFT = 1000.0
TIMES = ("lcp", "inp", "fcp", "ttfb")
SHIFT = "cls"


def measured(name: str, told: Any, spent: Any = None, depth: Any = None) -> str:
    """The properties of an event of a page's own measures, as they are stored.

    `told` are the properties that came with it, `spent` and `depth` what Plausible's tracker sends
    beside them. Raises Rejected with 400 where nothing of it is a measure.
    """
    props = _object(told)
    found: Mapping[str, float]
    if name == ENGAGEMENT:
        found = _engagement(
            spent if spent is not None else props.get("e"),
            depth if depth is not None else props.get("sd"),
        )
        needed = said("e, milliseconds, or sd, percent of the page")
    else:
        found = _vitals(props)
        needed = said(
            "one of %(names)s, milliseconds, or %(shift)s", names=", ".join(TIMES), shift=SHIFT
        )
    if not found:
        raise Rejected(
            400,
            said("p (props) of an event named %(name)s needs %(needed)s", name=name, needed=needed),
        )
    return msgspec.json.encode(found).decode()


def _engagement(spent: Any, depth: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    if (ms := _number(spent)) is not None:
        found["e"] = int(min(ms, MOST_MS))
    if (percent := _number(depth)) is not None and percent != NOT_MEASURED:
        found["sd"] = int(min(percent, 100))
    return found


def _vitals(props: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in TIMES:
        ms = _number(props.get(name))
        if ms is not None and ms <= SLOWEST_MS:
            found[name] = round(ms)
    shift = _number(props.get(SHIFT))
    if shift is not None and shift <= MOST_SHIFT:
        found[SHIFT] = round(shift, 4)
    return found


def _object(told: Any) -> Mapping[str, Any]:
    if isinstance(told, str):
        try:
            told = msgspec.json.decode(told)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return {}
    return told if isinstance(told, dict) else {}


def _number(value: Any) -> float | None:
    """A number that is not below zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < math.inf else None
