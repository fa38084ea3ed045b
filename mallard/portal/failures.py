"""Why something cannot be handed out."""

from __future__ import annotations

from mallard.model import FailReason

MESSAGES = {
    FailReason.UNREACHABLE: "where this is kept cannot be reached now; try again later",
    FailReason.SLOW: "where this is kept does not answer in time; try again later",
    FailReason.REFUSED: "where this is kept does not hand it out",
    FailReason.REDIRECTED: "where this is kept sends us to where we may not go",
    FailReason.BROKEN_OFF: "where this is kept broke off",
}


class Failed(Exception):
    """An upstream does not do its part; `detail` is for the log."""

    def __init__(self, reason: FailReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    @property
    def status(self) -> int:
        """The HTTP status that tells of it."""
        return 504 if self.reason is FailReason.SLOW else 502


class NotThere(Exception):
    """There is nothing of that name."""
