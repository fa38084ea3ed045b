"""The geometry of lines, sparklines and bars."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mallard.charts.bars import bar_widths
from mallard.charts.line import MOST_LABELS, LineChart, Series, line_chart, spread
from mallard.charts.sparkline import sparkline
from mallard.web.dashboard.metrics import SHARES

COUNTS = st.lists(st.integers(min_value=0, max_value=10**15), max_size=40)


def a_chart(*values: float, slots: int | None = None, unfinished: bool = False) -> LineChart:
    names = [f"day {n}" for n in range(len(values) if slots is None else slots)]
    return line_chart(names, [Series("Visitors", values, unfinished)])


@given(COUNTS)
def test_every_point_lies_inside_the_plot_whatever_the_values(values: list[int]) -> None:
    chart = a_chart(*values)
    assert len(chart.lines[0].points) == len(values)
    assert all(0 <= p.x <= 100 and 0 <= p.y <= 100 for p in chart.lines[0].points)
    assert all(m.left >= 0 and m.left + m.width <= 100.01 for m in chart.marks)


def test_points_run_from_edge_to_edge() -> None:
    assert [point.x for point in a_chart(1, 2, 3).lines[0].points] == [0, 50, 100]
    assert spread(0) == []


def test_a_single_bucket_stands_in_the_middle() -> None:
    chart = a_chart(5)
    assert [point.x for point in chart.lines[0].points] == [50]
    assert (chart.marks[0].left, chart.marks[0].width) == (0, 100)


def test_zeros_lie_on_the_ground() -> None:
    chart = a_chart(0, 0)
    assert chart.is_empty
    assert {point.y for point in chart.lines[0].points} == {100}


def test_no_buckets_make_an_empty_chart() -> None:
    chart = a_chart()
    assert chart.is_empty
    assert not chart.labels
    assert not chart.marks


def test_a_first_and_a_last_bucket_that_are_cut_are_joined_by_stretches_of_their_own() -> None:
    def stretches(*values: float) -> tuple[list[float], ...]:
        (line,) = line_chart(["a"] * len(values), [Series("", values, True, True)]).lines
        return tuple([point.x for point in part] for part in (line.head, line.settled, line.tail))

    assert stretches(1, 5, 5, 2) == ([0, 33.33], [33.33, 66.67], [66.67, 100])
    assert stretches(1, 5, 2) == ([0, 50], [50], [50, 100])
    assert stretches(1, 2) == ([], [], [0, 100])
    assert stretches(1) == stretches() == ([], [], [])
    assert not a_chart(1, 2, 3).lines[0].head


def test_what_has_not_begun_has_no_point_but_a_place() -> None:
    chart = a_chart(4, 2, slots=5)
    assert [point.x for point in chart.lines[0].points] == [0, 25]
    assert len(chart.labels) == len(chart.marks) == 5
    assert [mark.values for mark in chart.marks] == [(4,), (2,), (None,), (None,), (None,)]
    assert chart.marks[-1].heights == (None,)


def test_what_is_compared_may_be_longer_or_shorter() -> None:
    series = [Series("Now", [1, 2]), Series("Before", [4, 3, 0])]
    chart = line_chart(["Mon", "Tue", "Wed", "Thu"], series)
    assert [mark.values for mark in chart.marks] == [(1, 4), (2, 3), (None, 0), (None, None)]
    assert [mark.heights for mark in chart.marks][1:3] == [(50, 25), (None, 100)]
    assert [line.name for line in chart.lines] == ["Now", "Before"]


def test_the_axis_has_room_for_all_series() -> None:
    assert line_chart(["Mon"], [Series("Now", [3]), Series("Before", [70])]).axis.ceiling == 80


def test_a_chart_is_empty_only_when_all_its_series_are() -> None:
    assert not line_chart(["Mon"], [Series("Now", [0]), Series("Before", [1])]).is_empty


def test_shares_have_an_axis_of_their_own() -> None:
    chart = line_chart(["Mon", "Tue"], [Series("Bounce rate", [0.5, 1])], SHARES)
    assert [tick.text for tick in chart.axis.ticks] == ["100%", "50%", "0%"]
    assert [point.y for point in chart.lines[0].points] == [50, 0]


def test_the_last_stretch_of_an_unfinished_line_is_its_tail() -> None:
    line = a_chart(1, 2, 3, slots=4, unfinished=True).lines[0]
    assert [round(point.x) for point in line.settled] == [0, 33]
    assert [round(point.x) for point in line.tail] == [33, 67]


def test_a_finished_line_and_a_single_point_have_no_tail() -> None:
    assert a_chart(1, 2, 3).lines[0].tail == ()
    assert len(a_chart(1, 2, 3).lines[0].settled) == 3
    assert a_chart(1, unfinished=True).lines[0].tail == ()


def test_labels_are_few_and_the_outer_ones_stay_inside() -> None:
    labels = a_chart(*range(31)).labels
    assert len(labels) == MOST_LABELS
    assert (labels[0].anchor, labels[3].anchor, labels[-1].anchor) == ("start", "middle", "end")


def test_what_appears_on_hover_turns_to_the_side_where_there_is_room() -> None:
    assert [mark.is_flipped for mark in a_chart(1, 2, 3).marks] == [False, False, True]


def test_a_sparkline_touches_its_top_once() -> None:
    assert [point.y for point in sparkline([1, 4, 0])] == [75, 0, 100]
    assert [point.y for point in sparkline([0, 0])] == [100, 100]
    assert sparkline([]) == ()


def test_the_greatest_bar_fills_its_row() -> None:
    assert bar_widths([8, 2, 0]) == [100, 25, 0]
    assert bar_widths([0]) == [0]
    assert bar_widths([]) == []
