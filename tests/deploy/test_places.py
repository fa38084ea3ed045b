"""Fly.io, Kubernetes, systemd and Prometheus: each file is what its place takes."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from mallard.ingest.addresses import TrustedProxies
from tests.deploy.files import DEPLOY, ROOT, VARIABLES, checked, loaded

MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNIT = DEPLOY / "mallard.service"
EXPOSED_AT_MOST = 20
"""Of 100, as `systemd-analyze security` counts; an unprotected service has 96."""


def fly() -> dict[str, Any]:
    return tomllib.loads((ROOT / "fly.toml").read_text("utf-8"))


def manifest(kind: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [m for m in map(loaded, MANIFESTS) if m["kind"] == kind]
    return found


def pod() -> dict[str, Any]:
    found: dict[str, Any] = manifest("StatefulSet")["spec"]["template"]["spec"]
    return found


def container() -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = pod()["containers"]
    return found


def unit() -> list[tuple[str, str]]:
    lines = UNIT.read_text("utf-8").splitlines()
    return [(m[1], m[2]) for line in lines if (m := re.fullmatch(r"(\w+)=(.*)", line))]


def test_fly_has_the_documented_values() -> None:
    found = fly()
    assert found["vm"] == [{"cpu_kind": "shared", "cpus": 1, "memory": "512mb"}]
    assert found["mounts"] | {"destination": "/data"} == found["mounts"]
    assert found["http_service"]["internal_port"] == int(found["env"]["MALLARD_PORT"]) == 8080
    assert found["checks"]["health"]["path"] == "/health/ready"
    assert found["env"]["MALLARD_DATA_DIR"] == "/data"
    assert set(found["env"]) <= VARIABLES


def test_behind_fly_a_visitor_has_their_own_address() -> None:
    proxies = TrustedProxies(fly()["env"]["MALLARD_TRUSTED_PROXIES"].split(","))
    for of_the_app in ("66.241.124.230", "2a09:8280:1::af:1aa1:0"):
        forwarded = f"198.51.100.7, 203.0.113.9, {of_the_app}"
        assert proxies.client_address("172.16.3.4", forwarded, None) == "203.0.113.9"


def test_kubernetes_takes_the_manifests() -> None:
    checked("kubernetes-validate", "--strict", *MANIFESTS)


def test_kubernetes_runs_one_pod_with_nothing_but_its_volume() -> None:
    assert manifest("StatefulSet")["spec"]["replicas"] == 1
    assert not pod()["enableServiceLinks"]
    assert not pod()["automountServiceAccountToken"]
    (claim,) = manifest("StatefulSet")["spec"]["volumeClaimTemplates"]
    (mount,) = container()["volumeMounts"]
    assert (mount["name"], mount["mountPath"]) == (claim["metadata"]["name"], "/data")


def test_the_pod_keeps_to_the_restricted_standard() -> None:
    labels = manifest("Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod()["securityContext"]["runAsNonRoot"]
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    allowed = container()["securityContext"]
    assert allowed["capabilities"] == {"drop": ["ALL"]}
    assert not allowed["allowPrivilegeEscalation"]
    assert allowed["readOnlyRootFilesystem"]


def test_kubernetes_asks_for_health_as_documented() -> None:
    live, ready = container()["livenessProbe"], container()["readinessProbe"]
    assert (live["httpGet"]["path"], live["periodSeconds"]) == ("/health", 10)
    assert (ready["httpGet"]["path"], ready["periodSeconds"]) == ("/health/ready", 15)
    assert ready["failureThreshold"] == 3


def test_kubernetes_sets_only_what_mallard_knows() -> None:
    settings = manifest("ConfigMap")["data"]
    assert set(settings) <= VARIABLES
    host = manifest("Ingress")["spec"]["rules"][0]["host"]
    assert settings["MALLARD_DASHBOARD_ORIGIN"] == f"https://{host}"


@pytest.mark.parametrize("kind", ["ConfigMap", "Ingress", "Service", "StatefulSet"])
def test_everything_is_in_the_namespace(kind: str) -> None:
    assert manifest(kind)["metadata"]["namespace"] == manifest("Namespace")["metadata"]["name"]


@pytest.fixture
def verifiable(tmp_path: Path) -> Path:
    """The unit with a program that is there: what would be installed is not, here."""
    text = UNIT.read_text("utf-8")
    assert "/opt/mallard/bin/mallard" in text
    there = Path(sys.executable).parent / "mallard"
    copy = tmp_path / "mallard.service"
    copy.write_text(text.replace("ExecStart=/opt/mallard/bin/mallard", f"ExecStart={there}"))
    return copy


@pytest.mark.thorough
def test_systemd_takes_the_unit(verifiable: Path) -> None:
    command = ["systemd-analyze", "verify", "--man=no", str(verifiable)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.thorough
def test_systemd_finds_the_service_well_protected(verifiable: Path) -> None:
    threshold = f"--threshold={EXPOSED_AT_MOST}"
    command = ["systemd-analyze", "security", "--offline=true", threshold, str(verifiable)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_starts_mallard_and_gives_up_only_on_bad_settings() -> None:
    found = dict(unit())
    assert found["ExecStart"].startswith("/opt/mallard/bin/mallard serve ")
    assert found["Restart"] == "on-failure"
    assert found["RestartPreventExitStatus"] == "2"
    variables = [value.partition("=")[0] for key, value in unit() if key == "Environment"]
    assert variables == ["MALLARD_DATA_DIR"]


def test_prometheus_scrapes_what_the_alerts_are_about() -> None:
    found = loaded(DEPLOY / "prometheus.yml")
    (job,) = found["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("mallard_metrics", "/metrics")
    assert job["scrape_interval"] == "30s"
    assert all((DEPLOY / file).is_file() for file in found["rule_files"])
    alerts = (DEPLOY / "prometheus-alerts.yml").read_text("utf-8")
    assert f'up{{job="{job["job_name"]}"}}' in alerts


def test_networks_in_the_files_are_networks() -> None:
    named = manifest("ConfigMap")["data"]["MALLARD_TRUSTED_PROXIES"].split(",")
    assert any(ip_address("10.1.2.3") in ip_network(network) for network in named)
