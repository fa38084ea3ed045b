"""`mallard compact`: one Parquet file for each day that is over."""

from __future__ import annotations

from pathlib import Path

import click

from mallard.commands.settings import config_option, settings_for_command


@click.command()
@config_option
def compact(config: Path | None) -> None:
    """Make one Parquet file of each day that is over.

    A running server does so by itself, and may run meanwhile.
    """
    from mallard.commands.reach import reached

    with reached(settings_for_command(config)) as instance:
        days = instance.compact()
    click.echo(f"{days:,} {'day' if days == 1 else 'days'} compacted", err=True)
