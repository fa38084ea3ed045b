"""deploy/cluster/kubernetes: the one pod's files, with three pods instead of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mallard.cluster.bucket import access_of
from mallard.config import load
from tests.deploy.cluster_files import CLUSTER
from tests.deploy.files import DEPLOY, VARIABLES, checked, loaded

MANIFESTS = {path.stem: path for path in sorted((CLUSTER / "kubernetes").glob("*.yaml"))}
ALONE = DEPLOY / "kubernetes"
MADE = {
    "MALLARD_SECRET": "a secret that all the nodes of a test share",
    "MALLARD_ADMIN_PASSWORD": "a password of a test",
    "MALLARD_METRICS_TOKEN": "a token of a test",
}
"""What whoever makes the secret puts in."""


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = loaded(MANIFESTS[name])["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = pod(name)["containers"]
    return found


def given(name: str, pod_name: str) -> dict[str, str]:
    """What a container finds in its environment; the secret is the one that the file tells of."""
    text = MANIFESTS["statefulset"].read_text("utf-8")
    told = re.findall(r"^#     --from-literal=(\w+)=(\S+)", text, re.MULTILINE)
    sources = {
        "mallard": loaded(ALONE / "configmap.yaml")["data"],
        "mallard-cluster": loaded(MANIFESTS["configmap"])["data"],
    }
    found: dict[str, str] = dict(told) | MADE
    for one in container(name)["envFrom"]:
        (reference,) = one.values()
        found |= sources[reference["name"]] if "configMapRef" in one else {}
    (own,) = container(name)["env"]
    return found | {own["name"]: own.get("value", pod_name)}


def test_kubernetes_takes_the_manifests() -> None:
    checked("kubernetes-validate", "--strict", *MANIFESTS.values())


@pytest.mark.parametrize("name", MANIFESTS)
def test_everything_is_in_the_namespace(name: str) -> None:
    assert loaded(MANIFESTS[name])["metadata"]["namespace"] == "mallard"


@pytest.mark.parametrize(("name", "node"), [("statefulset", "mallard-2"), ("init", "init")])
def test_mallard_takes_what_it_is_given(name: str, node: str) -> None:
    found = given(name, node)
    assert {key for key in found if not key.startswith("AWS_")} <= VARIABLES
    assert {"secretRef": {"name": "mallard"}} in container(name)["envFrom"]
    read = load(None, found)
    assert read.warnings == []
    assert read.settings.cluster is not None
    assert read.settings.cluster.node == node
    assert access_of(found).region == "eu-west-3"


def test_a_node_is_called_as_its_pod() -> None:
    found = loaded(MANIFESTS["statefulset"])["spec"]
    assert found["replicas"] == 3
    (own,) = container("statefulset")["env"]
    assert own["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    (claim,) = found["volumeClaimTemplates"]
    (mount,) = container("statefulset")["volumeMounts"]
    assert (mount["name"], mount["mountPath"]) == (claim["metadata"]["name"], "/data")


def test_the_files_of_one_pod_serve_three() -> None:
    several = loaded(MANIFESTS["statefulset"])
    alone = loaded(ALONE / "statefulset.yaml")
    labels = several["spec"]["template"]["metadata"]["labels"]
    service = loaded(ALONE / "service.yaml")
    assert service["spec"]["selector"] == labels
    assert several["spec"]["serviceName"] == service["metadata"]["name"]
    assert loaded(MANIFESTS["budget"])["spec"]["selector"]["matchLabels"] == labels
    assert several["metadata"] == alone["metadata"]
    (before,) = alone["spec"]["template"]["spec"]["containers"]
    for probe in ("livenessProbe", "startupProbe", "readinessProbe", "securityContext", "ports"):
        assert container("statefulset")[probe] == before[probe]


@pytest.mark.parametrize("name", ["statefulset", "init"])
def test_pods_keep_to_the_restricted_standard(name: str) -> None:
    assert pod(name)["securityContext"]["runAsNonRoot"]
    assert pod(name)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod(name)["enableServiceLinks"]
    assert not pod(name)["automountServiceAccountToken"]
    allowed = container(name)["securityContext"]
    assert allowed["capabilities"] == {"drop": ["ALL"]}
    assert not allowed["allowPrivilegeEscalation"]
    assert allowed["readOnlyRootFilesystem"]


def test_the_cluster_is_begun_by_the_image_of_its_nodes() -> None:
    assert container("init")["image"] == container("statefulset")["image"]
    assert container("init")["args"] == ["cluster", "init"]
