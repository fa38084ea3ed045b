"""The value axis of a chart, for counts, shares and durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.charts.axis import (
    COUNTS,
    MOST_STEPS,
    Scale,
    axis_for,
    compact,
    nice_ceiling,
    nice_count,
    nice_seconds,
)
from mallard.web.dashboard.metrics import DURATIONS, SHARES

A_DAY = 86_400
ALMOST = 1 - 1e-9


def ticks(highest: float, scale: Scale = COUNTS) -> list[str]:
    return [tick.text for tick in axis_for(highest, scale).ticks]


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [(1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (11, 20), (10**30 + 1, 2 * 10**30)],
)
def test_the_nice_ceiling_is_the_next_1_2_or_5(value: int, ceiling: int) -> None:
    assert nice_ceiling(value) == ceiling


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [(0, 0.01), (0.004, 0.01), (0.011, 0.02), (0.03, 0.05), (0.2, 0.2), (0.25, 0.5), (0.6, 1)],
)
def test_the_nice_ceiling_of_a_fraction_is_a_round_fraction(value: float, ceiling: float) -> None:
    assert nice_ceiling(value) == ceiling


@pytest.mark.parametrize(("value", "ceiling"), [(0, 1), (0.25, 1), (1, 1), (1.5, 2), (7, 10)])
def test_the_nice_ceiling_of_a_count_is_whole(value: float, ceiling: int) -> None:
    assert nice_count(value) == ceiling


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [
        (0, 1),
        (3, 5),
        (16, 30),
        (31, 60),
        (61, 120),
        (1_801, 3_600),
        (50_000, A_DAY),
        (A_DAY + 1, 2 * A_DAY),
        (3 * A_DAY, 5 * A_DAY),
    ],
)
def test_nice_seconds_are_parts_and_multiples_of_minutes_hours_and_days(
    value: float, ceiling: float
) -> None:
    assert nice_seconds(value) == ceiling


@given(st.integers(min_value=1, max_value=10**18))
def test_an_axis_of_counts_holds_the_highest_with_few_whole_steps(highest: int) -> None:
    axis = axis_for(highest)
    steps = len(axis.ticks) - 1
    assert 1 <= steps <= MOST_STEPS
    assert axis.ceiling >= highest
    assert axis.ceiling % steps == 0
    assert 0 <= axis.y(highest) <= 100


@given(st.floats(min_value=0, max_value=10**9), st.sampled_from((COUNTS, SHARES, DURATIONS)))
def test_an_axis_of_any_kind_holds_the_highest(highest: float, scale: Scale) -> None:
    axis = axis_for(highest, scale)
    assert 2 <= len(axis.ticks) <= MOST_STEPS + 1
    assert axis.ceiling >= highest * ALMOST
    assert (axis.y(0), axis.y(axis.ceiling)) == (100, 0)


def test_an_axis_wastes_less_than_one_step() -> None:
    assert axis_for(5_100).ceiling == 6_000
    assert axis_for(1_200).ceiling == 1_500
    assert axis_for(0.9, SHARES).ceiling == 1


def test_an_axis_of_nothing_has_one_step() -> None:
    assert ticks(0) == ["1", "0"]
    assert ticks(0, SHARES) == ["1%", "0%"]
    assert ticks(0, DURATIONS) == ["1s", "0s"]


def test_ticks_are_listed_from_the_top_down() -> None:
    assert [(tick.y, tick.text) for tick in axis_for(4).ticks][::4] == [(0, "4"), (100, "0")]


def test_shares_and_durations_are_written_as_such() -> None:
    assert ticks(1, SHARES) == ["100%", "50%", "0%"]
    assert ticks(0.3, SHARES) == ["30%", "20%", "10%", "0%"]
    assert ticks(100, DURATIONS) == ["2m 00s", "1m 30s", "1m 00s", "30s", "0s"]
    assert ticks(9_000, DURATIONS) == ["3h 00m", "2h 00m", "1h 00m", "0s"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (999, "999"), (1_500, "1.5k"), (2_000_000, "2M"), (10**9, "1B")],
)
def test_axis_figures_are_short(value: float, text: str) -> None:
    assert compact(value) == text
