"""The code blocks of the documents; `python -m documentation.blocks` lists those that no test runs.

A command that needs what a machine for tests cannot have is named in `ELSEWHERE`, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from documentation import ROOT, api, settings

PAGES = (
    "README.md",
    "PRIVACY.md",
    "SECURITY.md",
    "benches/README.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")),
)
MADE = {"the API's reference": api.page, "the list of settings": settings.page}

ELSEWHERE = {
    "pip": "asks the package index; the wheel itself is tried by tests/end_to_end/test_wheel.py",
    "make": "runs what is tested",
    "docker": "needs Docker",
    "fly": "needs an account at Fly.io",
    "kubectl": "needs a cluster",
    "useradd": "changes the system that it runs on",
    "ssh": "needs another machine",
    "sudo": "changes the system that it runs on",
}
"""Programs, and why a block that calls one of them is not run."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASSIGNMENTS = re.compile(r"^(?:[A-Z_]+=\S+ )+")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it is, its language, and what is in it."""

    page: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def elsewhere(self) -> str | None:
        """Why it is not run; None when a test runs it."""
        reasons = (ELSEWHERE.get(program) for program in self._programs())
        return next((reason for reason in reasons if reason), None)

    @property
    def is_serving(self) -> bool:
        """Whether it starts a server, which runs until it is stopped."""
        return bool(re.search(r"\bmallard serve\b", self.text))

    def _programs(self) -> Iterator[str]:
        if self.language == "sh":
            for line in self.text.splitlines():
                yield _ASSIGNMENTS.sub("", line).split(" ", 1)[0]


def blocks_of(page: str, text: str) -> list[Block]:
    """The blocks of a document, in order."""
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
    ]


@cache
def blocks() -> list[Block]:
    """Every block of every document, those that are made of the code among them."""
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
    texts |= {name: make() for name, make in MADE.items()}
    return [block for page, text in texts.items() for block in blocks_of(page, text)]


if __name__ == "__main__":
    for block in blocks():
        if block.elsewhere:
            first = next(line for line in block.text.splitlines() if line)
            print(f"not run: {block.name} `{first}` {block.elsewhere}")
