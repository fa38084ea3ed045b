"""The parts of a document that say who is told what: reports by mail, and alerts."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from mallard.mail_addresses import check_mail_address
from mallard.register.checking import check_each, check_name, check_no_repeats
from mallard.register.part import LONGEST_NAME, Name, Part
from mallard.texts.said import said

MOST_RECIPIENTS = 50
MOST_HOURS = 720

Recipients = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=254)], ...],
    Meta(max_length=MOST_RECIPIENTS, description="Addresses of mail."),
]


Webhook = Annotated[str, Meta(max_length=2048, description="An address that it is posted to.")]
Form = Annotated[
    Literal["json", "slack", "mattermost"],
    Meta(description="In which it is posted: signed JSON, or a text for a chat."),
]


class Report(Part, frozen=True):
    """The figures of each week, Monday to Sunday, or of each month, by mail."""

    every: Literal["week", "month"]
    to: Recipients

    def __post_init__(self) -> None:
        """Raises ValueError where nobody is named, or somebody who cannot get mail."""
        if not self.to:
            raise ValueError(said("a report needs somebody to go to"))
        check_recipients(self.to)


class Alert(Part, frozen=True):
    """What somebody wants to be told of as soon as it happens.

    `spike` and `drop` are more and fewer visitors in an hour than is usual for this hour of this
    weekday; `goal` is one of the site's goals, reached so many `times` on a day; `silence` is that
    no event has come for so many `hours`.
    """

    name: Name
    on: Literal["spike", "drop", "goal", "silence"]
    goal: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    times: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0
    hours: Annotated[int, Meta(ge=0, le=MOST_HOURS)] = 0
    to: Recipients = ()
    webhook: Webhook = ""
    form: Form = "json"

    def __post_init__(self) -> None:
        """Raises ValueError where something is missing, or nobody is told."""
        check_name(self.name)
        if (self.on == "goal") != bool(self.goal) or (self.on == "goal") != bool(self.times):
            raise ValueError(
                said("goal and times are needed for an alert on a goal, and for no other")
            )
        if (self.on == "silence") != bool(self.hours):
            raise ValueError(said("hours are needed for an alert on silence, and for no other"))
        check_told(self.to, self.webhook)


class InstanceAlert(Part, frozen=True):
    """What whoever runs the instance wants to be told of.

    `disk` is that less than so many percent of the disk with the data directory are free, and
    `degraded` that `/health/detailed` says so.
    """

    name: Name
    on: Literal["disk", "degraded"]
    free_percent: Annotated[int, Meta(ge=1, le=99)] = 10
    to: Recipients = ()
    webhook: Webhook = ""
    form: Form = "json"

    def __post_init__(self) -> None:
        """Raises ValueError where nobody is told."""
        check_name(self.name)
        check_told(self.to, self.webhook)


AnyAlert = Alert | InstanceAlert


def check_told(to: tuple[str, ...], webhook: str) -> None:
    """That somebody is told, who can be."""
    if not to and not webhook:
        raise ValueError(said("an alert needs somebody to tell: to, or webhook"))
    check_recipients(to)
    if webhook:
        check_webhook(webhook)


def check_webhook(url: str) -> None:
    """That something can be posted there, and nothing else stands in it."""
    parts = urlsplit(url)
    is_plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise ValueError(
            said(
                "webhook: %(url)s is no address as https://host/path; hosts go as xn--",
                url=repr(url),
            )
        )
    if parts.port == 0 or parts.fragment:
        raise ValueError(said("webhook: no port 0, and nothing behind a #"))


def check_recipients(to: tuple[str, ...]) -> None:
    """That these are addresses of mail, each there once."""
    check_each(said("to"), to, check_mail_address)
    check_no_repeats(said("to"), to)
