"""What `mallard import` does with figures of days."""

from __future__ import annotations

import click

from mallard.app import utc_now
from mallard.commands.complaints import Complaints
from mallard.transfer.day_figures.bringing import DayJob, bring_in
from mallard.transfer.instance import Instance
from mallard.transfer.telling import tell_brought, tell_made


def try_out_days(job: DayJob) -> int:
    """Says what would come in; how many rows are bad. Raises Unreadable."""
    complaints = Complaints(job.path, "line")
    with job.made(utc_now(), complaints.add) as made:
        complaints.conclude()
        for line in tell_made(made, job.lacks):
            click.echo(f"{job.path}: {line}")
        return made.bad


def import_days(job: DayJob, instance: Instance, again: bool) -> int:
    """Imports figures of days and says what became of them; how many rows are bad."""
    complaints = Complaints(job.path, "line")
    with job.made(utc_now(), complaints.add) as made:
        complaints.conclude()
        brought = bring_in(made, job.known_by(), instance, again)
        click.echo(f"{job.path}: {tell_brought(brought, made)}")
        return made.bad
