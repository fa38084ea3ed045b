"""How the pages speak: plainly, and to whoever reads them for the first time."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

QUAINT = re.compile(
    r"once more|called like|is like that|whoever|may do|goes on|\bGo on\b|did not work"
    r"|There is nothing|cannot be answered",
    re.IGNORECASE,
)
COMMENTS = re.compile(r"\{#.*?#\}", re.DOTALL)


def test_no_page_is_quaint() -> None:
    templates = Path(str(files("mallard") / "templates"))
    texts = {path: COMMENTS.sub("", path.read_text("utf-8")) for path in templates.rglob("*.html")}
    assert len(texts) > 40
    found = {path.name: QUAINT.findall(text) for path, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}
