"""The settings of Umami's place: ids of websites, and the sites that they are."""

from __future__ import annotations

import pytest

from mallard.config import SettingsError, UmamiSettings, load

ID = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"


def test_websites_are_named_by_their_ids(toml):
    text = f'[umami.websites]\n"{ID}" = "portal"\nanother = "example.com"'
    expected = UmamiSettings(websites={ID: "portal", "another": "example.com"})
    assert load(toml(text), {}).settings.umami == expected


def test_without_the_table_there_is_none(toml):
    assert load(toml("port = 1"), {}).settings.umami is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[umami]\nsite = "x"', "'umami.site': unknown key"),
        ('[umami.websites]\n"a b" = "example.com"', "'umami.websites.a b': expected the id"),
        (f'[umami.websites]\n"{ID}" = "a b"', f"umami.websites.{ID}: expected site ids"),
        (f'[umami.websites]\n"{ID}" = 5', f"umami.websites.{ID}: expected a text"),
    ],
)
def test_a_mistake_is_named(toml, text: str, said: str):
    with pytest.raises(SettingsError) as raised:
        load(toml(text), {})
    assert said in str(raised.value) and "\n" not in str(raised.value)
