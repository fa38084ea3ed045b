"""Figures worked out before a command ends, so that the first page anyone sees is quick."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mallard.transfer.instance import Instance


def work_out_figures(instance: Instance) -> None:
    """Has the figures of all days worked out, with a bar for whoever watches."""
    days = instance.work_out_figures()
    length = next(days)
    is_watched = sys.stderr.isatty() and length > 0
    with click.progressbar(
        length=length, label="Working out figures", file=sys.stderr, hidden=not is_watched
    ) as bar:
        for left in days:
            # More days may come meanwhile; the bar does not go back for them.
            bar.update(max(0, length - left - bar.pos))
