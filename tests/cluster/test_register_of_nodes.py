"""The register of nodes: what is killed, forgotten, brought along or damaged undoes no decision."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import NotAdmitted
from mallard.register.files import Files
from mallard.register.instance import Instance, TheInstance
from mallard.register.port import Changed, Unreachable
from mallard.register.site import Site
from mallard.register.sites import Sites
from tests.cluster.conftest import Place
from tests.cluster.postgres import Postgres
from tests.cluster.registers import Registers
from tests.cluster.test_deciding import SITE, at_once
from tests.killing import killed_before_each_step

pytestmark = pytest.mark.thorough


@pytest.fixture
def registers(place: Place) -> Iterator[Registers]:
    """Those of nodes of which nothing else is run."""
    of_nodes = Registers(place)
    yield of_nodes
    of_nodes.close()


def test_a_kill_leaves_the_old_document_or_the_new_one_and_all_have_the_same(
    registers: Registers,
) -> None:
    ours, found = registers.directory("paris"), set()
    other = registers.open("oslo")
    registers.open("paris")
    sites = Sites(other)
    sites.replace(SITE, Site(name="old"), None)

    def replace() -> None:
        register = registers.open("paris")
        entry = Sites(register).entry(SITE)
        assert entry
        Sites(register).replace(SITE, Site(name="new"), entry.version)

    for _ in killed_before_each_step(replace):
        kept = Files(ours).read(SITE)
        assert kept is None or b"old" in kept.content or b"new" in kept.content
        again, known = Sites(registers.open("paris")), Sites(registers.open("oslo"))
        assert again.name_of(SITE) == known.name_of(SITE)
        found.add((kept is not None and b"new" in kept.content, again.name_of(SITE)))
        entry = known.entry(SITE)
        assert entry
        known.replace(SITE, Site(name="old"), entry.version)
        registers.open("paris")
    # Decided and not yet in the copy, too.
    assert found == {(False, "old"), (False, "new"), (True, "new")}


def test_the_first_node_that_brings_documents_gives_them_to_all(registers: Registers) -> None:
    ours = registers.directory("paris")
    registers.open("oslo")
    ours.mkdir(parents=True)
    Sites(Files(ours)).replace(SITE, Site(name="Shop"), None)
    TheInstance(Files(ours)).replace(Instance(name="Figures"), None)
    registers.open("paris")
    there = registers.open("oslo")
    assert Sites(there).name_of(SITE) == "Shop"
    assert TheInstance(there).name == "Figures"


def test_a_node_with_other_documents_is_refused_until_they_are_elsewhere(
    registers: Registers,
) -> None:
    ours = registers.directory("paris")
    Sites(registers.open("oslo")).replace(SITE, Site(name="Shop"), None)
    ours.mkdir(parents=True)
    Sites(Files(ours)).replace(SITE, Site(name="Mine"), None)
    TheInstance(Files(ours)).replace(Instance(name="Figures"), None)
    with pytest.raises(NotAdmitted, match=r"not the cluster's, of the instance, example\.com;"):
        registers.open("paris")
    assert Sites(Files(ours)).name_of(SITE) == "Mine"
    assert not (ours / "cluster.json").exists()
    shutil.move(ours / "sites", ours / "elsewhere")
    (ours / "instance.json").unlink()
    assert Sites(registers.open("paris")).name_of(SITE) == "Shop"
    # Who brings what all have is let in.
    alike = registers.directory("rome")
    shutil.copytree(registers.directory("oslo") / "sites", alike / "sites")
    assert Sites(registers.open("rome")).name_of(SITE) == "Shop"


def test_of_two_nodes_that_begin_with_documents_of_their_own_one_is_refused(
    registers: Registers,
) -> None:
    copies = [registers.directory(name) for name in ("paris", "oslo")]
    for path in copies:
        path.mkdir(parents=True)
        Sites(Files(path)).replace(SITE, Site(name=path.name), None)

    def begun(path: Path) -> bool:
        try:
            registers.open(path.name)
        except NotAdmitted:
            return False
        return True

    began = at_once(*(partial(begun, path) for path in copies))
    assert sorted(began) == [False, True]
    names = [Sites(Files(path)).name_of(SITE) for path in copies]
    assert names == ["paris", "oslo"]
    assert [begun(path) for path in copies] == began


def test_postgresql_cannot_read_what_is_decided(registers: Registers) -> None:
    register = registers.open("paris")
    Sites(register).replace(SITE, Site(name="A secret name"), None)
    with psycopg.connect(registers.place.catalog) as connection:
        rows = connection.execute("select sealed from mallard_cluster.documents").fetchall()
        assert len(rows) == 1 and b"secret" not in rows[0][0]
        connection.execute(
            "insert into mallard_cluster.documents"
            " select 'other.example', edition, sealed from mallard_cluster.documents"
        )
        connection.execute("update mallard_cluster.decided set edition = gen_random_uuid()")
    # Nor can it give one site the document of another.
    register.look()
    assert "the document of other.example in PostgreSQL is damaged" in str(register.trouble())
    assert Sites(register).ids() == [SITE]


def test_what_a_postgresql_forgets_is_forgotten_everywhere(
    registers: Registers, postgres: Postgres
) -> None:
    paris, oslo = registers.open("paris"), registers.open("oslo")
    entry = Sites(paris).replace(SITE, Site(name="before"), None)
    postgres.keep(registers.place.catalog)
    Sites(paris).replace(SITE, Site(name="after"), entry.version)
    Sites(paris).replace("other.example", Site(name="after"), None)
    postgres.set_back(registers.place.catalog)
    Sites(oslo).change_beside("third.example", lambda beside: beside)
    for register in (paris, oslo):
        register.look()
        assert register.trouble() is None
        assert Sites(register).names() == {SITE: "before"}
        assert Sites(register).ids() == [SITE, "third.example"]


def test_the_database_of_another_cluster_takes_nothing_away(
    registers: Registers, postgres: Postgres
) -> None:
    register = registers.open("paris")
    shop = Sites(register).replace(SITE, Site(name="Shop"), None)
    with psycopg.connect(registers.place.catalog) as connection:
        connection.execute("update mallard_cluster.cluster set id = gen_random_uuid()")
        connection.execute("delete from mallard_cluster.documents")
        connection.execute("update mallard_cluster.decided set edition = gen_random_uuid()")
    register.look()
    assert "not the cluster of this node" in str(register.trouble())
    with pytest.raises(Unreachable, match="not the cluster of this node"):
        register.delete(SITE, shop.version)
    assert Sites(register).name_of(SITE) == "Shop"


def test_what_somebody_edits_in_the_copy_does_not_last(registers: Registers) -> None:
    register = registers.open("paris")
    entry = Sites(register).replace(SITE, Site(name="Shop"), None)
    Files(registers.directory("paris")).replace(
        SITE, b'{"site_id": "example.com", "name": "By hand"}', entry.version
    )
    again = registers.open("paris")
    assert Sites(again).name_of(SITE) == "Shop"
    with pytest.raises(Changed):
        again.replace(SITE, b"{}", None)


def test_a_full_disk_keeps_no_node_from_what_is_decided(
    registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = registers.open("paris")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("mallard.register.files.replace_file", full)
        with pytest.raises(Unreachable, match="the disk cannot be written"):
            register.replace(SITE, b'{"site_id": "example.com"}', None)
    register.look()
    assert register.trouble() is None
    assert Sites(register).ids() == [SITE]


def test_the_record_counts_one_decision_at_a_time(registers: Registers) -> None:
    register = registers.open("paris")
    for number in range(3):
        register.replace(f"{number}.example", b'{"site_id": "%d.example"}' % number, None)
    with closing(Catalog(registers.place.catalog)) as catalog:
        editions = [row[0] for row in catalog.rows("select edition from mallard_cluster.documents")]
    assert len(set(editions)) == 3
