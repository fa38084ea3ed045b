"""A version goes out with a section of its own, dated, and with nothing left unreleased."""

from __future__ import annotations

import pytest

from mallard import __version__
from release import ROOT
from release.changelog import complaint, sections

HEAD = "# Changelog\n\n"
WHOLE = (
    f"{HEAD}## [Unreleased]\n\n## [1.1.0] - 2027-01-31\n\n- More.\n\n"
    "## [1.0.0] - 2026-11-30\n\n- All.\n"
)


def test_sections_are_found_with_their_dates() -> None:
    assert sections(WHOLE) == {
        "Unreleased": ("", ""),
        "1.1.0": ("2027-01-31", "- More."),
        "1.0.0": ("2026-11-30", "- All."),
    }


def test_the_newest_section_is_the_version() -> None:
    assert complaint(WHOLE, "1.1.0") is None
    assert "newest section 1.1.0" in str(complaint(WHOLE, "1.0.0"))
    assert "newest section None" in str(complaint(HEAD, "1.0.0"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE.replace("[Unreleased]\n", "[Unreleased]\n\n- New.\n"), "Unreleased"),
        (WHOLE.replace("2027-01-31", "soon"), "no date"),
        (WHOLE.replace(" - 2027-01-31", ""), "no date"),
        (WHOLE.replace("- More.\n", ""), "empty"),
    ],
)
def test_what_is_unfinished_is_said(text: str, said: str) -> None:
    assert said in str(complaint(text, "1.1.0"))


def test_this_version_has_its_section() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ in sections(text)
