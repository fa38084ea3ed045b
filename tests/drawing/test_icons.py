"""The sprite of icons."""

from __future__ import annotations

import pytest

from drawing.icons import rounded


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("M18.4395 5.5586c-.675 1.1664", "M18.44 5.56c-.68 1.17"),
        ("a1.1451 1.1451 0 0 0-.1406.1914", "a1.15 1.15 0 0 0-.14.19"),
        ("a1 1 0 011.2345.5", "a1 1 0 011.23.5"),
        ("M1.996.999z", "M1.99.99z"),
        ("M12 0h.25", "M12 0h.25"),
    ],
)
def test_numbers_of_paths_have_two_places_and_flags_stay(path: str, expected: str) -> None:
    assert rounded(path) == expected
