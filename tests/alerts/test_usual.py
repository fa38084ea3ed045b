"""What is unusual, by figures that were worked out by hand."""

from __future__ import annotations

import pytest

from mallard.alerts.usual import usual_of


def test_three_weeks_say_nothing():
    assert usual_of([10, 10, 10]) is None
    assert usual_of([10, 10, 10, 10]) is not None


@pytest.mark.parametrize(
    ("weeks", "visitors", "most", "least"),
    [
        # All alike: the spread is the root of 100, 10.
        ([100] * 8, 100, 135, 65),
        # The median of what is 20 away on either side: 1.4826 * 20 = 29.652, and 3.5 times that.
        ([80, 120, 80, 120, 80, 120, 80, 120], 100, 203.782, -3.782),
        # One spike among them moves nothing.
        ([100] * 7 + [5_000], 100, 135, 65),
        # Small sites: ten more are the least that is told of, and none is ever too few.
        ([0] * 8, 0, 10, -3.5),
        ([4] * 8, 4, 14, -3),
    ],
)
def test_the_limits_are_three_and_a_half_spreads_away(
    weeks: list[int], visitors: float, most: float, least: float
):
    usual = usual_of(weeks)
    assert usual is not None
    assert usual.visitors == visitors
    assert usual.most == pytest.approx(most)
    assert usual.least == pytest.approx(least)
