from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.limits import TokenBuckets


def test_a_burst_of_one_second_passes_and_the_next_waits() -> None:
    buckets = TokenBuckets(10)
    assert [buckets.take("docs", 100.0) for _ in range(10)] == [0.0] * 10
    assert buckets.take("docs", 100.0) == pytest.approx(0.1)


def test_a_token_comes_back_at_the_promised_time() -> None:
    buckets = TokenBuckets(3)
    while (wait := buckets.take("docs", 5.0)) == 0.0:
        pass
    assert buckets.take("docs", 5.0 + wait) == 0.0
    assert buckets.take("docs", 5.0 + wait) > 0.0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    buckets = TokenBuckets(2)
    buckets.take("docs", 0.0)
    assert [buckets.take("docs", 1e6) for _ in range(3)] == [0.0, 0.0, pytest.approx(0.5)]


def test_a_rate_below_one_a_second_lets_single_events_pass() -> None:
    buckets = TokenBuckets(0.1)
    assert buckets.take("docs", 0.0) == 0.0
    assert buckets.take("docs", 0.0) == pytest.approx(10.0)
    assert buckets.take("docs", 10.0) == 0.0


def test_one_site_does_not_use_up_anothers_tokens() -> None:
    buckets = TokenBuckets(1)
    assert buckets.take("docs", 0.0) == 0.0
    assert buckets.take("shop", 0.0) == 0.0
    assert buckets.take("docs", 0.0) > 0.0


def test_a_rate_of_zero_is_no_limit() -> None:
    buckets = TokenBuckets(0)
    assert {buckets.take("docs", 0.0) for _ in range(1000)} == {0.0}
    assert len(buckets) == 0


def test_a_time_that_comes_late_gives_and_takes_nothing() -> None:
    buckets = TokenBuckets(1)
    assert buckets.take("docs", 100.0) == 0.0
    assert buckets.take("docs", 50.0) == pytest.approx(1.0)
    assert buckets.take("docs", 100.5) == pytest.approx(0.5)
    assert buckets.take("docs", 101.0) == 0.0


def test_full_buckets_are_forgotten_first() -> None:
    buckets = TokenBuckets(1, max_keys=4)
    for key in ("old", "older"):
        buckets.take(key, 0.0)
    for key in ("busy", "busier"):
        buckets.take(key, 100.0)
    buckets.take("new", 100.0)
    assert buckets.take("busy", 100.0) > 0.0
    assert buckets.take("busier", 100.0) > 0.0


def test_the_number_of_buckets_is_bounded() -> None:
    buckets = TokenBuckets(1, max_keys=100)
    for number in range(1000):
        assert buckets.take(f"site-{number}", 0.0) == 0.0
        assert len(buckets) <= 100


def test_threads_share_the_tokens() -> None:
    buckets = TokenBuckets(500)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: buckets.take("docs", 1.0), range(2000)))
    assert waits.count(0.0) == 500


@given(
    st.floats(0.01, 1000),
    st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=50),
)
def test_no_span_of_time_lets_more_pass_than_the_rate_and_a_burst(
    rate: float, times: list[float]
) -> None:
    buckets = TokenBuckets(rate)
    taken = [now for now in sorted(times) if buckets.take("docs", now) == 0.0]
    assert taken
    assert len(taken) <= max(1.0, rate) + rate * (taken[-1] - taken[0]) + 0.01
