"""Where the boxes of a tree stand."""

from __future__ import annotations

import pytest

from mallard.charts.tree import BOX, GAP, ROW, THICKEST, Twig, drawn

TREE = Twig("root", 10, (Twig("a", 6, (Twig("b", 4), Twig("c", 2))), Twig("d", 4)))
WIDTH = 3 * 100 + 2 * GAP


def test_each_leaf_has_a_row_and_its_parent_stands_beside_the_first() -> None:
    found = drawn(TREE, 3, WIDTH)
    assert [(box.of, box.x, box.y, box.depth) for box in found.boxes] == [
        ("root", 0, 0, 0),
        ("a", 100 + GAP, 0, 1),
        ("b", 200 + 2 * GAP, 0, 2),
        ("c", 200 + 2 * GAP, ROW, 2),
        ("d", 100 + GAP, 2 * ROW, 1),
    ]
    assert (found.box, found.height) == (100, 3 * ROW)


def test_a_mirrored_tree_has_its_root_on_the_right() -> None:
    found = drawn(TREE, 3, WIDTH, is_mirrored=True)
    assert [box.x for box in found.boxes if box.depth == 0] == [WIDTH - 100]
    assert [box.x for box in found.boxes if box.depth == 2] == [0, 0]


def test_curves_lead_from_box_to_box_as_thick_as_many_took_them() -> None:
    found = drawn(TREE, 3, WIDTH)
    last = found.curves[-1]
    there = 2 * ROW + BOX // 2
    assert last.path.startswith(f"M100.0 {BOX // 2}C")
    assert last.path.endswith(f" {100.0 + GAP} {there}")
    assert last.thickness == pytest.approx(THICKEST * 0.4)
    assert len(found.curves) == len(found.boxes) - 1


def test_a_page_that_nobody_saw_is_a_single_box() -> None:
    found = drawn(Twig("root", 0), 2, WIDTH)
    assert (len(found.boxes), found.curves) == (1, [])
