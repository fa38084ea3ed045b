"""The language in which something is told just now: a page's reader's, or that of a mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
"""Those in which Mallard tells things, each by its own name."""

_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The language of what is told just now."""
    return _chosen.get()


def tell_in(wanted: str) -> None:
    """Chooses the language of what this thread, or this request, tells from now on."""
    _chosen.set(wanted)


@contextmanager
def told_in(wanted: str) -> Iterator[None]:
    """Meanwhile everything is told in a language, whoever asks."""
    before = _chosen.set(wanted)
    try:
        yield
    finally:
        _chosen.reset(before)
