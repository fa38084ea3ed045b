"""Sends single mails at once, for those who wait for the answer: a test, an invitation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from mallard.config import Smtp
from mallard.mail.letters import Letter, message_of
from mallard.mail.smtp import connected, sender_of
from mallard.texts.catalogue import N_, _
from mallard.texts.language import ENGLISH, told_in

TEST = (
    N_("This is the test mail that you have asked Mallard for."),
    N_("Mail works: reports, alerts and invitations can be sent."),
)
INVITATION = (
    N_("Hello %(name)s,"),
    N_("you are invited to look at the figures of Mallard. This link lets you in, once:"),
    "%(link)s",
    N_(
        "Anyone who has it can use it, so keep it to yourself. If you do not know what this is"
        " about, leave it alone: nothing will happen."
    ),
)


class Office:
    """Sends mails one by one."""

    def __init__(
        self, settings: Smtp, clock: Callable[[], datetime], language: str = ENGLISH
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._language = language

    def test(self, to: str) -> None:
        """Sends a mail that says that mail works. Raises NotSent, ValueError."""
        with told_in(self._language):
            letter = Letter(to, _("A test mail from Mallard"), _paragraphs(TEST))
        self.send(letter)

    def invite(self, address: str, name: str, link: str) -> None:
        """Sends somebody the link of an invitation. Raises NotSent, ValueError."""
        with told_in(self._language):
            text = _paragraphs(INVITATION, name=name, link=link)
            letter = Letter(address, _("You are invited to Mallard"), text)
        self.send(letter)

    def send(self, letter: Letter) -> None:
        """Returns when the server has taken it. Raises NotSent, ValueError."""
        sender = sender_of(self._settings)
        message = message_of(letter, sender, secrets.token_hex(16), self._clock())
        with connected(self._settings) as server:
            server.hand_over(message)


def _paragraphs(texts: Sequence[str], **values: str) -> str:
    """Texts with a blank line between them; those in `%(link)s` alone are no texts of ours."""
    return "\n\n".join(_(text, **values) for text in texts) + "\n"
