"""The figures of docs/sizing.md are those that benches/README.md has measured."""

from __future__ import annotations

import re

from documentation import ROOT

GUIDE = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "benches" / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
NOT_MEASURED = {"410", "1", "2"}
"""Of a gigabyte two fifths are 410 MB; the others count gigabytes and cores."""


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def test_every_figure_was_measured() -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| ")]
    told = numbers(re.sub(r"\d{4}-\d\d-\d\d", "", "\n".join(rows))) - {"503", "429"}
    assert len(told) > 20
    large = {"8.6"} if "8,641,000" in MEASURED else set()
    unknown = told - numbers(MEASURED) - NOT_MEASURED - large
    assert not unknown, f"not in benches/README.md (measured anew?): {unknown}"


def test_whoever_asks_for_several_servers_is_told_the_same() -> None:
    told = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8").partition("\n| ")[0]
    figures = {"6,785", "109"}
    assert figures < numbers(told)
    assert numbers(told) < numbers(GUIDE), "not in docs/sizing.md"
