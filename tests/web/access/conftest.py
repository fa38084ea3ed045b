"""A Mallard with a password, and the ways in: a session, an API key, or neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Oidc, Peers, Portal, Smtp, UmamiSettings
from mallard.register.site import Site
from mallard.wsgi import application
from tests.cheaper import CHEAP_HASHER
from tests.conftest import copy_fresh, kept_open

PASSWORD = "correct horse"
EVERY_ROOM: dict[str, Any] = {
    "umami": UmamiSettings(websites={"a-website": "example.com"}),
    "peers": Peers(plausible=True, umami=True, goatcounter=True),
    "portal": Portal(tools=("pets",)),
    "oidc": Oidc(issuer="https://id.example", client_id="mallard", client_secret="a secret"),
    "smtp": Smtp(host="127.0.0.1", port=9, security="none"),
}
"""The settings that make every route there is."""


@pytest.fixture
def known(mallard: Mallard) -> Mallard:
    """A site that has a document."""
    mallard.sites.replace("example.com", Site(name="Shop"), None)
    return mallard


@pytest.fixture
def password(data_dir: Path, fresh_data: Path) -> str:
    """The password, as if someone had set it before the start."""
    copy_with_password(fresh_data, data_dir)
    return PASSWORD


def copy_with_password(fresh_data: Path, data_dir: Path) -> None:
    copy_fresh(fresh_data, data_dir)
    (data_dir / "password").write_text(CHEAP_HASHER.hash(PASSWORD))


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Mallard]:
    """As `guarded`, for all tests of a module, which leave its password as it is."""
    data_dir = tmp_path_factory.mktemp("closed") / "data"
    copy_with_password(fresh_data, data_dir)
    with kept_open(data_dir, fresh_data, **EVERY_ROOM) as one:
        yield one.mallard


@pytest.fixture
def guarded(password: str, start: Callable[..., Mallard]) -> Mallard:
    return start(**EVERY_ROOM)


@pytest.fixture
def stranger(guarded: Mallard) -> Client:
    return Client(application(guarded))


@pytest.fixture
def signed_in(guarded: Mallard) -> Client:
    return sign_in(guarded)


@pytest.fixture
def reader(guarded: Mallard) -> dict[str, str]:
    """The headers of a ReadOnly key."""
    return {"X-API-Key": guarded.access.keys.create("reader", "ReadOnly").key}


@pytest.fixture
def admin(guarded: Mallard) -> dict[str, str]:
    """The headers of an Admin key."""
    return {"Authorization": f"Bearer {guarded.access.keys.create('admin', 'Admin').key}"}


def json_of(response: TestResponse) -> Any:
    """The JSON that an answer holds."""
    return response.json


def sign_in(mallard: Mallard) -> Client:
    """A browser with a session."""
    client = Client(application(mallard))
    client.set_cookie("mm_session", mallard.access.sessions.open())
    return client
