"""What a refused event is answered with: a status, and a reason that names the field."""

from __future__ import annotations

from mallard.model import RejectReason

REASONS = {
    400: RejectReason.INVALID,
    403: RejectReason.FORBIDDEN,
    413: RejectReason.TOO_LARGE,
    422: RejectReason.WRONG_TYPE,
    429: RejectReason.RATE_LIMITED,
    503: RejectReason.NOT_STORED,
}
"""What a refusal is counted as when nothing else is said."""


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
