"""What an import says of rows that it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

MOST_REPORTED = 20


@dataclass(slots=True)
class Complaints:
    """Prints the first bad rows of a file and counts the rest."""

    path: Path
    unit: str
    count: int = 0

    def add(self, number: int, reason: str) -> None:
        """Says what is bad about a row."""
        self.count += 1
        if self.count <= MOST_REPORTED:
            click.echo(f"{self.path}, {self.unit} {number}: {reason}", err=True)

    def conclude(self) -> None:
        """Says how many more there were."""
        if self.count > MOST_REPORTED:
            click.echo(f"{self.path}: {self.count - MOST_REPORTED:,} more like these", err=True)
