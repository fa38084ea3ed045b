"""`python -m tests.end_to_end.arranged`: Mallard, so arranged that no test hinges on its speed.

Reports of one site take as long as a test wants them to, and who keeps silent is never cut off.
When a report is held, or a day is being put in order, there is a file that says so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mallard import server
from mallard.cli import main
from mallard.store.queries import Queries
from mallard.store.upkeep.days import Upkeep

HELD = "held.example"
"""Its reports keep a processor busy until `release` is called, and are then answered."""
ENDLESS = "endless.example"
"""Its reports never end by themselves."""

A_WHILE = "select count(*) from range(20_000_000) t(n) where n % 7 = 3"
FOREVER = "select count(*) from range(1_000_000_000_000) t(n) where n % 7 = 3"
ONE_DAY_SECS = 86_400


def begun(data_dir: Path) -> Path:
    """The file that is there when a report is held, or a day is being put in order."""
    return data_dir.with_name("begun")


def released(data_dir: Path) -> Path:
    """The file whose coming ends what is held."""
    return data_dir.with_name("released")


def arrange(data_dir: Path) -> None:
    """Has this process be so from now on."""
    run, see_to = Queries.run, Upkeep.see_to

    def run_as_arranged(queries: Queries, moment: Any, *rest: Any) -> list[tuple[Any, ...]]:
        if moment.site_id == HELD:
            begun(data_dir).touch()
            while not released(data_dir).exists():
                moment.connection.execute(A_WHILE).fetchall()
        if moment.site_id == ENDLESS:
            with queries._one_query(moment.connection, queries._deadlines.from_now()):
                moment.connection.execute(FOREVER).fetchall()
        return run(queries, moment, *rest)

    def see_to_as_arranged(upkeep: Upkeep, partition: Any) -> None:
        begun(data_dir).touch()
        see_to(upkeep, partition)

    # Methods are not assigned to, says mypy.
    setattr(Queries, "run", run_as_arranged)  # noqa: B010
    setattr(Upkeep, "see_to", see_to_as_arranged)  # noqa: B010
    server.SILENT_SECS = ONE_DAY_SECS


if __name__ == "__main__":
    arrange(Path(os.environ["MALLARD_DATA_DIR"]))
    main(prog_name="mallard")
