"""What a mail says, and the message that is made of it; no text can become a header of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mallard.mail_addresses import check_mail_address

_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one address; each recipient gets one of their own, and knows of no other."""

    to: str
    subject: str
    text: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name mail goes."""

    name: str
    address: str

    @property
    def host(self) -> str:
        """The host of the address."""
        return self.address.rpartition("@")[2]


def message_of(letter: Letter, sender: Sender, name: str, at: datetime) -> EmailMessage:
    """The message; its `name` is one for each mail, the same however often it is tried.

    Raises ValueError where the recipient is no address.
    """
    message = EmailMessage(policy=SMTP)
    local, _, host = sender.address.rpartition("@")
    message["From"] = Address(in_one_line(sender.name), local, host)
    message["To"] = check_mail_address(letter.to)
    message["Subject"] = in_one_line(letter.subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{name}@{sender.host}>"
    # Says to programs that answer by themselves that nobody waits for it: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    for key, value in letter.headers.items():
        message[key] = in_one_line(value)
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message


def in_one_line(text: str) -> str:
    """The text without what would end a line, or cannot be seen."""
    return _NOT_IN_A_LINE.sub(" ", text).strip()
