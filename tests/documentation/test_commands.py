"""Every command of the documents works as it stands there, one after the other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from documentation import ROOT
from documentation.blocks import MADE, Block, blocks
from tests.documentation.moving import lay_down_histories
from tests.documentation.setting import KEY, Place, environ, place
from tests.waiting import PATIENCE_SECS

REFERENCE = next(iter(MADE))
COMMANDS = [b for b in blocks() if b.language == "sh" and not b.elsewhere and not b.is_serving]
SERVING = [b for b in blocks() if b.language == "sh" and not b.elsewhere and b.is_serving]
PAGES = sorted({block.page for block in COMMANDS} - {REFERENCE})


def run(block: Block, there: Place) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", there.spoken(block.text)],
        cwd=there.folder,
        env=there.environ(),
        capture_output=True,
        timeout=PATIENCE_SECS,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, f"{block.name}\n{block.text}\n{said}"


def lay_beside(page: str, folder: Path) -> None:
    """The settings file of the page, or the example, under the name that commands give it."""
    tomls = [b.text for b in blocks() if b.page == page and b.language == "toml"]
    text = tomls[-1] if tomls else (ROOT / "mallard.toml.example").read_text(encoding="utf-8")
    (folder / "mallard.toml").write_text(text, encoding="utf-8")
    if page.startswith("docs/moving/"):
        lay_down_histories(folder)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(page: str, tmp_path: Path) -> None:
    wanted = [block for block in COMMANDS if block.page == page]
    lay_beside(page, tmp_path)
    # Where a page tells of keys, a password is set; elsewhere Mallard is as it is when it is new.
    with place(tmp_path, has_password=any(KEY in block.text for block in wanted)) as there:
        for block in wanted:
            run(block, there)


@pytest.mark.parametrize("block", SERVING, ids=lambda block: block.name)
def test_a_server_starts_as_documented(block: Block, tmp_path: Path) -> None:
    lay_beside(block.page, tmp_path)
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block.text.replace("MALLARD_PORT=8001 ", "")],
        cwd=tmp_path,
        env={**environ(tmp_path), "MALLARD_PORT": "0", "MALLARD_HOST": "127.0.0.1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watchdog = threading.Timer(PATIENCE_SECS, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        assert any("Listening" in line for line in process.stderr or ())
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
    finally:
        watchdog.cancel()


# What is answered where what the example names is not there, or has been done before.
OTHERWISE = {
    "POST /api/auth/setup": "409",
    "POST /api/auth/login": "401",
    "DELETE /api/keys": "404",
    "DELETE /api/sites/example.com/shares/": "404",
    "DELETE /api/sites/example.com/annotations/": "404",
    "DELETE /api/sessions/": "404",
    "PUT /api/people/": "404",
    "DELETE /api/people/": "404",
    "POST /api/people/": "404",
    "POST /api/instance/alerts/test": "404",
    "POST /api/mail/test": "404",
    "POST /api/sites/example.com/rename": "404",
    "POST /api/sites/example.com/merge": "404",
}
# The site goes after all that is asked of it.
LAST = re.compile("-X DELETE .*/api/sites/example.com$|/api/sites/example.com/(rename|merge)", re.M)


def test_each_request_of_the_reference_is_answered_as_described(tmp_path: Path) -> None:
    wanted = [block for block in COMMANDS if block.page == REFERENCE]
    assert len(wanted) > 30
    wanted.sort(key=lambda block: LAST.search(block.text) is not None)
    with place(tmp_path, has_password=True, metrics_token="") as there:
        for block in wanted:
            expected = next((s for name, s in OTHERWISE.items() if is_for(block, name)), "20")
            assert status(block, there).startswith(expected), block.text


def is_for(block: Block, operation: str) -> bool:
    method, path = operation.split()
    return f"-X {method} " in block.text and path in block.text


def status(block: Block, there: Place) -> str:
    told = block.text.replace("curl", "command curl -s -o answer -w '%{http_code}'", 1)
    environ = {**there.environ(), "PATH": os.environ["PATH"]}
    command = ["bash", "-c", there.spoken(told)]
    done = subprocess.run(command, cwd=there.folder, env=environ, capture_output=True, text=True)
    return done.stdout
