"""The caller's sessions: list and end them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec
from flask import Blueprint, Response, abort

from mallard.reports.arguments import Text
from mallard.web import own
from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Subject, described

blueprint = Blueprint("own_api", __name__, url_prefix="/api/sessions")

SESSION_ID = Text(
    "session_id",
    "The session's id, as the list of sessions tells it.",
    "9c1d7a40f2be6613",
    bounds={"minLength": 1},
)


class SessionRow(msgspec.Struct, frozen=True):
    """A browser that is signed in."""

    id: str
    browser: str
    began: datetime
    current: bool
    """Whether it is the one that asks."""


class Ended(msgspec.Struct, frozen=True):
    """It is signed out."""

    status: Literal["ended"]


_ROW = SessionRow(
    str(SESSION_ID.example), "Firefox on Linux", datetime(2026, 3, 18, 12, tzinfo=UTC), True
)


@blueprint.get("")
@described(Subject.SIGNING_IN, Answer("The sessions, the latest first.", [_ROW]))
def list_sessions() -> Response:
    """List your sessions.

    The browsers in which you are signed in; those of the one password, if you came by that.
    """
    return as_json(
        [SessionRow(one.id, one.about, one.began, one.is_this_one) for one in own.sessions()]
    )


@blueprint.delete("/<session_id>")
@described(Subject.SIGNING_IN, SESSION_ID, Answer("It is signed out.", Ended("ended")))
def end_session(session_id: str) -> Response:
    """End one of your sessions."""
    if not own.end_session(session_id):
        abort(404, "you have no such session")
    return as_json(Ended("ended"))
