"""Hands messages to the server that the settings name."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from mallard.config import Smtp
from mallard.mail.letters import Sender
from mallard.model import MallardError
from mallard.texts.said import said, within

TIMEOUT_SECS = 30
ANSWER_TIMEOUT_SECS = 600
"""For the answer to a whole message, as RFC 5321 (4.5.3.2.6) wants it: who gives up sooner sends
twice what the server was still taking in."""

PERMANENT = range(500, 600)


class NotSent(MallardError):
    """A mail that the server has not taken; the text says why."""


class NotNow(NotSent):
    """It may take it later."""


class Never(NotSent):
    """It will not take it, however often it is tried."""


class Connection:
    """A server that waits for messages."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def hand_over(self, message: EmailMessage) -> None:
        """Returns when the server has taken the message. Raises NotNow, Never."""
        try:
            if self._server.sock is not None:
                self._server.sock.settimeout(ANSWER_TIMEOUT_SECS)
            self._server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refusal(code, text) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(within(said("the connection was lost"), error)) from None


@contextmanager
def connected(settings: Smtp, timeout_secs: float = TIMEOUT_SECS) -> Iterator[Connection]:
    """A connection for any number of messages. Raises NotNow where there is none to be had."""
    server = _opened(settings, timeout_secs)
    try:
        yield Connection(server)
    finally:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def sender_of(settings: Smtp) -> Sender:
    """In whose name mail goes."""
    return Sender(*settings.name_and_address)


def _opened(settings: Smtp, timeout_secs: float) -> smtplib.SMTP:
    where = f"{settings.host}:{settings.port_asked}"
    server = None
    try:
        server = _connection(settings, timeout_secs)
        if settings.user:
            server.login(settings.user, settings.password or "")
        return server
    except (smtplib.SMTPException, OSError) as error:
        if server is not None:
            server.close()
        raise NotNow(within(where, _in_words(error))) from None


def _connection(settings: Smtp, timeout_secs: float) -> smtplib.SMTP:
    host, port = settings.host, settings.port_asked
    # What this machine is called is nobody's business.
    greeting = sender_of(settings).host
    trusted = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, port, greeting, timeout=timeout_secs, context=trusted)
    server = smtplib.SMTP(host, port, greeting, timeout=timeout_secs)
    if settings.security == "starttls":
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _refusal(code: int, text: bytes | str) -> NotSent:
    kind = Never if code in PERMANENT else NotNow
    return kind(said("the server says %(answer)s", answer=f"{code} {_plain(text)}"))


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return said(
            "the server says %(answer)s", answer=f"{error.smtp_code} {_plain(error.smtp_error)}"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return within(said("its certificate is not valid"), error.verify_message)
    return str(error) or type(error).__name__


def _plain(text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(said.split())[:200]
