"""A published provider, run unchanged: a browser signs in there, and comes back signed in here."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
import pytest
import requests

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import Clock, served
from tests.oidc.invented_provider import OIDC
from tests.web.access.conftest import copy_with_password

VENV = Path(__file__).parents[2] / ".venv"
PROGRAM = Path(__file__).with_name("provider.mjs")


@contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """The issuer of a provider that knows this way back."""
    command = [str(VENV / "bin" / "node"), str(PROGRAM), str(VENV / "npm"), redirect_uri]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            # What is called node may be a program that has started it, and is not it.
            process.stdin.close()


class Later:
    """An application whose address is known before it is made."""

    def __init__(self) -> None:
        self.wsgi: Any = None

    def __call__(self, environ: Any, start: Any) -> Any:
        return self.wsgi(environ, start)


@pytest.fixture
def here(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock
) -> Iterator[tuple[str, Mallard]]:
    later = Later()
    with served(later) as url, provider(f"{url}/login/oidc/callback") as issuer:
        copy_with_password(fresh_data, data_dir)
        oidc = msgspec.structs.replace(OIDC, issuer=issuer, role_claim="roles")
        clock.now = datetime.now(UTC)
        mallard = start(oidc=oidc)
        later.wsgi = application(mallard)
        yield url, mallard


def sign_in(url: str, name: str) -> tuple[requests.Session, requests.Response]:
    """A browser that follows where it is led and fills in the provider's forms."""
    browser = requests.Session()
    answer = browser.get(f"{url}/login/oidc?next=/account")
    for _ in range(5):
        form = re.search(r'<form[^>]*action="([^"]*)"', answer.text)
        if answer.url.startswith(url) or form is None:
            break
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
        there = urljoin(answer.url, unescape(form[1]))
        answer = browser.post(there, data=fields | {"login": name, "password": "x"})
    return browser, answer


def test_a_browser_signs_in_there_and_comes_back_signed_in(here: tuple[str, Mallard]) -> None:
    url, mallard = here
    browser, answer = sign_in(url, "grace")
    assert answer.status_code == 200 and "/login?next=/account" in answer.text, answer.text
    page = browser.get(f"{url}/login?next=/account")
    assert page.url == f"{url}/account" and "grace@example.com" in page.text
    (grace,) = mallard.accounts.people.all()
    assert (grace.name, grace.role) == ("grace@example.com", "Editor")
    assert browser.get(f"{url}/settings").status_code == 403
    _, refused = sign_in(url, "nobody")
    assert refused.status_code == 403 and "no role" in refused.text
