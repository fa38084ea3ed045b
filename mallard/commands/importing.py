"""`mallard import`: events from files into the data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mallard.commands.complaints import MOST_REPORTED, Complaints
from mallard.commands.days import end_option, period_of, start_option
from mallard.commands.figures import work_out_figures
from mallard.commands.settings import config_option, settings_for_command

if TYPE_CHECKING:
    from mallard.config import Settings
    from mallard.transfer.day_figures.bringing import DayJob
    from mallard.transfer.histories.opening import Job
    from mallard.transfer.importing import Outcome
    from mallard.transfer.instance import Instance
    from mallard.transfer.sources import Source, Unreadable

    Wanted = Sequence[Job | DayJob | Unreadable]

PRODUCTS = (
    "goatcounter",
    "umami",
    "plausible",
    "matomo",
    "simple-analytics",
    "ga4-bigquery",
    "combined",
    "caddy",
    "cloudfront",
)
"""Those of `transfer/histories/kinds`, which other commands need not load."""
DAY_PRODUCTS = ("plausible-zip", "goatcounter-json", "ga4-csv", "fathom-lite", "mallard-days")
"""Those of `transfer/day_figures/kinds`."""
SOME_ROWS_BAD = 1
NOTHING_READ = 2


@click.command("import")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--from",
    "product",
    type=click.Choice((*PRODUCTS, *DAY_PRODUCTS)),
    help="What the files are of, where their content does not tell.",
)
@click.option("--site", "site_id", metavar="SITE", help="The site that all rows are of.")
@start_option
@end_option
@click.option("--dry-run", is_flag=True, help="Only say what would come in.")
@click.option("--again", is_flag=True, help="Take in what is no longer there of a file, too.")
@config_option
@click.pass_context
def import_(
    ctx: click.Context,
    files: tuple[Path, ...],
    product: str | None,
    site_id: str | None,
    start: datetime | None,
    end: datetime | None,
    dry_run: bool,
    again: bool,
    config: Path | None,
) -> None:
    """Add the events of FILE... to the data.

    They are what `mallard export` writes (.csv, .csv.gz, .jsonl, .jsonl.gz, .parquet), or the
    history of another product, packed by gzip or not. A file counts once, however often it is
    imported; an import that was cut short goes on where it ended. Bad rows are left out.

    Of products that export no events, figures of days come in; they count on days without events.

    The exit code is 1 when there were bad rows, and 2 when no file could be read.
    """
    from mallard.commands.histories import found_jobs, within

    settings = settings_for_command(config)
    wanted = found_jobs(files, product, site_id, settings, dry_run)
    if start or end:
        wanted = within(wanted, period_of(start, end))
    read, bad = _tried(wanted) if dry_run else _imported(wanted, settings, again)
    ctx.exit(NOTHING_READ if not read else SOME_ROWS_BAD if bad else 0)


def _imported(wanted: Wanted, settings: Settings, again: bool) -> tuple[int, int]:
    """How many files were read, and how many rows and files were bad."""
    from mallard.commands.reach import reached

    with reached(settings, may_be_absent=True) as instance:
        with instance.frugally():
            read, bad = _each(wanted, lambda job: _import(job, instance, again))
        if read:
            work_out_figures(instance)
    return read, bad


def _tried(wanted: Wanted) -> tuple[int, int]:
    """As `_imported`, with nothing stored."""
    from mallard.commands.histories import try_out
    from mallard.commands.reach import in_one_line

    with in_one_line():
        return _each(wanted, try_out)


def _each(wanted: Wanted, take: Callable[[Job | DayJob], int]) -> tuple[int, int]:
    from mallard.transfer.sources import Unreadable

    read, bad = 0, 0
    for job in wanted:
        try:
            if isinstance(job, Unreadable):
                raise job
            bad += take(job)
            read += 1
        except Unreadable as error:
            click.echo(f"Error: {error}", err=True)
            bad += 1
    return read, bad


def _import(job: Job | DayJob, instance: Instance, again: bool) -> int:
    """Imports a file and says what became of it; how many of its rows are bad."""
    from mallard.commands.imported_days import import_days
    from mallard.transfer.histories.opening import Job
    from mallard.transfer.telling import tell_outcome

    if not isinstance(job, Job):
        return import_days(job, instance, again)
    path = job.path
    with job.opened() as (source, sha256):
        if again:
            instance.import_again(sha256)
        complaints = Complaints(path, source.unit)
        try:
            outcome = _with_a_bar(path, source, sha256, instance, complaints)
        finally:
            complaints.conclude()
    if source.unknown:
        names = ", ".join(sorted(source.unknown)[:MOST_REPORTED])
        click.echo(f"{path}: ignored what is no column of ours: {names}", err=True)
    click.echo(f"{path}: {tell_outcome(outcome)}")
    return outcome.bad


def _with_a_bar(
    path: Path, source: Source, sha256: str, instance: Instance, complaints: Complaints
) -> Outcome:
    from mallard.app import utc_now
    from mallard.transfer.importing import import_source

    label = f"Importing {path.name}"
    is_watched = sys.stderr.isatty()
    with click.progressbar(
        length=source.length, label=label, file=sys.stderr, hidden=not is_watched
    ) as bar:
        return import_source(
            source,
            sha256,
            instance,
            utc_now(),
            complaints.add,
            lambda: bar.update(source.position() - bar.pos),
        )
