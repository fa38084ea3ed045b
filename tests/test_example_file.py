"""The example file and the documents say what the declared settings say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mallard.config import (
    DECLARED,
    IN_TABLES,
    Cluster,
    Oidc,
    Peers,
    Portal,
    Settings,
    Smtp,
    UmamiSettings,
    Webhooks,
    load,
)
from mallard.config.example import example_text

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "mallard.toml.example"


def test_the_example_file_is_the_generated_one():
    assert EXAMPLE.read_text(encoding="utf-8") == example_text(), "run `make example`"


def test_the_example_as_it_stands_changes_nothing():
    assert set(load(EXAMPLE, {}).origins.values()) == {"default"}


def test_the_example_with_every_line_uncommented_gives_the_defaults(tmp_path: Path):
    path = tmp_path / "mallard.toml"
    path.write_text(re.sub(r"^#(?=\w+ = |\[)", "", example_text(), flags=re.MULTILINE))
    loaded = load(path, {})
    tables: dict[str, Any] = {
        "smtp": Smtp(),
        "webhooks": Webhooks(),
        "oidc": Oidc(),
        "portal": Portal(),
        "peers": Peers(),
        "umami": UmamiSettings(),
        "cluster": Cluster(),
    }
    assert loaded.settings == Settings(**tables)
    assert set(loaded.origins.values()) == {"file"}


def test_every_description_is_one_sentence():
    for declaration in (*DECLARED, *IN_TABLES):
        assert re.fullmatch(r"[A-Z].*[.]", declaration.description), declaration.key
        assert not re.search(r"[.] [A-Z]", declaration.description), declaration.key


DOCUMENTS = [ROOT / name for name in ("README.md", "PRIVACY.md", "SECURITY.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_settings_that_exist(document: Path):
    known = {name for declaration in (*DECLARED, *IN_TABLES) for name in declaration.variables}
    named = set(re.findall(r"MALLARD_[A-Z_]+", document.read_text(encoding="utf-8")))
    # The last two are of the client's example in docs/portal.md.
    assert named <= known | {"MALLARD_CONFIG", "MALLARD_URL", "MALLARD_KEY"}
