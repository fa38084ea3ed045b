"""An event whose fields have the long names that Plausible's clients on servers use.

These names are understood beside the short ones, which win.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mallard.ingest.submission import Submission, parse_json


class LongNamed(msgspec.Struct):
    """One event; null means that a key is absent."""

    n: str | int | None = None
    name: str | int | None = None
    u: str | None = None
    url: str | None = None
    d: str | None = None
    domain: str | None = None
    r: str | None = None
    referrer: str | None = None
    w: int | float | None = None
    screen_width: int | float | None = None
    p: Any = None
    props: Any = None
    m: Any = None
    meta: Any = None
    h: Any = None
    hash_mode: Any = msgspec.field(name="hashMode", default=None)
    ra: Any = None
    rc: Any = None
    plausible_revenue: Any = msgspec.field(name="$", default=None)
    revenue: Any = None
    b: Any = None
    e: Any = None
    sd: Any = None


_decoder = msgspec.json.Decoder(LongNamed)


def parse_long_names(body: bytes) -> Submission:
    """The submission in a JSON body; "" for its site, name or URL when that is not told.

    Raises Rejected with 400 (not JSON) or 422 (wrong types).
    """
    sent = parse_json(body, _decoder, "the body")
    return Submission(
        d=_first(sent.d, sent.domain) or "",
        n=str(_first(sent.n, sent.name, "")),
        u=_first(sent.u, sent.url) or "",
        r=_first(sent.r, sent.referrer),
        w=_first(sent.w, sent.screen_width),
        p=_first(sent.m, sent.meta, sent.p, sent.props),
        h=_first(sent.h, sent.hash_mode),
        ra=sent.ra,
        rc=sent.rc,
        plausible_revenue=_first(sent.plausible_revenue, sent.revenue),
        b=sent.b,
        e=sent.e,
        sd=sent.sd,
    )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
