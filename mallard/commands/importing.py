"""`mallard import`: events from files into the data."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mallard.commands.figures import work_out_figures
from mallard.commands.settings import config_option, settings_for_command

if TYPE_CHECKING:
    from mallard.transfer.importing import Outcome
    from mallard.transfer.instance import Instance
    from mallard.transfer.sources import Source

MOST_REPORTED = 20
SOME_ROWS_BAD = 1
NOTHING_READ = 2


@click.command("import")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--again", is_flag=True, help="Take in what is no longer there of a file, too.")
@config_option
@click.pass_context
def import_(ctx: click.Context, files: tuple[Path, ...], again: bool, config: Path | None) -> None:
    """Add the events of FILE... (.csv, .csv.gz, .jsonl, .jsonl.gz, .parquet).

    Columns are those that `mallard export` writes. A file counts once, however often it is
    imported; an import that was cut short goes on where it ended. Bad rows are left out.

    The exit code is 1 when there were bad rows, and 2 when no file could be read.
    """
    from mallard.commands.reach import reached
    from mallard.transfer.sources import Unreadable

    settings = settings_for_command(config)
    read, bad = 0, 0
    with reached(settings, may_be_absent=True) as instance:
        for path in files:
            try:
                bad += _import(path, instance, again)
                read += 1
            except Unreadable as error:
                click.echo(f"Error: {error}", err=True)
                bad += 1
        if read:
            work_out_figures(instance)
    ctx.exit(NOTHING_READ if not read else SOME_ROWS_BAD if bad else 0)


@dataclass(slots=True)
class _Complaints:
    """Prints the first bad rows of a file and counts the rest."""

    path: Path
    unit: str
    count: int = 0

    def add(self, number: int, reason: str) -> None:
        self.count += 1
        if self.count <= MOST_REPORTED:
            click.echo(f"{self.path}, {self.unit} {number}: {reason}", err=True)

    def conclude(self) -> None:
        if self.count > MOST_REPORTED:
            click.echo(f"{self.path}: {self.count - MOST_REPORTED:,} more like these", err=True)


def _import(path: Path, instance: Instance, again: bool) -> int:
    """Imports a file and says what became of it; how many of its rows are bad."""
    from mallard.transfer.sources import opened

    with opened(path) as (source, sha256):
        if again:
            instance.import_again(sha256)
        complaints = _Complaints(path, source.unit)
        try:
            outcome = _with_a_bar(path, source, sha256, instance, complaints)
        finally:
            complaints.conclude()
    if source.unknown:
        names = ", ".join(sorted(source.unknown)[:MOST_REPORTED])
        click.echo(f"{path}: ignored what is no column of ours: {names}", err=True)
    click.echo(f"{path}: {_in_words(outcome)}")
    return outcome.bad


def _with_a_bar(
    path: Path, source: Source, sha256: str, instance: Instance, complaints: _Complaints
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


def _in_words(outcome: Outcome) -> str:
    words = [f"{_counted(outcome.stored, 'event')} imported"]
    if outcome.before:
        words.append(f"{_counted(outcome.before, 'row')} done before")
    if outcome.bad:
        words.append(f"{_counted(outcome.bad, 'bad row')} left out")
    return ", ".join(words)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
