"""`mallard cluster`: begins a cluster, says how it stands, takes nodes and events in and out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from mallard.commands.reach import in_one_line
from mallard.commands.settings import config_option, settings_for_command
from mallard.model import MallardError

if TYPE_CHECKING:
    from mallard.cluster.adopting import Adopted
    from mallard.cluster.catalog import Catalog, Member
    from mallard.cluster.giving_back import GivenBack
    from mallard.cluster.joining import Applicant

QUIET_SECS = 60
"""A node that has said nothing for longer is told of as silent."""


@click.group()
def cluster() -> None:
    """Several servers that share what they have collected."""


@cluster.command()
@config_option
def init(config: Path | None) -> None:
    """Begin a cluster in the database and the storage that the settings name."""
    with _reached(config) as (applicant, catalog):
        from mallard.cluster.joining import check_that_one_can_begin, found
        from mallard.cluster.lake_process import LakeProcess

        if catalog.agreed() is not None:
            raise MallardError("cluster.catalog: there is a cluster in this database already")
        # The lake keeps for good which storage it is told first.
        check_that_one_can_begin(applicant, catalog)
        with closing(LakeProcess(applicant.beginning)) as lake:
            lake.prepare()
        found(applicant, catalog)
    click.echo("The cluster is there; start its nodes.", err=True)


@cluster.command()
@config_option
def status(config: Path | None) -> None:
    """Print the nodes, how far each has come, and what the storage holds."""
    with _reached(config) as (_, catalog):
        if catalog.agreed() is None:
            raise MallardError("cluster.catalog: there is no cluster in this database yet")
        from mallard.cluster import erasures

        newest, totals, erased = catalog.newest(), catalog.totals(), erasures.newest(catalog)
        for member in catalog.members():
            click.echo(_line(member, newest, erased))
        click.echo(f"storage: {totals['batches']:,} batches in {totals['files']:,} files")
        if totals["unused"]:
            click.echo(f"storage: {totals['unused']:,} files were announced and not added (yet)")


@cluster.command()
@config_option
@click.option("--lost", metavar="NODE", help="Another node, whose data directory is gone.")
def leave(config: Path | None, lost: str | None) -> None:
    """Take this node out, once all that it has collected is in the cluster.

    It must be stopped. Its data directory then is that of a server alone, with all events that it
    has taken in so far. What a lost node had not handed over is lost with it.
    """
    with _reached(config) as (applicant, catalog):
        if lost is not None:
            if not catalog.dismiss(lost):
                raise MallardError(f"--lost: no node is called {lost}")
            click.echo(f"{lost} is not awaited any more.", err=True)
            return
        from mallard.cluster.leaving import leave as give_up

        give_up(applicant, catalog)
    click.echo("The node has left; its directory is that of a server alone.", err=True)


@cluster.command()
@config_option
def adopt(config: Path | None) -> None:
    """Take over the events of this data directory, that of a server that was alone so far.

    The server must be stopped. Whatever ends this, run it again; then start the node.
    """
    with _reached(config) as (applicant, catalog):
        from mallard import app
        from mallard.cluster import adopting
        from mallard.cluster.lake_process import LakeProcess
        from mallard.cluster.membership import membership

        settings = applicant.settings
        if adopting.is_taken_over(applicant):
            click.echo(f"{settings.data_dir} has been taken over; start the node.", err=True)
            return
        # Alone, it moves all that it has to files, and nothing of its journal is left.
        is_begun = membership(settings.data_dir) is not None
        opened = settings if is_begun else replace(settings, cluster=None)
        with app.offline(opened, app.utc_now) as mallard:
            mallard.flusher.roll()
            with closing(LakeProcess(applicant.beginning)) as lake:
                done = adopting.adopt(applicant, catalog, mallard.store, lake)
    click.echo(f"{_counts(done)}, are in the cluster; start the node.", err=True)


@cluster.command()
@click.argument("directory", type=click.Path(path_type=Path))
@config_option
def export(directory: Path, config: Path | None) -> None:
    """Write what the shared files have to DIRECTORY, as the data directory of a server alone.

    With what is decided about sites, access and people. Whatever ends this, run it again. Nodes may
    run meanwhile; what they have not handed over is not in it.
    """
    with _reached(config) as (applicant, catalog):
        from mallard import app
        from mallard.cluster.documents import Documents, write_down
        from mallard.cluster.giving_back import give_back
        from mallard.cluster.joining import check
        from mallard.register.files import Files

        check(applicant, catalog, None)
        if directory.exists():
            raise MallardError(f"{directory} is there already; name one that is not")
        draft = directory.with_name(f"{directory.name}.part")
        settings = replace(
            applicant.settings, cluster=None, data_dir=draft, secret=applicant.secret
        )
        with app.offline(settings, app.utc_now) as mallard:
            roll = mallard.flusher.roll
            done = give_back(catalog, applicant.storage, mallard.store, roll)
        write_down(Documents(applicant.secret), catalog, Files(draft))
        draft.rename(directory)
        waiting = [member for member in catalog.members() if not member.has_left]
    click.echo(f"{_counts(done)}, are in {directory}.", err=True)
    for member in waiting:
        if member.waiting or member.seen_secs_ago > QUIET_SECS:
            click.echo(f"{member.name} may have events that it has not handed over.", err=True)


def _counts(done: Adopted | GivenBack) -> str:
    return f"{done.events:,} events of {done.sites:,} sites, on {done.days:,} days of these"


@contextmanager
def _reached(config: Path | None) -> Iterator[tuple[Applicant, Catalog]]:
    """The settings of a node, and its catalog. What goes wrong becomes one line for the user."""
    settings = settings_for_command(config)
    with in_one_line():
        from mallard.app import utc_now
        from mallard.assembly.clustering import applicant_of

        applicant = applicant_of(settings, settings.data_dir, utc_now)
        if applicant is None:
            raise MallardError("cluster: the settings name none; see [cluster]")
        from mallard.cluster.catalog import Catalog

        with closing(Catalog(applicant.cluster.catalog or "")) as catalog:
            yield applicant, catalog


def _line(member: Member, newest: int, erased: int) -> str:
    if member.has_left:
        return f"{member.name}: has left"
    seen = f"seen {member.seen_secs_ago:.0f} s ago"
    undone = max(0, erased - member.erased)
    if member.seen_secs_ago > QUIET_SECS:
        left = f"; {undone:,} erasures are not done there" if undone else ""
        return f"{member.name}: SILENT, {seen}; what it holds is not known{left}"
    behind = max(0, newest - member.followed)
    place = "has all" if not behind else f"at snapshot {member.followed} of {newest}"
    waits = f"{member.waiting:,} batches waiting"
    if undone:
        waits = f"{undone:,} erasures to be done, {waits}"
    return f"{member.name}: {seen}, {place}, {waits}"
