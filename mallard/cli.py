"""The command line: reads arguments, calls one function, turns its errors into exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mallard import __version__, logs
from mallard.commands.backup import backup, restore
from mallard.commands.cluster import cluster
from mallard.commands.compact import compact
from mallard.commands.export import export
from mallard.commands.health import health
from mallard.commands.importing import import_
from mallard.commands.key import key
from mallard.commands.rewriting import rewrite_paths
from mallard.commands.settings import load_settings
from mallard.config import DECLARED, TABLES, Loaded, Settings
from mallard.model import MallardError

WIDEST_VALUE = 32

config_argument = click.argument(
    "config", metavar="[CONFIG.toml]", required=False, type=click.Path(path_type=Path)
)


class ServeByDefault(click.Group):
    """A group for which no argument, or a settings file alone, means `serve`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and _names_a_file(args[0])):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


def _names_a_file(word: str) -> bool:
    return not word.startswith("-") and ("." in word or "/" in word or Path(word).exists())


@click.group(cls=ServeByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="mallard %(version)s")
def main() -> None:
    """Self-hosted web analytics that respects visitors.

    Without a command, or with a settings file alone, it serves.
    """
    _insist_on_utf_8()
    os.umask(0o077)  # whatever is written is its owner's alone


def _insist_on_utf_8() -> None:
    """Begins anew in Python's UTF-8 mode where the locale has another encoding.

    DuckDB knows paths in UTF-8 alone, and others' modules read their files as the locale says.
    """
    if sys.getfilesystemencoding() != "utf-8":
        # The very program that runs, with its own arguments.
        again = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606  # nosec B606


@main.command()
@config_argument
@click.pass_context
def serve(ctx: click.Context, config: Path | None) -> None:
    """Collect events and answer reports until stopped."""
    import structlog

    loaded = load_settings(config)
    logs.configure(loaded.settings.log_format, loaded.settings.log_level)
    for warning in loaded.warnings:
        structlog.get_logger("mallard.config").warning(warning)
    from mallard.server import serve as run

    ctx.exit(run(loaded.settings))


@main.command("check-config")
@config_argument
def check_config(config: Path | None) -> None:
    """Print every setting in effect and where it comes from."""
    loaded = load_settings(config)
    for line in _table(loaded):
        click.echo(line)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)


@main.command()
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=Path("instance/demo"),
    show_default=True,
    help="Directory to fill; it must be empty or absent.",
)
@click.option("--events", type=click.IntRange(min=1), default=200_000, show_default=True)
@click.option("--days", type=click.IntRange(min=1, max=3660), default=90, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same data.")
def demo(data_dir: Path, events: int, days: int, seed: int) -> None:
    """Fill a directory with invented visitors, to look around in."""
    _refuse_unless_empty(data_dir)
    logs.configure("text", "warning")
    from mallard.commands.figures import work_out_figures
    from mallard.commands.reach import reached
    from mallard.demo import fill

    try:
        with click.progressbar(length=events, label="Inventing visitors") as bar:
            fill(data_dir, events, days, seed, bar.update)
    except MallardError as error:
        raise click.ClickException(str(error)) from None
    with reached(Settings(data_dir=data_dir), may_be_absent=True) as instance:
        work_out_figures(instance)
    click.echo(f"Look at it with: MALLARD_DATA_DIR={data_dir} mallard serve")


for command in (export, import_, backup, restore, compact, rewrite_paths, health, key, cluster):
    main.add_command(command)


def _table(loaded: Loaded) -> Iterator[str]:
    settings = [
        (declaration.key, declaration.shown(getattr(loaded.settings, declaration.key)))
        for declaration in DECLARED
    ]
    settings += _in_tables(loaded)
    widest_key = max(len(name) for name, _ in settings)
    for name, value in settings:
        origin = _origin(loaded, name)
        yield f"{name:<{widest_key}}  {value:<{WIDEST_VALUE}}  {origin}"


def _origin(loaded: Loaded, key: str) -> str:
    """Where a key is from; one deep in a table is from where the table is."""
    while key not in loaded.origins and "." in key:
        key = key.rpartition(".")[0]
        if key in TABLES:
            return "default"
    return loaded.origins[key]


def _in_tables(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Keys and values of the tables that are there."""
    for table in TABLES.values():
        if (found := getattr(loaded.settings, table.name)) is not None:
            yield from table.shown(found)


def _refuse_unless_empty(data_dir: Path) -> None:
    try:
        is_free = not data_dir.exists() or not any(data_dir.iterdir())
    except OSError as error:
        raise click.ClickException(f"cannot use {data_dir}: {error.strerror}") from None
    if not is_free:
        raise click.ClickException(f"{data_dir} is not empty or in use; name another --data-dir")
