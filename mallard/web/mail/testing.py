"""Sends a test mail, whoever asks: a program or a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, abort, redirect, request, url_for
from msgspec import Meta
from werkzeug.wrappers import Response as AnyResponse

from mallard.mail.smtp import NotSent
from mallard.texts.catalogue import _, sentence, told
from mallard.texts.said import within, words_of
from mallard.web.account.settings import settings_page
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.mail.parts import mail

api = Blueprint("mail_api", __name__, url_prefix="/api/mail")
page = Blueprint("mail_page", __name__, url_prefix="/settings/mail")


class TestMail(msgspec.Struct, frozen=True):
    """To whom it goes."""

    to: Annotated[str, Meta(description="An address of mail.")]


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken it."""

    status: Literal["sent"]
    to: str


@api.post("/test")
@described(
    Subject.OPERATING,
    Body(TestMail, TestMail("ada@example.com")),
    Answer("The server has taken it.", Sent("sent", "ada@example.com")),
    refuses=(502,),
)
def post_test_mail() -> Response:
    """Send a test mail.

    There where the settings have `[smtp]`. It is handed over at once; where the server does not
    take it, the error says why. Impossible while no password is set.
    """
    to = decoded(TestMail).to.strip()
    try:
        mail().office.test(to)
    except ValueError as error:
        abort(400, within("to", error))
    except NotSent as error:
        abort(502, words_of(error))
    return as_json(Sent("sent", to))


@page.post("/test")
def send_test_mail() -> AnyResponse:
    """Sends one, and leads back."""
    to = request.form.get("to", "").strip()
    try:
        mail().office.test(to)
    except ValueError as error:
        return settings_page(400, mail_problem=sentence(error), mail_to=to)
    except NotSent as error:
        return settings_page(
            502, mail_problem=_("It was not sent: %(why)s.", why=told(error)), mail_to=to
        )
    return redirect(url_for("settings.page", mailed="", _anchor="mail"), 303)
