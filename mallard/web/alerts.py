"""Tests an alert, whoever asks: a program or a form; and tells which have fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from flask import abort
from msgspec import Meta

from mallard.register.told import AnyAlert
from mallard.texts.catalogue import N_
from mallard.web.state import parts

if TYPE_CHECKING:
    from mallard.alerts.alerts import Tried

A = TypeVar("A", bound=AnyAlert)
NO_SITE = ""
"""Stands for the instance itself."""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert, and whether it is quiet because it has fired."""

    name: str
    on: str
    fired: Annotated[
        datetime | None, Meta(description="Since when it holds; null where it does not.")
    ]


def alert_rows(site_id: str) -> list[AlertRow]:
    """The alerts of a site, in the order of its document; of the instance for no site."""
    found = parts().alerts().watch.fired(site_id)
    return [AlertRow(one.alert.name, one.alert.on, since) for one, since in found]


def at_place(alerts: Sequence[A], place: str) -> A:
    """The alert at a place that an address names; aborts with 404 where there is none."""
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 9 else len(alerts)
    return alerts[at] if at < len(alerts) else abort(404, N_("there is no such alert"))


def test_alert(site_id: str, name: str) -> list[Tried] | None:
    """What became of a test, for each who is told; None where there is no alert of that name."""
    for one, _ in parts().alerts().watch.fired(site_id):
        if one.alert.name == name:
            return list(parts().alerts().test(one))
    return None
