"""A server that takes mail, for tests: what it took, and how it can be made to fail."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from mallard.config import Smtp
from tests.waiting import PATIENCE_SECS


@dataclass
class Postbox:
    """What has come, and what is to be answered instead."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    answer: Callable[[str], str] = lambda _: "250 OK"
    """To a whole message, by its recipient."""
    sees: Callable[[EmailMessage], None] = lambda _: None
    """Is told of each message that is taken, before that is answered."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answer(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            content: Any = envelope.content
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            self.recipients += envelope.rcpt_tos
            self.greetings.append(str(session.host_name))
            self.was_encrypted.append(_is_encrypted(server.transport))
            self.sees(message)
        return answer

    def login(self, server: SMTP, session: Session, envelope: Any, way: str, told: Any) -> Any:
        self.logins.append((told.login.decode(), told.password.decode()))
        return AuthResult(success=told.password == b"open sesame", handled=False)

    def settings(self, **changes: Any) -> Smtp:
        """The settings that lead here."""
        usual: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "security": "none"}
        return Smtp(**usual | {"sender": "Ducks <stats@pond.example>"} | changes)


def _is_encrypted(transport: Any) -> bool:
    return transport.get_extra_info("sslcontext") is not None


class _Controller(Controller):
    """Reports a port of the system's choice."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def postbox(
    certificate: ssl.SSLContext | None = None, is_tls: bool = False, **options: Any
) -> Iterator[Postbox]:
    """A server on this machine; with a certificate it speaks STARTTLS, or TLS from the start."""
    box = Postbox()
    how = {"ssl_context" if is_tls else "tls_context": certificate} if certificate else {}
    controller = _Controller(
        box,
        hostname="127.0.0.1",
        port=0,
        ready_timeout=PATIENCE_SECS,
        authenticator=box.login,
        auth_require_tls=certificate is not None and not is_tls,
        **how | options,
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
