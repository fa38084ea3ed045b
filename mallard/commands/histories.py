"""What `mallard import` makes of the files that it is given, and what would come of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import click

from mallard.app import utc_now
from mallard.assembly.judging import make_judge
from mallard.commands.complaints import Complaints, counted, left_out_in_words
from mallard.commands.reach import in_one_line
from mallard.config import Settings
from mallard.model import Period
from mallard.register.files import Files
from mallard.register.sites import Sites
from mallard.reports.query import is_site_id
from mallard.transfer.histories.kinds import Product
from mallard.transfer.histories.opening import Job, jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.previewing import preview
from mallard.transfer.sources import Unreadable
from mallard.transfer.within import opened_within


def found_jobs(
    files: Sequence[Path],
    product: str | None,
    site_id: str | None,
    settings: Settings,
    is_trial: bool,
) -> list[Job | Unreadable]:
    """What is to be imported, in order; an Unreadable for a file that cannot be."""
    if site_id is not None and not is_site_id(site_id):
        raise click.BadParameter("letters, digits and . - _ : only", param_hint="--site")
    with in_one_line():
        sites = Sites(Files(settings.data_dir))
    websites = settings.umami.websites if settings.umami else {}
    told = Told(
        sites.site_behind(site_id) if site_id else None,
        {key.lower(): site for key, site in websites.items()},
        sites,
        cache(lambda: make_judge(settings, sites, utc_now, is_trial)),
    )
    return jobs(files, Product(product) if product else None, told)


def within(wanted: Sequence[Job | Unreadable], period: Period) -> list[Job | Unreadable]:
    """The same, of these days alone."""
    return [
        Job(job.path, partial(opened_within, job.opened, period)) if isinstance(job, Job) else job
        for job in wanted
    ]


def try_out(job: Job) -> int:
    """Says what of a file would come in; how many of its rows are bad. Raises Unreadable."""
    with job.opened() as (source, _):
        complaints = Complaints(job.path, source.unit)
        try:
            seen = preview(source, utc_now(), complaints.add)
        finally:
            complaints.conclude()
    for site_id, share in sorted(seen.sites.items()):
        first, last = min(share.days), max(share.days)
        days = counted(len(share.days), "day")
        click.echo(
            f"{job.path}: {counted(share.events, 'event')} of {site_id}, {first} to {last}, {days}"
        )
    words = [f"{counted(seen.events, 'event')} would come in"]
    if seen.bad:
        words.append(f"{counted(seen.bad, 'bad row')} left out")
    click.echo(f"{job.path}: {', '.join([*words, *left_out_in_words(seen.left_out)])}")
    return seen.bad
