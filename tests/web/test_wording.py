"""How the pages speak: plainly, and to whoever reads them for the first time."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from translating.texts import marked

QUAINT = re.compile(
    r"once more|called like|is like that|whoever|may do|goes on|\bGo on\b|did not work"
    r"|There is nothing|cannot be answered|\bof the own\b|for its loss|for a loss|not good"
    r"|as you let",
    re.IGNORECASE,
)
COMMENTS = re.compile(r"\{#.*?#\}", re.DOTALL)


def test_no_page_is_quaint() -> None:
    templates = Path(str(files("mallard") / "templates"))
    texts = {path: COMMENTS.sub("", path.read_text("utf-8")) for path in templates.rglob("*.html")}
    assert len(texts) > 40
    found = {path.name: QUAINT.findall(text) for path, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_text_that_is_told_is_quaint() -> None:
    ids = [message.id for message in marked()]
    texts = {text for one in ids for text in ((one,) if isinstance(one, str) else one)}
    assert len(texts) > 900
    assert sorted(text for text in texts if QUAINT.search(text)) == []
