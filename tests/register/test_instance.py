"""The document of the instance, and what counts where sites say nothing of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mallard.register.files import Files
from mallard.register.instance import Instance, TheInstance
from mallard.register.port import Changed, Register
from mallard.register.reading import BadDocument
from mallard.register.site import Site
from mallard.register.sites import Sites

BERLIN = "Europe/Berlin"


def test_what_is_decided_is_there_after_a_start(
    opened: Callable[[], Register], tmp_path: Path
) -> None:
    known = TheInstance(opened()).replace(Instance(name="Figures"), None)
    assert TheInstance(opened()).known == known
    assert (tmp_path / "instance.json").read_text() == '{\n  "name": "Figures"\n}\n'
    assert (tmp_path / "instance.json").stat().st_mode & 0o777 == 0o600


def test_as_long_as_nothing_is_decided_there_is_no_file(tmp_path: Path) -> None:
    instance = TheInstance(Files(tmp_path))
    assert (instance.name, instance.default_zone()) == ("Mallard", "UTC")
    assert not list(tmp_path.iterdir())


def test_it_is_no_site(register: Register) -> None:
    TheInstance(register).replace(Instance(name="Figures"), None)
    assert register.all() == []
    assert Sites(register).ids() == []


def test_nobody_replaces_what_he_has_not_seen(tmp_path: Path) -> None:
    instance = TheInstance(Files(tmp_path))
    first = instance.replace(Instance(name="One"), None)
    with pytest.raises(Changed, match="the document of the instance has changed"):
        instance.replace(Instance(name="Two"), None)
    (tmp_path / "instance.json").write_text('{"name": "By hand"}')
    with pytest.raises(Changed):
        instance.replace(Instance(name="Two"), first.version)
    assert instance.name == "By hand"
    assert instance.replace(Instance(), instance.known.version).instance == Instance()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{\n "name": Shop\n}', "in line 2, column 10"),
        ('{"nme": "Shop"}', "unknown field `nme`"),
        ('{"name": " Shop"}', "name must be printable"),
        (
            '{"default_timezone": "Mars/Olympus"}',
            "'Mars/Olympus' is no time zone",
        ),
        ("[]", "Expected `object`"),
    ],
)
def test_a_mistake_made_by_hand_is_named_with_its_file(
    tmp_path: Path, content: str, problem: str
) -> None:
    path = tmp_path / "instance.json"
    path.write_text(content)
    with pytest.raises(BadDocument) as raised:
        TheInstance(Files(tmp_path))
    assert str(path) in str(raised.value) and problem in str(raised.value)


def test_its_time_zone_is_that_of_sites_which_have_none(register: Register) -> None:
    instance = TheInstance(register)
    sites = Sites(register, instance.default_zone)
    sites.replace("utc.example", Site(timezone="UTC"), None)
    sites.replace("named.example", Site(name="Shop"), None)
    ids = ("utc.example", "named.example", "unknown.example")
    assert [sites.zone_of(site) for site in ids] == ["UTC", "UTC", "UTC"]
    instance.replace(Instance(default_timezone=BERLIN), None)
    assert [sites.zone_of(site) for site in ids] == ["UTC", BERLIN, BERLIN]
    assert sites.zones() == {"UTC", BERLIN}
