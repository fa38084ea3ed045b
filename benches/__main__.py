"""`python -m benches [NAME ...]` runs benchmarks, all when none is named, and prints figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from benches import (
    batches,
    behaviour,
    dashboard,
    day,
    decided,
    disk,
    filtered,
    ingest,
    inside,
    machine,
    memory,
    moving,
    portal,
    scale,
    start,
    transfer,
    views,
)
from benches.answers import BenchFailed
from benches.figures import Figure, table
from benches.sizes import CLIENTS, Size
from mallard import logs

BENCHES: Mapping[str, Callable[[Size], list[Figure]]] = {
    "ingest": ingest.run,
    "batches": batches.run,
    "inside": inside.run,
    "disk": disk.run,
    "memory": memory.run,
    "views": views.run,
    "scale": scale.run,
    "start": start.run,
    "day": day.run,
    "filtered": filtered.run,
    "decided": decided.run,
    "behaviour": behaviour.run,
    "transfer": transfer.run,
    "moving": moving.run,
    "dashboard": dashboard.run,
    "portal": portal.run,
}
USUAL = Size()


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)), metavar="[NAME]...")
@click.option("--seconds", default=USUAL.seconds, show_default=True, help="Of one round.")
@click.option("--rounds", default=USUAL.rounds, show_default=True, help="Medians are of these.")
@click.option(
    "--events", default=USUAL.events, show_default=True, help="For disk, memory and dashboard."
)
@click.option("--connections", default=USUAL.connections, show_default=True, help="Kept alive.")
@click.option("--stored", default=USUAL.stored, show_default=True, help="Laid down as files.")
@click.option("--days", default=USUAL.days, show_default=True, help="Of a month.")
@click.option("--client", default=USUAL.client, show_default=True, type=click.Choice(CLIENTS))
def main(
    names: tuple[str, ...],
    seconds: float,
    rounds: int,
    events: int,
    connections: int,
    stored: int,
    days: int,
    client: str,
) -> None:
    """Run benchmarks, all or those named, and print their figures as Markdown."""
    logs.configure("text", "warning")
    size = Size(seconds, rounds, events, connections, client, stored, days)
    click.echo("\n".join(f"- {line}" for line in machine.described()))
    for name in names or BENCHES:
        click.echo(f"\n## {name}\n\n- load before: {machine.load()}\n")
        try:
            click.echo(table(BENCHES[name](size)))
        except BenchFailed as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"\n- load after: {machine.load()}")


if __name__ == "__main__":
    main(prog_name="python -m benches")
