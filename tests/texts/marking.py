"""Finds texts in templates and pages' modules that nobody has marked to be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import jinja2
from jinja2 import nodes

TEMPLATES = Path(__file__).parents[2] / "mallard" / "templates"
SAID_ALOUD = ("aria-label", "title", "placeholder", "alt")
THERE = "\N{REPLACEMENT CHARACTER}"
"""Stands for what is marked, or made."""
MARKED = ("_", "gettext", "ngettext")

LOGGED = ("warning", "info", "error", "exception")
SAID_ELSEWHERE = (
    *("N_", "_", "plural", "said", "said_of"),
    *("Meta", "Answer", "Choice", "Lenient", "WholeNumber", "described"),
    *LOGGED,
)
"""What marks a text; what describes the API; what writes the log."""
MADE = ("BadRow", "LeftOut", "Rejected", "Missing", "Malformed", "abort")
"""Errors that are handed over as well as raised, and what raises an answer."""
NEVER_SHOWN = (
    *("AssertionError", "ImportError", "IndexError", "TypeError"),
    *("BadZipFile", "Changed", "NotJournalled", "OSError", "ProviderFailed"),
)
"""Errors of programs, and those that the log alone tells."""

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_TRANS = re.compile(r"\{%[-+]? *trans\b.*?\{%[-+]? *endtrans *[-+]?%\}", re.DOTALL)
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SENTENCE = re.compile(r"[A-Z][A-Za-z']*,? [A-Za-z%]")
_WORDS = re.compile(r"[A-Za-z]{2,},? [A-Za-z]|^[A-Z][a-z]+$")


class _Visible(HTMLParser):
    """Collects what readers see or hear of a page."""

    UNSEEN = ("script", "style", "code", "pre", "kbd")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.UNSEEN:
            self._within.append(tag)
        self.found += [value or "" for name, value in attrs if name in SAID_ALOUD]

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.found.append(data)


def unmarked_markup(source: str) -> Iterator[str]:
    """Texts of a template that stand in no `{% trans %}`."""
    page = _Visible()
    page.feed(
        _JINJA.sub("\N{REPLACEMENT CHARACTER}", _TRANS.sub("\N{REPLACEMENT CHARACTER}", source))
    )
    page.close()
    yield from (" ".join(text.split()) for text in page.found if _LETTERS.search(text))


def unmarked_strings(source: str) -> Iterator[str]:
    """Strings in a template's expressions that read like texts and stand in no `_()`."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])  # parsed only
    yield from _strings(environment.parse(source))


def _strings(node: nodes.Node) -> Iterator[str]:
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name in MARKED
    ):
        return
    if isinstance(node, nodes.Compare | nodes.Extends | nodes.Include | nodes.FromImport):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _WORDS.search(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _strings(child)


def unmarked_sentences(tree: ast.AST) -> Iterator[str]:
    """Strings of a module that begin with a capital letter and have several words."""
    if isinstance(tree, ast.Call) and _called(tree) in SAID_ELSEWHERE:
        return
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if _SENTENCE.match(child.value):
                yield child.value
        else:
            yield from unmarked_sentences(child)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def unmarked_errors(tree: ast.AST) -> Iterator[str]:
    """What errors say in a text that is not marked, or that is of one language by then."""
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else node
        if not isinstance(call, ast.Call) or _called(call) in NEVER_SHOWN:
            continue
        if call is not node or _called(call) in MADE:
            yield from (ast.unparse(text) for text in call.args if _is_plain(text))


def flattened_errors(tree: ast.AST) -> Iterator[str]:
    """Where pages make plain text of an error, which nobody can tell in a language any more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name:
            yield from _flattened(node, node.name)


def _flattened(node: ast.AST, error: str) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in LOGGED:
        return
    made = node.value if isinstance(node, ast.FormattedValue) else None
    if isinstance(node, ast.Call) and _called(node) == "str":
        made = node.args[0]
    if isinstance(made, ast.Name) and made.id == error:
        yield ast.unparse(node)
    for child in ast.iter_child_nodes(node):
        yield from _flattened(child, error)


def _is_plain(text: ast.expr) -> bool:
    if isinstance(text, ast.Call):
        return _called(text) in ("_", "str")
    is_string = isinstance(text, ast.Constant) and isinstance(text.value, str)
    return is_string or isinstance(text, ast.JoinedStr)
