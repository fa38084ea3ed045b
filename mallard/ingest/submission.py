"""An event as a client submits it: JSON or query fields, checked one by one.

The checks come in two steps, since the site's rate limit stands between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from mallard.ingest.measures import measured
from mallard.ingest.refusals import Malformed, Missing, Rejected
from mallard.ingest.revenue import AMOUNT_PATTERN, MAX_REVENUE, revenue
from mallard.model import PAGEVIEW, SILENT, SITE_ID_FORM
from mallard.texts.said import said, within, words_of

MAX_BODY_BYTES = 65_536
MAX_EVENT_NAME = 256
MAX_URL = 2048
MAX_PROPS = 4096
MAX_SCREEN_WIDTH = 65_535

T = TypeVar("T")


class Submission(msgspec.Struct):
    """One event. Unknown keys are ignored, and null means that a key is absent."""

    # The decoder checks the types alone: what `extra_json_schema` says is for `check_fields`.
    d: Annotated[str, Meta(description="The site.", extra_json_schema=SITE_ID_FORM)]
    n: Annotated[
        str,
        Meta(
            description="The event's name, `pageview` for a page that was viewed.",
            extra_json_schema={"minLength": 1, "maxLength": MAX_EVENT_NAME},
        ),
    ]
    u: Annotated[
        str,
        Meta(
            description="The page's URL.",
            extra_json_schema={"minLength": 1, "maxLength": MAX_URL},
        ),
    ]
    r: Annotated[
        str | None,
        Meta(description="The referrer's URL.", extra_json_schema={"maxLength": MAX_URL}),
    ] = None
    w: Annotated[int | float | None, Meta(description="The screen's width in pixels.")] = None
    p: Annotated[
        Any,
        Meta(
            description="Properties of your own: an object, or a string that holds one, of at most"
            f" {MAX_PROPS} characters.",
            extra_json_schema={"type": ["object", "string", "null"]},
        ),
    ] = None
    ra: Annotated[
        Any,
        Meta(
            description="Revenue, a number or a string that is one; it is rounded to two decimals.",
            extra_json_schema={
                "type": ["number", "string", "null"],
                "pattern": AMOUNT_PATTERN,
                "minimum": -float(MAX_REVENUE),
                "maximum": float(MAX_REVENUE),
            },
        ),
    ] = None
    rc: Annotated[
        Any,
        Meta(
            description="The currency, as in ISO 4217.",
            extra_json_schema={"type": ["string", "null"], "pattern": "^[A-Za-z]{3}$"},
        ),
    ] = None
    h: Annotated[
        Any,
        Meta(
            description="Whether the fragment of `u` belongs to the page's path, as with"
            " `data-hash`: anything but false, 0 and null says so."
        ),
    ] = None
    e: Annotated[
        Any,
        Meta(description="Of an `engagement`: for how many milliseconds the page was looked at."),
    ] = None
    sd: Annotated[
        Any,
        Meta(description="Of an `engagement`: the percentage of the page that was seen."),
    ] = None
    b: Annotated[
        Any,
        Meta(description="True where a program drives the browser (`navigator.webdriver`)."),
    ] = None
    plausible_revenue: Annotated[
        Any,
        Meta(
            description="Revenue as an object with `amount` and `currency`, which counts where"
            " `ra` is absent."
        ),
    ] = msgspec.field(name="$", default=None)


class Fields(msgspec.Struct, frozen=True):
    """What a submission says beside its site, within its bounds."""

    event_name: str
    url: str
    referrer: str | None
    width: int | None
    props: str | None
    revenue_amount: str | None
    revenue_currency: str | None
    has_fragment: bool
    """Whether the URL's fragment belongs to the path."""
    is_automated: bool
    """Whether the browser says that a program drives it."""


S = TypeVar("S", bound=msgspec.Struct)

_decoder = msgspec.json.Decoder(Submission)


