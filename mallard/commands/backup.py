"""`mallard backup` and `mallard restore`: everything in one archive, and back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mallard.commands.settings import config_option, settings_for_command
from mallard.model import MallardError


@click.command()
@click.argument("destination", metavar="DEST")
@click.option("--force", is_flag=True, help="Overwrite DEST if it is there.")
@click.option(
    "--with-salt",
    is_flag=True,
    help="Take the running salt of visitor ids along, so that whoever has been counted already is"
    " not counted again after a restore; who has the archive then can trace these ids back.",
)
@config_option
def backup(destination: str, force: bool, with_salt: bool, config: Path | None) -> None:
    """Write everything accepted so far to the archive DEST (.tar, .tar.gz, or - for stdout).

    The server may run meanwhile. Keep the archive as safe as the data: the secret, the password's
    hash and the keys' hashes are in it.
    """
    from mallard.commands.output import STANDARD_OUTPUT, write_out
    from mallard.commands.reach import reached

    settings = settings_for_command(config)
    with reached(settings) as instance:
        is_inside = Path(destination).resolve().is_relative_to(settings.data_dir.resolve())
        if destination != STANDARD_OUTPUT and is_inside:
            raise MallardError(f"{destination} is in the data directory; keep backups elsewhere")
        size = write_out(destination, instance.backup(with_salt), force)
    click.echo(f"{destination}: {size / 1e6:,.1f} MB backed up", err=True)


@click.command()
@click.argument("archive", metavar="ARCHIVE")
@click.option("--force", is_flag=True, help="Replace what the data directory holds.")
@config_option
def restore(archive: str, force: bool, config: Path | None) -> None:
    """Make the data directory what ARCHIVE (- for stdin) holds. The server must be stopped.

    The archive is unpacked and checked beside the directory first; a damaged one changes nothing.
    """
    from mallard.commands.output import STANDARD_OUTPUT
    from mallard.commands.reach import in_one_line
    from mallard.transfer.restoring import restore as run

    settings = settings_for_command(config)
    with in_one_line():
        if archive == STANDARD_OUTPUT:
            count = run(sys.stdin.buffer, settings.data_dir, force)
        else:
            with open(archive, "rb") as file:
                count = run(file, settings.data_dir, force)
    click.echo(f"{settings.data_dir}: restored {count:,} files", err=True)
