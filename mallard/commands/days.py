"""How commands are told of which days something is to be."""

from __future__ import annotations

from datetime import date, datetime

import click

from mallard.model import Period

_day = click.DateTime(["%Y-%m-%d"])

start_option = click.option("--start", type=_day, help="First day, UTC.")
end_option = click.option("--end", type=_day, help="The day after the last one, UTC.")


def period_of(start: datetime | None, end: datetime | None) -> Period:
    """The days from `start` on and before `end`; all where neither is given."""
    period = Period(start.date() if start else date.min, end.date() if end else date.max)
    if period.end < period.start:
        raise click.BadParameter("the end is before the start", param_hint="--end")
    return period
