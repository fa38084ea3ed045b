"""An installed Mallard is tried: invented visitors, a server, a page with its style, an event."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.request import Request, urlopen

PATIENCE_SECS = 300
"""Only what is broken takes so long."""
SITE = "acme.example"
_LISTENING = re.compile(r'Listening addr="([^"]+)"')
_STYLE = re.compile(r'href="([^"]+\.css)"')


def smoke(program: Path, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raises AssertionError, OSError or CalledProcessError when anything is not as it should be."""
    data_dir = folder / "data"
    few = ["--events", "300", "--days", "3"]
    demo = [str(program), "demo", "--data-dir", str(data_dir), *few]
    subprocess.run(demo, cwd=folder, env=environ, check=True, capture_output=True)
    settings = {"MALLARD_DATA_DIR": str(data_dir), "MALLARD_HOST": "127.0.0.1", "MALLARD_PORT": "0"}
    server = subprocess.Popen(
        [program, "serve"],
        cwd=folder,
        env={**environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(PATIENCE_SECS, server.kill)
    watchdog.start()
    try:
        assert server.stderr is not None
        ask(f"http://{address(server.stderr)}")
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate()
        assert server.returncode == 0, log
    finally:
        watchdog.cancel()
        server.kill()
        server.wait()


def address(log: IO[str]) -> str:
    """Where the server listens, as soon as it does."""
    lines = []
    for line in log:
        lines.append(line)
        if match := _LISTENING.search(line):
            return match[1]
    raise AssertionError("".join(lines))


def ask(url: str) -> None:
    """A page and its style, the tracking script, the figures, and one event more in them."""
    assert get(f"{url}/health/ready")
    page = get(f"{url}/?site_id={SITE}")
    style = _STYLE.search(page)
    assert style, page
    assert "{" in get(f"{url}{style[1]}")
    assert "data-domain" in get(f"{url}/mallard.js")
    figures = f"{url}/api/stats/main?site_id=example.com&period=day"
    assert json.loads(get(figures))["total_pageviews"] == 0
    event = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
    headers = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    }
    request = Request(f"{url}/api/event", json.dumps(event).encode(), headers)
    with urlopen(request, timeout=PATIENCE_SECS) as answer:
        assert answer.status == 202
    assert json.loads(get(figures))["total_pageviews"] == 1


def get(url: str) -> str:
    with urlopen(url, timeout=PATIENCE_SECS) as answer:
        return str(answer.read().decode())
