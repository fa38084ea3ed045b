"""`mallard export`: a site's events to a file or to standard output."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from mallard.commands.days import end_option, period_of, start_option
from mallard.commands.settings import config_option, settings_for_command

FORMATS = ("csv", "jsonl", "parquet")


@click.command()
@click.argument("site_id", metavar="SITE")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="As the end of the file's name says, else csv.",
)
@click.option("--output", "-o", default="-", show_default=True, help="A file, or - for stdout.")
@click.option("--days", is_flag=True, help="The imported figures of days, instead of events.")
@start_option
@end_option
@config_option
def export(
    site_id: str,
    form: str | None,
    output: str,
    days: bool,
    start: datetime | None,
    end: datetime | None,
    config: Path | None,
) -> None:
    """Write every event of SITE, oldest first, with all its columns.

    `mallard import` reads the file again; a name that ends in .gz packs it.
    """
    from mallard.commands.output import write_out
    from mallard.commands.reach import reached
    from mallard.reports.query import is_site_id
    from mallard.transfer.exporting import Wanted
    from mallard.transfer.formats import Format, format_of

    if not is_site_id(site_id):
        raise click.BadParameter("letters, digits and . - _ : only", param_hint="SITE")
    period = period_of(start, end)
    chosen = Format(form) if form else format_of(output) or Format.CSV
    settings = settings_for_command(config)
    with reached(settings) as instance:
        written = instance.export_days if days else instance.export
        write_out(output, written(Wanted(site_id, period, chosen)), force=True)
