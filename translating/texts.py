"""The texts that the code and the templates mark, and the catalogues of other languages."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mallard.texts.language import ENGLISH, LANGUAGES

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "mallard" / "texts"
WHERE = [
    ("mallard/templates/reference/**", "ignore"),
    ("mallard/**.py", "python"),
    ("mallard/templates/**.html", "jinja2.ext:babel_extract"),
    ("mallard/templates/**.txt", "jinja2.ext:babel_extract"),
]
OPTIONS = {"mallard/templates/**": {"trimmed": "true", "silent": "false"}}
ONE, TWO = None, (1, 2)
KEYWORDS = {"_": ONE, "N_": ONE, "said": ONE, "gettext": ONE} | dict.fromkeys(
    ("ngettext", "plural", "said_of"), TWO
)
HEADER = r"""msgid ""
msgstr ""
"Language: {}\n"
"Plural-Forms: {}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
"""What programs need; who changed it when is told by the repository."""
OTHERS = tuple(language for language in LANGUAGES if language != ENGLISH)


def marked() -> Catalog:
    """All texts that are marked in the code, in the order of their files."""
    found = Catalog(fuzzy=False)
    told = extract_from_dir(
        ROOT, WHERE, OPTIONS, KEYWORDS, comment_tags=["For translators:"], strip_comment_tags=True
    )
    for path, line, text, comments, _ in sorted(told, key=lambda one: (one[0], one[1])):
        found.add(text, locations=[(path, line)], auto_comments=comments)
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue of a language, as it is kept."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str) -> Catalog:
    """The same with the texts that are marked now; new ones are empty, old ones gone."""
    known, wanted = catalogue(language), marked()
    renewed = Catalog(locale=language, fuzzy=False, header_comment=known.header_comment)
    for message in wanted:
        if message.id:
            renewed[message.id] = _told(message, known.get(message.id))
    return renewed


def _told(message: Message, known: Message | None) -> Message:
    is_same_kind = known is not None and isinstance(known.id, str) == isinstance(message.id, str)
    message.string = known.string if known and is_same_kind else message.string
    return message


def spelt(of: Catalog) -> bytes:
    """A catalogue as people edit it: files are named, their lines are not, since these move."""
    file = BytesIO()
    write_po(file, of, width=100, omit_header=True, include_lineno=False, ignore_obsolete=True)
    return HEADER.format(of.locale, of.plural_forms).encode() + file.getvalue()


def compiled(of: Catalog) -> bytes:
    """A catalogue as programs read it."""
    file = BytesIO()
    write_mo(file, of)
    return file.getvalue()


def missing(of: Catalog) -> list[str]:
    """The texts that a catalogue has no words for."""
    return [str(message.id) for message in of if message.id and not _is_told(message)]


def _is_told(message: Message) -> bool:
    texts = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(texts) and all(texts)
