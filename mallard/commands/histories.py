"""What `mallard import` makes of the files that it is given, and what would come of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import click

from mallard.app import utc_now
from mallard.assembly.judging import make_judge
from mallard.commands.complaints import Complaints
from mallard.commands.imported_days import try_out_days
from mallard.commands.reach import in_one_line
from mallard.config import Settings
from mallard.model import Period
from mallard.register.files import Files
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.reports.query import is_site_id
from mallard.transfer.day_figures.bringing import DayJob
from mallard.transfer.finding import found_in
from mallard.transfer.histories.opening import Job
from mallard.transfer.histories.told import Told
from mallard.transfer.previewing import preview
from mallard.transfer.sources import Unreadable
from mallard.transfer.telling import tell_preview


def found_jobs(
    files: Sequence[Path],
    product: str | None,
    site_id: str | None,
    settings: Settings,
    is_trial: bool,
) -> list[Job | DayJob | Unreadable]:
    """What is to be imported, in order; an Unreadable for a file that cannot be."""
    if site_id is not None and not is_site_id(site_id):
        raise click.BadParameter("letters, digits and . - _ : only", param_hint="--site")
    with in_one_line():
        register = Files(settings.data_dir)
        sites = Sites(register, TheInstance(register).default_zone)
    websites = settings.umami.websites if settings.umami else {}
    told = Told(
        sites.site_behind(site_id) if site_id else None,
        {key.lower(): site for key, site in websites.items()},
        sites,
        cache(lambda: make_judge(settings, sites, utc_now, is_trial)),
    )
    return found_in(files, product, told)


def within(
    wanted: Sequence[Job | DayJob | Unreadable], period: Period
) -> list[Job | DayJob | Unreadable]:
    """The same, of these days alone."""
    return [job if isinstance(job, Unreadable) else job.within(period) for job in wanted]


def try_out(job: Job | DayJob) -> int:
    """Says what of a file would come in; how many of its rows are bad. Raises Unreadable."""
    if isinstance(job, DayJob):
        return try_out_days(job)
    with job.opened() as (source, _):
        complaints = Complaints(job.path, source.unit)
        try:
            seen = preview(source, utc_now(), complaints.add)
        finally:
            complaints.conclude()
    for line in tell_preview(seen, job.lacks):
        click.echo(f"{job.path}: {line}")
    return seen.bad
