"""The value axis of a chart."""

from __future__ import annotations

import pytest

from mallard.charts.axis import axis_for, compact, nice_ceiling


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (11, 20), (10**30 + 1, 2 * 10**30)],
)
def test_the_nice_ceiling_is_the_next_1_2_or_5(value: int, ceiling: int) -> None:
    assert nice_ceiling(value) == ceiling


@pytest.mark.parametrize("highest", [1, 2, 3, 7, 10, 99, 1200, 5_100, 10**6, 10**18 + 1])
def test_an_axis_holds_the_highest_value_with_few_whole_steps(highest: int) -> None:
    axis = axis_for(highest)
    assert axis.ceiling >= highest
    assert 2 <= len(axis.ticks) <= 5
    assert axis.ceiling % (len(axis.ticks) - 1) == 0
    assert axis.y(highest) <= 100 - 100 * highest / axis.ceiling + 0.01


def test_an_axis_wastes_no_more_than_one_step() -> None:
    assert axis_for(5_100).ceiling == 6_000
    assert axis_for(1_200).ceiling == 1_500


def test_an_axis_of_nothing_goes_from_zero_to_one() -> None:
    assert [tick.text for tick in axis_for(0).ticks] == ["1", "0"]


def test_ticks_are_listed_from_the_top_down() -> None:
    assert [(tick.y, tick.text) for tick in axis_for(4).ticks][::4] == [(0, "4"), (100, "0")]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1_500, "1.5k"), (2_000_000, "2M"), (10**9, "1B")]
)
def test_axis_figures_are_short(value: int, text: str) -> None:
    assert compact(value) == text
