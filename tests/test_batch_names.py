"""The names of a file's batches come back from its footer as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mallard.batch_names import numbered, read, spell

RUNS = st.sampled_from(["187d2c-0a1b", "187d2d-ffff", "odd-000000001", "1"])
NUMBERED = st.builds(numbered, RUNS, st.integers(0, 30) | st.integers(0, 999_999_999))
OTHERS = st.sampled_from(["187d2c3f-0a1b2c3d", "file-12", "import-ab:100", "x-1", "a-0000000012"])


@given(st.frozensets(NUMBERED | OTHERS, min_size=1))
def test_whatever_the_names_are_they_come_back(names: frozenset[str]) -> None:
    assert read(spell(names)) == names


def test_names_that_follow_one_another_take_one_item() -> None:
    day = [numbered("187d2c-0a1b", n) for n in range(1, 1441)]
    assert spell(day) == "*187d2c-0a1b-1..1440"
    assert spell([*day[:3], day[4], day[8], day[9]]) == "*187d2c-0a1b-1..3+5+9..10"


def test_names_of_a_run_are_in_the_order_of_their_numbers() -> None:
    names = [numbered("187d2c-0a1b", n) for n in (9, 10, 99_999, 100_000)]
    assert sorted(names) == names


def test_names_without_a_number_are_read_as_they_stand() -> None:
    assert read("187d2c3f-0a1b2c3d,file-12") == {"187d2c3f-0a1b2c3d", "file-12"}
