"""Whatever keeps documents: they are replaced whole, by those who have seen what they replace."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mallard.register.instance import Instance, TheInstance
from mallard.register.port import ENTRANCE, INSTANCE, KEYS, PEOPLE, Changed, Register
from mallard.register.site import Site
from mallard.register.sites import Sites

SITE = "example.com"


def test_what_is_kept_is_read_again(register: Register) -> None:
    first = register.replace(SITE, b"one", None)
    assert register.read(SITE) == first
    assert register.all() == [first]
    assert register.replace(SITE, b"two", first.version).version != first.version
    assert [document.content for document in register.all()] == [b"two"]


def test_nobody_replaces_what_he_has_not_seen(register: Register) -> None:
    first = register.replace(SITE, b"one", None)
    second = register.replace(SITE, b"two", first.version)
    for stale in (None, first.version):
        with pytest.raises(Changed):
            register.replace(SITE, b"three", stale)
    with pytest.raises(Changed):
        register.delete(SITE, first.version)
    assert register.read(SITE) == second
    register.delete(SITE, second.version)
    assert register.read(SITE) is None
    with pytest.raises(Changed):
        register.replace(SITE, b"three", second.version)


def test_of_many_writers_at_once_one_succeeds(register: Register) -> None:
    first = register.replace(SITE, b"one", None)

    def replace(number: int) -> bytes | None:
        content = b"by %d" % number
        try:
            return register.replace(SITE, content, first.version).content
        except Changed:
            return None

    with ThreadPoolExecutor(8) as pool:
        written = [content for content in pool.map(replace, range(32)) if content]
    kept = register.read(SITE)
    assert kept and written == [kept.content]


@pytest.mark.parametrize("key", [INSTANCE, PEOPLE, KEYS, ENTRANCE])
def test_what_is_of_no_site_is_kept_beside_them(register: Register, key: str) -> None:
    first = register.replace(key, b"{}", None)
    assert register.read(key) == first
    assert register.all() == []
    with pytest.raises(Changed):
        register.replace(key, b"{ }", None)
    register.delete(key, first.version)
    assert register.read(key) is None


def test_what_is_decided_is_there_after_a_start(opened: Callable[[], Register]) -> None:
    register = opened()
    entry = Sites(register).replace(SITE, Site(name="Shop", aliases=("old.example",)), None)
    known = TheInstance(register).replace(Instance(name="Figures"), None)
    again = opened()
    assert Sites(again).entry(SITE) == entry
    assert Sites(again).site_behind("old.example") == SITE
    assert TheInstance(again).known == known
    Sites(again).delete(SITE, entry.version)
    assert Sites(opened()).ids() == []
