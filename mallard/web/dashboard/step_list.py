"""The list of a funnel's steps while it is edited: a step is moved or taken out by a button."""

from __future__ import annotations

from collections.abc import Sequence


def moved(steps: Sequence[str], button: str) -> tuple[str, ...]:
    """The steps after a button: `up-N`, `down-N` or `out-N`, N being the step's place from 1.

    Blank ones are left out. Any other button changes nothing.
    """
    order = list(steps)
    way, _, number = button.partition("-")
    at = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 4 else -1
    to = {"up": at - 1, "down": at + 1, "out": at}.get(way, -1)
    if 0 <= at < len(order) and 0 <= to < len(order):
        step = order.pop(at)
        if way != "out":
            order.insert(to, step)
    return tuple(step.strip() for step in order if step.strip())
