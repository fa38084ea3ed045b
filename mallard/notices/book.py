"""The document: what was told last, what waits to be sent, and what could not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

MOST_WAITING = 10_000
MOST_TROUBLES = 20

Every = Literal["week", "month"]
By = Literal["mail", "webhook"]
Form = Literal["json", "slack", "mattermost"]


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the document."""


class ReportOf(Kept, frozen=True, tag="report"):
    """The report of a site about the week or month that ended before a day."""

    site: str
    every: Every
    ended: date


class Alarm(Kept, frozen=True, tag="alert"):
    """That an alert has fired, and why; of no site where it is the instance's."""

    alert: str
    on: str
    site: str
    at: datetime
    text: str
    figures: dict[str, int | float | str]


class Notice(Kept, frozen=True, kw_only=True):
    """Something to tell somebody."""

    id: str
    """The same however often it is tried, so that whoever gets it twice can tell."""
    by: By
    to: str
    """An address of mail, or that of a webhook."""
    form: Form = "json"
    """In which a webhook takes it."""
    content: ReportOf | Alarm
    made: datetime
    tries: int = 0
    next_try: datetime


class Trouble(Kept, frozen=True):
    """What was given up."""

    at: datetime
    to: str
    what: str
    why: str


class Book(Kept, frozen=True):
    """The document."""

    reports: Mapping[str, date] = {}
    """For each site, rhythm and recipient the end of the days that were last told of."""
    fired: Mapping[str, datetime] = {}
    """Since when each alert is quiet because it has fired and has not cleared."""
    queue: tuple[Notice, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    address: str = ""
    """Where an Admin last reached this Mallard; links lead there if the settings say nothing."""
