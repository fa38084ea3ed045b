"""An event as a client submits it: JSON or query fields, checked one by one.

The checks come in two steps, since the site's rate limit stands between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from mallard.model import PAGEVIEW, SITE_ID_FORM, RejectReason

MAX_BODY_BYTES = 65_536
MAX_EVENT_NAME = 256
MAX_URL = 2048
MAX_PROPS = 4096
MAX_SCREEN_WIDTH = 65_535
MAX_REVENUE = Decimal("9999999999.99")

REASONS = {
    400: RejectReason.INVALID,
    403: RejectReason.FORBIDDEN,
    413: RejectReason.TOO_LARGE,
    422: RejectReason.WRONG_TYPE,
    429: RejectReason.RATE_LIMITED,
    503: RejectReason.NOT_STORED,
}
"""What a refusal is counted as when nothing else is said."""

T = TypeVar("T")


class Rejected(Exception):
    """An event that cannot be taken: the HTTP status, and a reason that names the field.

    `counted_as` is the kind of reason, for the metrics.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        retry_after_secs: int | None = None,
        counted_as: RejectReason | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after_secs = retry_after_secs
        self.counted_as = counted_as or REASONS.get(status, RejectReason.INVALID)


class Malformed(Rejected):
    """What was sent is no JSON."""


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
            description="Revenue; it is rounded to two decimals.",
            extra_json_schema={
                "type": ["number", "null"],
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
    plausible_revenue: Annotated[
        Any,
        Meta(
            description="Revenue as an object with `amount` and `currency`, which counts where"
            " `ra` is absent."
        ),
    ] = msgspec.field(name="$", default=None)


@dataclass(frozen=True, slots=True)
class Fields:
    """What a submission says beside its site, within its bounds."""

    event_name: str
    url: str
    referrer: str | None
    width: int | None
    props: str | None
    revenue_amount: str | None
    revenue_currency: str | None


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
        raise Rejected(400, f"{what} is not valid JSON: it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(400, f"{what} is not valid JSON: {error}") from None


def parse_params(params: Mapping[str, str]) -> Submission:
    """The submission in the pixel's query parameters. Raises Rejected with 400 or 422."""
    missing = [name for name in ("d", "u") if name not in params]
    if missing:
        raise Rejected(422, f"{missing[0]} is missing")
    return Submission(
        d=params["d"],
        n=params.get("n") or PAGEVIEW,
        u=params["u"],
        r=params.get("r"),
        w=_query_width(params.get("w")),
    )


def check_fields(submission: Submission) -> Fields:
    """The submission's fields other than its site. Raises Rejected with 400."""
    amount, currency = _revenue(submission)
    return Fields(
        event_name=_required(submission.n, "n (event name)", MAX_EVENT_NAME),
        url=_required(submission.u, "u (page URL)", MAX_URL),
        referrer=_at_most(submission.r or None, "r (referrer)", MAX_URL),
        width=_width(submission.w),
        props=_props(submission.p),
        revenue_amount=amount,
        revenue_currency=currency,
    )


def _well_typed(text: str, decoder: msgspec.json.Decoder[S], what: str) -> S:
    """The submission in a JSON text. Raises msgspec.DecodeError when it is not JSON to its end."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        msgspec.json.decode(text, type=msgspec.Raw)
        if "out of range" in str(error):
            raise Rejected(400, f"a number is too large: {error}") from None
        raise Rejected(422, _type_error(str(error), what)) from None


def _type_error(message: str, whole: str) -> str:
    """msgspec's message in our words: the field comes first."""
    if message.startswith("Object missing required field"):
        return f"{message.split('`')[1]} is missing"
    what, _, path = message.partition(" - at `$.")
    return f"{path.rstrip('`')}: {what}" if path else f"{whole} must be a JSON object: {what}"


def _required(text: str, name: str, limit: int) -> str:
    if not text:
        raise Rejected(400, f"{name} is empty")
    return _at_most(text, name, limit)


def _at_most(text: T, name: str, limit: int) -> T:
    if isinstance(text, str) and len(text) > limit:
        raise Rejected(400, f"{name} is longer than {limit} characters")
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
        raise Rejected(400, "p (props) must be a JSON object or a string that holds one")
    try:
        return _at_most(msgspec.json.encode(value).decode(), "p (props)", MAX_PROPS)
    except RecursionError:
        raise Rejected(400, "p (props) is nested too deeply") from None


def _revenue(submission: Submission) -> tuple[str | None, str | None]:
    amount, currency = submission.ra, submission.rc
    if amount is None and submission.plausible_revenue is not None:
        if not isinstance(submission.plausible_revenue, dict):
            raise Rejected(400, "$ must be an object with amount and currency")
        amount = submission.plausible_revenue.get("amount")
        currency = submission.plausible_revenue.get("currency")
    return _amount(amount), _currency(currency)


def _amount(value: Any) -> str | None:
    """The amount with two decimals, rounded half up, as DECIMAL(12,2) takes it."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Rejected(400, "ra (revenue amount) must be a number")
    if abs(value) >= MAX_REVENUE + 1:
        raise Rejected(400, f"ra (revenue amount) must lie within ±{MAX_REVENUE}")
    rounded = Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    if abs(rounded) > MAX_REVENUE:
        raise Rejected(400, f"ra (revenue amount) must lie within ±{MAX_REVENUE}")
    return str(rounded + 0)


def _currency(value: Any) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()):
        raise Rejected(400, "rc (revenue currency) must be three letters, such as EUR")
    return value.upper()
