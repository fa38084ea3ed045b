"""All of mail: made once where the settings have `[smtp]`, and run beside the requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from mallard.config import Settings, Smtp
from mallard.mail.carrying import ByMail
from mallard.mail.office import Office
from mallard.mail.subscribing import Subscriptions
from mallard.mail.unsubscribing import Links
from mallard.mail.writing import Writer
from mallard.notices.book import Notice
from mallard.notices.delivering import Deliveries
from mallard.notices.notebook import Notebook
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk


@dataclass(frozen=True, slots=True)
class Post:
    """The parts of mail."""

    settings: Smtp
    office: Office
    subscriptions: Subscriptions
    links: Links
    writer: Writer
    deliveries: Deliveries
    notebook: Notebook

    def send_now(self, notice: Notice) -> None:
        """Sends the letter of a notice at once. Raises NotSent, and as reports do."""
        letter = self.writer.letter(notice)
        if letter is not None:
            self.office.send(letter)


def make_post(
    settings: Settings,
    smtp: Smtp,
    secret: str,
    notebook: Notebook,
    sites: Sites,
    desk: ReportDesk,
    clock: Callable[[], datetime],
) -> Post:
    """The mail of a Mallard."""
    subscriptions, links = Subscriptions(sites, notebook, clock), Links(secret)

    address = partial(notebook.reached_at, settings.public_address)
    writer = Writer(sites, desk, links, subscriptions, address, settings.language)
    by_mail = ByMail(smtp, writer.letter, clock)
    return Post(
        smtp,
        Office(smtp, clock, settings.language),
        subscriptions,
        links,
        writer,
        Deliveries(notebook, "mail", by_mail, clock),
        notebook,
    )
