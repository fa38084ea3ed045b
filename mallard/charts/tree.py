"""A tree drawn from its root to one side: where its boxes stand, and the curves between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

ROW, BOX = 33, 28
"""Pixels from one box to the next, and the height of one."""
GAP = 44
"""Pixels between the columns, for the curves."""
THICKEST = 24.0


@dataclass(frozen=True, slots=True)
class Twig(Generic[T]):
    """What is drawn as one box, with what grows out of it; its size is that of its curve."""

    of: T
    size: int
    twigs: Sequence[Twig[T]] = ()


@dataclass(frozen=True, slots=True)
class Box(Generic[T]):
    """Where a box stands, in pixels, how far from the root, and what is in it."""

    of: T
    x: float
    y: int
    depth: int


@dataclass(frozen=True, slots=True)
class Curve:
    """The path of a curve and its thickness."""

    path: str
    thickness: float


@dataclass(frozen=True, slots=True)
class Drawing(Generic[T]):
    """All of a tree; `box` is the width of each box."""

    width: float
    height: int
    box: float
    boxes: list[Box[T]]
    curves: list[Curve]


def drawn(root: Twig[T], columns: int, width: float, is_mirrored: bool = False) -> Drawing[T]:
    """A tree in so many columns, its root on the left, or on the right where `is_mirrored`.

    Each leaf has a row of its own, and whatever has twigs stands beside the first of them.
    """
    pen: _Pen[T] = _Pen(root.size, columns, width, is_mirrored)
    pen.draw(root, 0)
    return Drawing(width, pen.rows * ROW, pen.box, pen.boxes, pen.curves)


class _Pen(Generic[T]):
    """Draws a twig after all that grows out of it, as that says where it stands."""

    def __init__(self, whole: int, columns: int, width: float, is_mirrored: bool) -> None:
        self.box = round((width - GAP * (columns - 1)) / columns, 1)
        self.rows = 0
        self.boxes: list[Box[T]] = []
        self.curves: list[Curve] = []
        self._whole, self._width, self._is_mirrored = whole, width, is_mirrored

    def draw(self, twig: Twig[T], depth: int) -> int:
        """The height at which it stands."""
        place = len(self.boxes)
        heights = [self.draw(one, depth + 1) for one in twig.twigs]
        if heights:
            y = heights[0]
        else:
            y, self.rows = self.rows * ROW, self.rows + 1
        x = depth * (self.box + GAP)
        left = self._width - self.box - x if self._is_mirrored else x
        # In the order in which they are read: from the root on.
        self.boxes.insert(place, Box(twig.of, round(left, 1), y, depth))
        for one, height in zip(twig.twigs, heights, strict=True):
            self._join(x + self.box, y, height, one.size)
        return y

    def _join(self, start: float, above: int, below: int, size: int) -> None:
        """A curve from a box's side to that of one in the next column."""
        ends = (start, start + GAP / 2, start + GAP)
        left, middle, right = (round(self._width - x if self._is_mirrored else x, 1) for x in ends)
        y, there = above + BOX // 2, below + BOX // 2
        path = f"M{left} {y}C{middle} {y} {middle} {there} {right} {there}"
        thickness = THICKEST * size / self._whole if self._whole else 0.0
        self.curves.append(Curve(path, round(max(1.0, thickness), 1)))