def parse_body(body: bytes) -> Submission:
    """The submission in a JSON body. Raises Rejected with 400 (not JSON) or 422 (wrong types)."""
    return parse_json(body, _decoder, "the body")


def parse_json(json: bytes, decoder: msgspec.json.Decoder[S], what: str) -> S:
    """The submission, or something else, in the JSON that is called `what`.

    Raises Malformed with 400, Rejected with 422 (wrong types) or 400 (beyond what can be read).
    """
    try:
        # As text, because msgspec does not look at the bytes of keys that it skips.
        return _well_typed(json.decode(), decoder, what)
    except RecursionError:
        raise Rejected(
            400, said("%(what)s is not valid JSON: it is nested too deeply", what=what)
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(
            400, said("%(what)s is not valid JSON: %(why)s", what=what, why=error)
        ) from None


def parse_params(params: Mapping[str, str]) -> Submission:
    """The submission in the pixel's query parameters. Raises Rejected with 400 or 422."""
    missing = [name for name in ("d", "u") if name not in params]
    if missing:
        raise Rejected(422, said("%(name)s is missing", name=missing[0]))
    return Submission(
        d=params["d"],
        n=params.get("n") or PAGEVIEW,
        u=params["u"],
        r=params.get("r"),
        w=_query_width(params.get("w")),
    )


def check_fields(submission: Submission) -> Fields:
    """The submission's fields other than its site. Raises Rejected with 400."""
    if is_silent := submission.n in SILENT:
        amount, currency = None, None
    else:
        amount, currency = revenue(submission.ra, submission.rc, submission.plausible_revenue)
    return Fields(
        event_name=_required(submission.n, "n (event name)", MAX_EVENT_NAME),
        url=_required(submission.u, "u (page URL)", MAX_URL),
        referrer=_at_most(submission.r or None, "r (referrer)", MAX_URL),
        width=_width(submission.w),
        props=measured(submission.n, submission.p, submission.e, submission.sd)
        if is_silent
        else _props(submission.p),
        revenue_amount=amount,
        revenue_currency=currency,
        has_fragment=submission.h not in (None, False, 0),
        is_automated=submission.b is True,
    )


def _well_typed(text: str, decoder: msgspec.json.Decoder[S], what: str) -> S:
    """The submission in a JSON text. Raises msgspec.DecodeError when it is not JSON to its end."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        msgspec.json.decode(text, type=msgspec.Raw)
        if "out of range" in str(error):
            raise Rejected(400, within(said("a number is too large"), error)) from None
        raise _type_error(words_of(error), what) from None


def _type_error(message: str, whole: str) -> Rejected:
    """msgspec's message in our words: the field comes first."""
    if message.startswith("Object missing required field"):
        return Missing(422, said("%(name)s is missing", name=message.split("`")[1]))
    what, _, path = message.partition(" - at `$.")
    where = path.rstrip("`") if path else said("%(what)s must be a JSON object", what=whole)
    return Rejected(422, within(where, what))


def _required(text: str, name: str, limit: int) -> str:
    if not text:
        raise Rejected(400, said("%(name)s is empty", name=name))
    return _at_most(text, name, limit)


def _at_most(text: T, name: str, limit: int) -> T:
    if isinstance(text, str) and len(text) > limit:
        raise Rejected(
            400, said("%(name)s is longer than %(most)s characters", name=name, most=limit)
        )
    return text


def _query_width(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _width(width: float | None) -> int | None:
    if width is None or not 1 <= width <= MAX_SCREEN_WIDTH:
        return None
    return int(width)


def _props(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError):
            value = None
    if not isinstance(value, dict):
        raise Rejected(400, said("p (props) must be a JSON object or a string that holds one"))
    try:
        return _at_most(msgspec.json.encode(value).decode(), "p (props)", MAX_PROPS)
    except RecursionError:
        raise Rejected(400, said("p (props) is nested too deeply")) from None
