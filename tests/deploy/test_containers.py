"""The images and the compose files: well formed, and as closed as they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import (
    DEPLOY,
    PRODUCTION,
    ROOT,
    VARIABLES,
    checked,
    example_of_env,
    interpolated,
    loaded,
)

SIMPLE = ROOT / "docker-compose.yml"
COMPOSE = pytest.mark.parametrize("file", [SIMPLE, PRODUCTION], ids=lambda path: path.name)
OF_COMPOSE = {"MALLARD_MEMORY"}
"""A variable that the compose file itself reads."""


def service(file: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = loaded(file)["services"][name]
    return found


@pytest.mark.parametrize("file", [ROOT / "Dockerfile", DEPLOY / "Dockerfile.caddy"])
def test_hadolint_finds_nothing_in_the_images(file: Path) -> None:
    checked("hadolint", "--failure-threshold", "style", file)


def test_the_image_is_healthy_when_mallard_says_so() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert 'CMD ["mallard", "health"]' in text
    # Kubernetes tells only by a number that a user is not root.
    assert "\nUSER 10001\n" in text


@COMPOSE
def test_compose_files_follow_the_schema(file: Path) -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


@COMPOSE
def test_compose_files_set_only_what_mallard_knows(file: Path) -> None:
    assert set(service(file, "mallard")["environment"]) <= VARIABLES


@COMPOSE
def test_an_orderly_stop_has_its_time(file: Path) -> None:
    assert service(file, "mallard")["stop_grace_period"] == "40s"


def test_the_simple_one_is_reached_from_this_machine_alone() -> None:
    assert service(SIMPLE, "mallard")["ports"] == ["127.0.0.1:8000:8000"]


def test_in_production_only_caddy_is_reached() -> None:
    assert "ports" not in service(PRODUCTION, "mallard")
    assert service(PRODUCTION, "caddy")["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert loaded(PRODUCTION)["networks"]["proxy"] == {"internal": True}
    assert service(PRODUCTION, "mallard")["networks"] == ["proxy"]


@pytest.mark.parametrize(("name", "may"), [("mallard", None), ("caddy", ["NET_BIND_SERVICE"])])
def test_in_production_a_container_may_do_next_to_nothing(name: str, may: Any) -> None:
    found = service(PRODUCTION, name)
    assert found["cap_drop"] == ["ALL"]
    assert found.get("cap_add") == may
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["read_only"]
    assert found["mem_limit"]
    assert set(found["logging"]["options"]) == {"max-size", "max-file"}


def test_a_missing_volume_is_not_made_up() -> None:
    (data,) = service(PRODUCTION, "mallard")["volumes"]
    assert data["source"] == "/srv/mallard/data"
    assert not data["bind"]["create_host_path"]


def test_the_example_names_what_production_reads_and_nothing_else() -> None:
    assert set(example_of_env()) == interpolated(PRODUCTION.read_text("utf-8"))
    assert {name for name in example_of_env() if name.startswith("MALLARD_")} <= (
        VARIABLES | OF_COMPOSE
    )


def test_the_example_holds_the_documented_values_and_no_secret() -> None:
    example = example_of_env()
    assert {name: example[name] for name in DOCUMENTED} == DOCUMENTED
    secrets = [name for name in example if name.endswith(("SECRET", "PASSWORD", "TOKEN"))]
    assert len(secrets) == 4
    assert not any(example[name] for name in secrets)


DOCUMENTED = {
    "MALLARD_RETENTION_DAYS": "365",
    "MALLARD_RATE_LIMIT": "0",
    "MALLARD_CACHE_TTL": "60",
    "MALLARD_MAX_CONCURRENT_QUERIES": "10",
    "MALLARD_MAX_LOGIN_ATTEMPTS": "5",
    "MALLARD_LOGIN_LOCKOUT": "300",
    "MALLARD_GEOIP_DB": "",
}
