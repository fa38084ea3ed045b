"""`mallard compact` at the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from click.testing import Result

from mallard.app import Mallard
from tests.builders import NOON, an_event, store_events
from tests.waiting import PATIENCE_SECS

Command = Callable[..., Result]


def test_the_command_leaves_one_file_of_a_day_that_is_over(
    command: Command, start: Callable[..., Mallard], data_dir: Path
) -> None:
    mallard = start()
    for number in range(3):
        event = an_event(NOON - timedelta(days=1), f"/{number}")
        store_events(mallard.store, f"b{number}", [event])
        mallard.store.roll()
    mallard.stop(PATIENCE_SECS)
    result = command("compact")
    assert (result.exit_code, result.stderr) == (0, "1 day compacted\n")
    assert len(list((data_dir / "events").rglob("*.parquet"))) == 1
    assert len(command("export", "example.com").stdout.splitlines()) == 4
    assert command("compact").stderr == "0 days compacted\n"


def test_without_data_there_is_nothing_to_compact(command: Command, tmp_path: Path) -> None:
    result = command("compact", data_dir=tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "there is no data in" in result.stderr
