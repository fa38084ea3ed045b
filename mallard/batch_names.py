"""Batch names: how the names of a file's batches are spelled in its footer, shortly.

A journal numbers its batches: `RUN-000000007` is the seventh of a run. Most of a run's batches that
a file holds follow one another, so that `*RUN-1..7+9` stands for eight of them. All other names are
written as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

DIGITS = 9
_NUMBERED = re.compile(rf"(?P<run>[^,*]+)-(?P<number>[0-9]{{{DIGITS}}})")


def numbered(run: str, number: int) -> str:
    """The name of a run's batch; by name they are in the order of their numbers."""
    return f"{run}-{number:0{DIGITS}}"


def spell(names: Iterable[str]) -> str:
    """One line that tells all the names, none of which has a comma or begins with an asterisk."""
    runs: defaultdict[str, list[int]] = defaultdict(list)
    others = []
    for name in sorted(set(names)):
        if match := _NUMBERED.fullmatch(name):
            runs[match["run"]].append(int(match["number"]))
        else:
            others.append(name)
    spelled = (f"*{run}-{'+'.join(_spans(numbers))}" for run, numbers in runs.items())
    return ",".join((*spelled, *others))


def read(line: str) -> frozenset[str]:
    """The names that `spell` has put into a line."""
    return frozenset(name for item in line.split(",") for name in _names(item))


def _spans(numbers: Sequence[int]) -> Iterator[str]:
    """`first..last` of those that follow one another; the numbers ascend."""
    first = last = numbers[0]
    for number in (*numbers[1:], -1):
        if number == last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first}..{last}"
        first = last = number


def _names(item: str) -> Iterator[str]:
    if not item.startswith("*"):
        yield item
        return
    run, _, spans = item[1:].rpartition("-")
    for span in spans.split("+"):
        first, _, last = span.partition("..")
        for number in range(int(first), int(last or first) + 1):
            yield numbered(run, number)
