"""`mallard export`: a site's events to a file or to standard output."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from mallard.commands.settings import config_option, settings_for_command

FORMATS = ("csv", "jsonl", "parquet")

day = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("site_id", metavar="SITE")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="As the end of the file's name says, else csv.",
)
@click.option("--output", "-o", default="-", show_default=True, help="A file, or - for stdout.")
@click.option("--start", type=day, help="First day, UTC.")
@click.option("--end", type=day, help="The day after the last one, UTC.")
@config_option
def export(
    site_id: str,
    form: str | None,
    output: str,
    start: datetime | None,
    end: datetime | None,
    config: Path | None,
) -> None:
    """Write every event of SITE, oldest first, with all its columns.

    `mallard import` reads the file again; a name that ends in .gz packs it.
    """
    from mallard.commands.output import write_out
    from mallard.commands.reach import reached
    from mallard.model import Period
    from mallard.reports.query import ALL_TIME, is_site_id
    from mallard.transfer.exporting import Wanted
    from mallard.transfer.formats import Format, format_of

    if not is_site_id(site_id):
        raise click.BadParameter("letters, digits and . - _ : only", param_hint="SITE")
    period = Period(_day(start) or ALL_TIME.start, _day(end) or ALL_TIME.end)
    if period.end < period.start:
        raise click.BadParameter("the end is before the start", param_hint="--end")
    chosen = Format(form) if form else format_of(output) or Format.CSV
    settings = settings_for_command(config)
    with reached(settings) as instance:
        write_out(output, instance.export(Wanted(site_id, period, chosen)), force=True)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
