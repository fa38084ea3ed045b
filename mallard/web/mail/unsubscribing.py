"""Where the link at the end of a report leads: whoever has it ends that report, and no other."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template
from werkzeug.wrappers import Response

from mallard.mail.subscribing import Subscription
from mallard.mail.unsubscribing import PATH
from mallard.texts.catalogue import N_
from mallard.web.mail.parts import mail

blueprint = Blueprint("unsubscribing", __name__)


@blueprint.get(f"{PATH}<token>")
def page(token: str) -> Response:
    """Asks whether it shall end: programs that follow links to see where they lead end nothing."""
    return _page(_named(token), is_done=False)


@blueprint.post(f"{PATH}<token>")
def end(token: str) -> Response:
    """Ends it, whoever asks: a person by the page, or a mail program with one click (RFC 8058)."""
    one = _named(token)
    mail().subscriptions.end(one)
    return _page(one, is_done=True)


def _named(token: str) -> Subscription:
    found = mail().links.subscription(token)
    return found or abort(404, N_("this link is not complete; copy all of it from the mail"))


def _page(one: Subscription, is_done: bool) -> Response:
    is_done = is_done or not mail().subscriptions.is_wanted(one)
    return make_response(render_template("mail/unsubscribe.html", one=one, is_done=is_done))
