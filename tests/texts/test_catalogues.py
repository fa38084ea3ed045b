"""Every text is there in every language, and what programs read is what people edit."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from io import BytesIO

import pytest

from mallard.texts.catalogue import HERE, N_, _, plural
from mallard.texts.language import LANGUAGES, told_in
from translating.texts import OTHERS, catalogue, compiled, marked, missing

HINT = "run `make texts`, and fill in what it names in mallard/texts"
PLACES = re.compile(r"%\(\w+\)0?\d*[sdf]|%%|<[^>]+>")


def read(content: bytes) -> dict[object, str]:
    told = vars(GNUTranslations(BytesIO(content)))["_catalog"]
    return {text: told[text] for text in told if text}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_code_is_in_the_catalogue(language: str) -> None:
    known = {message.id for message in catalogue(language)}
    wanted = {message.id for message in marked()}
    assert known == wanted, HINT
    assert missing(catalogue(language)) == [], HINT


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_keeps_its_places_and_its_tags(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            texts = [message.id] if isinstance(message.id, str) else message.id
            told = [message.string] if isinstance(message.string, str) else message.string
            assert told is not None
            for text, translated in zip(texts, told, strict=True):
                assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(translated)), text


@pytest.mark.parametrize("language", OTHERS)
def test_what_programs_read_is_what_people_edit(language: str) -> None:
    kept = (HERE / f"{language}.mo").read_bytes()
    assert read(kept) == read(compiled(catalogue(language))), "run `make texts`"


def test_the_english_text_is_told_as_it_is() -> None:
    assert _("Page %(number)s of %(count)s", number=1, count=2) == "Page 1 of 2"
    assert plural("%(number)s visitor", "%(number)s visitors", 1, number=1) == "1 visitor"
    assert N_("Pages") == _("Pages") == "Pages"


def test_a_text_is_told_in_the_chosen_language_and_only_meanwhile() -> None:
    with told_in("de"):
        assert _("Page %(number)s of %(count)s", number=1, count=2) == "Seite 1 von 2"
        assert plural("%(count)d minute", "%(count)d minutes", 2, count=2) == "2 Minuten"
        assert _("a text that nobody has translated") == "a text that nobody has translated"
    assert _("Pages") == "Pages"


def test_every_language_has_a_catalogue() -> None:
    assert {path.stem for path in HERE.glob("*.po")} == {*OTHERS} == {*LANGUAGES} - {"en"}
