"""The geometry of lines and bars."""

from __future__ import annotations

from mallard.charts.bars import bar_widths
from mallard.charts.line import LineChart, line_chart
from mallard.charts.sparkline import sparkline


def a_chart(*values: int, slots: int | None = None, unfinished: bool = False) -> LineChart:
    names = [(str(n), f"day {n}") for n in range(slots or len(values))]
    return line_chart(names, {"Visitors": values}, unfinished)


def test_every_point_lies_inside_the_plot_whatever_the_values() -> None:
    chart = a_chart(0, 3, 10**15, 17, 1)
    assert all(0 <= p.x <= 100 and 0 <= p.y <= 100 for p in chart.lines[0].points)
    assert all(m.left >= 0 and m.left + m.width <= 100.01 for m in chart.marks)


def test_points_run_from_edge_to_edge() -> None:
    assert [point.x for point in a_chart(1, 2, 3).lines[0].points] == [0, 50, 100]


def test_a_single_bucket_stands_in_the_middle() -> None:
    chart = a_chart(5)
    assert [point.x for point in chart.lines[0].points] == [50]
    assert (chart.marks[0].left, chart.marks[0].width) == (0, 100)


def test_zeros_lie_on_the_ground() -> None:
    chart = a_chart(0, 0)
    assert chart.is_empty
    assert {point.y for point in chart.lines[0].points} == {100}


def test_no_buckets_make_an_empty_chart() -> None:
    chart = line_chart([], {"Visitors": []})
    assert chart.is_empty
    assert not chart.labels
    assert not chart.marks


def test_what_has_not_begun_is_left_blank() -> None:
    chart = a_chart(4, 2, slots=5)
    assert [point.x for point in chart.lines[0].points] == [0, 25]
    assert len(chart.marks) == 2


def test_the_last_stretch_of_an_unfinished_line_is_its_tail() -> None:
    line = a_chart(1, 2, 3, unfinished=True).lines[0]
    assert [point.x for point in line.settled] == [0, 50]
    assert [point.x for point in line.tail] == [50, 100]


def test_labels_are_few_and_the_outer_ones_stay_inside() -> None:
    labels = a_chart(*range(31)).labels
    assert len(labels) == 7
    assert (labels[0].anchor, labels[3].anchor, labels[-1].anchor) == ("start", "middle", "end")


def test_marks_carry_the_values_of_all_series() -> None:
    chart = line_chart([("1", "one"), ("2", "two")], {"Visitors": [1, 2], "Pageviews": [3, 4]})
    assert [(mark.text, mark.values) for mark in chart.marks] == [("one", (1, 3)), ("two", (2, 4))]


def test_a_sparkline_touches_its_top_once() -> None:
    assert [point.y for point in sparkline([1, 4, 0])] == [75, 0, 100]
    assert [point.y for point in sparkline([0, 0])] == [100, 100]
    assert sparkline([]) == ()


def test_the_greatest_bar_fills_its_row() -> None:
    assert bar_widths([8, 2, 0]) == [100, 25, 0]
    assert bar_widths([0]) == [0]
    assert bar_widths([]) == []
