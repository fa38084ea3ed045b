"""Every text that readers see is marked, so that it can be told in their language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.texts.marking import (
    TEMPLATES,
    THERE,
    flattened_errors,
    unmarked_errors,
    unmarked_markup,
    unmarked_sentences,
    unmarked_strings,
)

ERRORS_HINT = "mark it by said(), run `make texts`, and fill in what that names"
HINT = "put it into {% trans %} or _(), run `make texts`, and fill in what that names"
SAME_EVERYWHERE = frozenset(
    (
        *("API", "CSV", "Excel", "JSON", "Mallard", "Mattermost", "Parquet", "Slack", "UTC"),
        *("Owner", "Editor", "Viewer"),
        *("/path", "1 day", "example.com", "https://", "page:/blog/* or event:signup"),
        "period=last_month&tab=goals",
    )
)
"""Names, and what is typed as it stands, whatever the language."""
MARKUP_ITSELF = frozenset(
    ("charts.html", "links.html", "settings/_sites.html", "tree.html", "world.html")
)
"""They make tags and attributes of expressions, which are no texts."""
WEB = TEMPLATES.parent / "web"
OF_PAGES = sorted(
    path
    for room in ("account", "dashboard", "mail", "portal", "sharing")
    for path in (WEB / room).glob("*.py")
)
NO_TEXTS = frozenset(("icons.py", "making.py"))
"""Names of products, and what is described of the API."""

PACKAGE = TEMPLATES.parent
FOR_PROGRAMS = (
    *("peers/plausible_stats", "peers/umami_reading"),
    *("web/api", "web/peers", "web/portal/git"),
)
FOR_OPERATORS = (
    *("backup.py", "cli.py", "exporting.py", "incoming.py", "restoring.py", "spam.py"),
    "visitors.py",
)
SHOWN = sorted(
    path
    for room in (
        *("alerts", "auth", "ingest", "mail", "oidc", "peers", "people", "register", "reports"),
        *("transfer", "web", "zones"),
    )
    for path in [*PACKAGE.glob("*.py"), *(PACKAGE / room).rglob("*.py")]
    if not path.relative_to(PACKAGE).as_posix().startswith(FOR_PROGRAMS)
    and path.name not in FOR_OPERATORS
)
"""Modules whose errors a page may show: all but those that speak to programs, or on a console."""

PAGES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    # The reference of the API is in English, as the API is.
    if path.parent.name != "reference"
)


@pytest.mark.parametrize("name", PAGES)
def test_every_text_of_a_template_is_marked(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    found = [*unmarked_markup(source), *unmarked_strings(source)]
    if name in MARKUP_ITSELF:
        found = [text for text in found if "=" not in text]
    texts = [text for text in found if text.strip(f"{THERE} :,") not in SAME_EVERYWHERE]
    assert texts == [], HINT


@pytest.mark.parametrize("source", ["<p>Two words</p>", '<a title="Look">{{ x }}</a>'])
def test_an_unmarked_text_is_found(source: str) -> None:
    assert list(unmarked_markup(source))


def test_an_unmarked_text_in_an_expression_is_found() -> None:
    assert list(unmarked_strings('{{ "No visits" if x else _("Some visits") }}')) == ["No visits"]


def test_every_sentence_that_a_module_of_pages_says_is_marked() -> None:
    assert list(_sentences(OF_PAGES)) == [], HINT


def test_every_error_that_a_page_may_show_says_a_marked_text() -> None:
    found = [
        (path.name, text)
        for path in SHOWN
        for text in unmarked_errors(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == [], ERRORS_HINT


def test_no_page_makes_plain_text_of_an_error() -> None:
    found = [
        (path.name, text)
        for path in OF_PAGES
        for text in flattened_errors(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == [], "show it by told(error), sentence(error), or words_of(error)"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise BadQuery("no such page")', "'no such page'"),
        ('raise ValueError(f"{name} is missing")', "f'{name} is missing'"),
        ("raise BadPart(str(error))", "str(error)"),
        ('yield 1, BadRow("no time")', "'no time'"),
        ('abort(404, "nothing here")', "'nothing here'"),
    ],
)
def test_an_error_that_says_an_unmarked_text_is_found(source: str, found: str) -> None:
    assert list(unmarked_errors(ast.parse(source))) == [found]


def test_an_error_that_becomes_plain_text_is_found() -> None:
    source = "try:\n    act()\nexcept BadPart as no:\n    log.info(str(no))\n    show({})"
    assert list(flattened_errors(ast.parse(source.format('f"{no}."')))) == ["{no}"]
    assert list(flattened_errors(ast.parse(source.format("str(no)")))) == ["str(no)"]
    assert list(flattened_errors(ast.parse(source.format("told(no)")))) == []


def test_no_text_is_marked_within_a_formatted_string_where_it_would_not_be_found() -> None:
    for path in (TEMPLATES.parent).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                called = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
                names = {f.id for f in called if isinstance(f, ast.Name)}
                assert not names & {"_", "N_", "plural", "said", "said_of"}, path


def _sentences(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        if path.name not in NO_TEXTS:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (f"{path.name}: {text}" for text in unmarked_sentences(tree))
