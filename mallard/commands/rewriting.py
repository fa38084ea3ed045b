"""`mallard rewrite-paths`: what is stored, by the path rules of the present."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mallard.commands.settings import config_option, settings_for_command

if TYPE_CHECKING:
    from mallard.store.upkeep.rewriting import Rewritten


@click.command("rewrite-paths")
@click.argument("site_id", metavar="SITE")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; else it is only told.")
@config_option
def rewrite_paths(site_id: str, is_applied: bool, config: Path | None) -> None:
    """Make of SITE's stored paths what its path rules make of new ones.

    Without --apply nothing is changed, and the commonest changes are listed. Parameters of queries
    were never stored, so they cannot be brought back. A server may run meanwhile.
    """
    from mallard.commands.reach import reached

    with reached(settings_for_command(config)) as instance:
        done = instance.rewrite_paths(site_id, is_trial=not is_applied)
    for change in () if is_applied else done.examples:
        click.echo(f"{change.events:>12,}  {change.old} -> {change.new}")
    click.echo(_summary(done, is_applied), err=True)


def _summary(done: Rewritten, is_applied: bool) -> str:
    if not done.events:
        return "Nothing to rewrite."
    what = (
        f"{_counted(done.paths, 'path')} of {_counted(done.events, 'event')}"
        f" on {_counted(done.days, 'day')}"
    )
    if is_applied:
        return f"{what} rewritten."
    return f"{what} would be rewritten, for good; do it with --apply, best after a backup."


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
