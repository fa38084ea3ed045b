"""The compose file of several nodes, as Compose reads it with its .env filled in."""

from __future__ import annotations

import re
from typing import Any

from tests.cluster.object_store import SECRET
from tests.deploy.files import DEPLOY, loaded

CLUSTER = DEPLOY / "cluster"
COMPOSE = CLUSTER / "compose.yaml"
FILLED = {
    "DOMAIN": "analytics.example.com",
    "ACME_EMAIL": "admin@example.com",
    "MALLARD_SECRET": "a secret that all the nodes of a test share",
    "MALLARD_ADMIN_PASSWORD": "a password of a test",
    "POSTGRES_PASSWORD": "1f2e3d4c",
    "STORE_SECRET": SECRET,
}
"""What has to be set in .env."""


def services() -> dict[str, dict[str, Any]]:
    """Every service of the file."""
    found: dict[str, dict[str, Any]] = loaded(COMPOSE)["services"]
    return found


def nodes() -> dict[str, dict[str, Any]]:
    """Those that are Mallard."""
    return {name: one for name, one in services().items() if one["image"] == "mallard-cluster"}


def environment(service: str) -> dict[str, str]:
    """What a service finds in its environment."""
    return {name: _filled(value) for name, value in services()[service]["environment"].items()}


def _filled(text: str) -> str:
    return re.sub(
        r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: FILLED.get(found[1], found[2]), text
    )
