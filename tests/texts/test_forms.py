"""Numbers, days and durations are written as the readers of a language write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mallard.model import Period
from mallard.texts.language import told_in
from mallard.web.dashboard import dates, wording


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (lambda: wording.grouped(1234567), ("1,234,567", "1.234.567")),
        (lambda: wording.decimal(1234.56), ("1,234.6", "1.234,6")),
        (lambda: wording.share(0.425), ("42%", "42\N{NO-BREAK SPACE}%")),
        (lambda: wording.share(0.001), ("<1%", "<1\N{NO-BREAK SPACE}%")),
        (lambda: wording.rate(0.034), ("3.4%", "3,4\N{NO-BREAK SPACE}%")),
        (lambda: wording.money(Decimal("1234.5"), "EUR"), ("1,234.50 EUR", "1.234,50 EUR")),
        (lambda: wording.change_text(2469, 1).text, ("+246,800%", "+246.800\N{NO-BREAK SPACE}%")),
        (lambda: wording.points_text(0.515, 0.5).text, ("+1.5 pp", "+1,5 PP")),
        (lambda: wording.duration(48), ("48s", "48 s")),
        (lambda: wording.duration(125), ("2m 05s", "2 min 05 s")),
        (lambda: wording.duration(3840), ("1h 04m", "1 h 04 min")),
        (lambda: wording.visitors(1), ("1 visitor", "1 Besucher")),
        (lambda: wording.pageviews(2000), ("2,000 pageviews", "2.000 Seitenaufrufe")),
    ],
)
def test_a_figure_is_written_in_the_readers_form(english: object, german: tuple[str, str]) -> None:
    assert callable(english)
    assert english() == german[0]
    with told_in("de"):
        assert english() == german[1]


@pytest.mark.parametrize(
    ("start", "end", "english", "german"),
    [
        (date(2026, 11, 16), date(2026, 11, 17), "Mon 16 Nov 2026", "Mo, 16. Nov. 2026"),
        (date(2026, 10, 1), date(2026, 11, 1), "1 to 31 Oct 2026", "1. bis 31. Okt. 2026"),
        (date(2026, 10, 24), date(2026, 11, 23), "24 Oct to 22 Nov 2026",
         "24. Okt. bis 22. Nov. 2026"),
        (date(2025, 12, 1), date(2026, 3, 2), "1 Dec 2025 to 1 Mar 2026",
         "1. Dez. 2025 bis 1. März 2026"),
    ],
)  # fmt: skip
def test_a_period_is_written_in_the_readers_form(
    start: date, end: date, english: str, german: str
) -> None:
    assert dates.period_text(Period(start, end)) == english
    with told_in("de"):
        assert dates.period_text(Period(start, end)) == german


def test_buckets_of_the_chart_are_named_in_the_readers_form() -> None:
    with told_in("de"):
        assert dates.bucket_text("2026-11", "month") == "November 2026"
        assert dates.bucket_text("2026-11-16", "week") == "Woche ab 16. Nov. 2026"
        assert dates.bucket_text("2026-11-16 09:00", "hour") == "Mo, 16. Nov. 2026, 09:00"
        assert dates.slot_text("2026-03-01", is_one_day=False) == "1. März"
