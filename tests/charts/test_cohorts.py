"""The retention grid: what has begun, and how strongly each week is coloured."""

from __future__ import annotations

from datetime import date

from mallard.charts.cohorts import cohort_grid
from mallard.charts.shades import LEVELS

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)


def test_a_week_that_has_not_begun_is_blank() -> None:
    grid = cohort_grid([(FIRST, [4, 2, 0]), (THIRD, [3, 0, 0])], 3, THIRD, THIRD)
    assert [cell is None for cell in grid.rows[0].cells] == [False, False, False]
    assert [cell is None for cell in grid.rows[1].cells] == [False, True, True]


def test_a_week_after_the_last_one_looked_at_is_blank_too() -> None:
    grid = cohort_grid([(FIRST, [4, 2, 0])], 3, last_week=SECOND, this_week=THIRD)
    assert [cell is None for cell in grid.rows[0].cells] == [False, False, True]


def test_the_current_week_is_unfinished_whichever_cohort_it_belongs_to() -> None:
    grid = cohort_grid([(SECOND, [5, 1]), (THIRD, [5, 0])], 2, THIRD, THIRD)
    unfinished = [[cell and cell.is_unfinished for cell in row.cells] for row in grid.rows]
    assert unfinished == [[False, True], [True, None]]


def test_the_scale_ends_at_the_best_week_after_the_first() -> None:
    grid = cohort_grid([(FIRST, [100, 20, 1]), (SECOND, [10, 1, 0])], 3, THIRD, THIRD)
    assert grid.greatest == 0.2
    levels = [[cell.level for cell in row.cells if cell] for row in grid.rows]
    assert levels == [[0, LEVELS, 1], [0, LEVELS // 2]]


def test_a_share_is_of_the_cohort() -> None:
    (row,) = cohort_grid([(FIRST, [8, 2])], 2, SECOND, THIRD).rows
    assert row.size == 8
    assert [cell.share for cell in row.cells if cell] == [1.0, 0.25]


def test_without_cohorts_there_are_no_rows() -> None:
    grid = cohort_grid([], 4, THIRD, THIRD)
    assert (grid.rows, grid.greatest) == ((), 0.0)
