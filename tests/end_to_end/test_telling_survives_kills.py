"""A server killed while it tells people loses nothing, and repeats only what nobody noted.

Each mail and each webhook is taken once, and the server is killed before it hears of that. The next
start sends this one again, under the same id, and the others once.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pytest

from mallard.auth.keys import ApiKeys
from mallard.mail.subscribing import Subscriptions
from mallard.notices.notebook import Notebook
from mallard.register.files import Files
from mallard.register.site import Site
from mallard.register.sites import Sites
from mallard.register.told import Alert, Report
from tests.alerts.receiver import receiver
from tests.end_to_end.process import Server
from tests.mail.postbox import postbox
from tests.transfer.laid_down import lay_down
from tests.waiting import PATIENCE_SECS, until

pytestmark = pytest.mark.thorough

SITE, ADA, BOB = "example.com", "ada@example.com", "bob@example.com"
SETTINGS: dict[str, Any] = {
    "admin_password": "correct horse battery",
    "webhooks_allowed_networks": "127.0.0.0/8",
    "duckdb_threads": 1,
}


class Killer:
    """Kills the server at the first arrival of each thing that is told, before that is answered."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self._start: Callable[[], Server] = lambda: Server(
            data_dir, is_hurried=True, **SETTINGS | settings
        )
        self.arrived: Counter[str] = Counter()
        self._is_known = Event()

    def start(self) -> None:
        """Starts it; what arrives before it is known who sends it waits for that."""
        self._is_known.clear()
        self.server = self._start()
        self._is_known.set()

    def arrives(self, one: str) -> None:
        assert self._is_known.wait(PATIENCE_SECS)
        self.arrived[one] += 1
        if self.arrived[one] == 1:
            os.kill(self.server.pid, signal.SIGKILL)

    def start_again_until(self, count: int) -> None:
        """Starts as often as it is killed, until so many things have come, and come again."""
        while True:
            until(lambda: self.server.exit_code is not None or self._is_done(count), "it is killed")
            if self.server.exit_code is None:
                return
            self.kill()

    def kill(self) -> None:
        """Kills it, if it still is there, and starts it again."""
        assert self.server.stop(signal.SIGKILL) == -signal.SIGKILL
        self.start()

    def _is_done(self, count: int) -> bool:
        return sum(times > 1 for times in tuple(self.arrived.values())) == count


def lay_out(data_dir: Path, *alerts: Alert, reports: tuple[Report, ...] = ()) -> str:
    """A site that has been silent, whose last reports went out a week ago; an Admin's key."""
    now = datetime.now(UTC)
    data_dir.mkdir()
    lay_down(data_dir, 40, now.date() - timedelta(days=3), site=SITE)
    sites, notebook = Sites(Files(data_dir)), Notebook(data_dir)
    sites.replace(SITE, Site(alerts=alerts, reports=reports), None)
    Subscriptions(sites, notebook, lambda: now - timedelta(days=7)).look()
    assert notebook.book.queue == ()
    return ApiKeys(Files(data_dir), lambda: now).create("admin", "Admin").key


def wait_until_noted(data_dir: Path) -> None:
    until(lambda: Notebook(data_dir).book.queue == (), "all of it is noted")


def want(server: Server, key: str, *alerts: Alert) -> None:
    """Has the site have other alerts."""
    url, headers = f"{server.url}/api/sites/{SITE}", {"X-API-Key": key}
    with urlopen(Request(url, headers=headers), timeout=PATIENCE_SECS) as found:
        headers["If-Match"] = found.headers["ETag"]
    body = msgspec.json.encode(Site(alerts=alerts))
    with urlopen(Request(url, body, headers, method="PUT"), timeout=PATIENCE_SECS):
        pass


def test_mails_of_reports_and_alerts(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    report, alert = Report("week", (ADA, BOB)), Alert("Look", "silence", hours=1, to=(ADA, BOB))
    key = lay_out(data_dir, alert, reports=(report,))
    with postbox() as box:
        killer = Killer(data_dir, smtp_host="127.0.0.1", smtp_port=box.port, smtp_security="none")
        box.sees = lambda message: killer.arrives(str(message["Message-ID"]))
        killer.start()
        try:
            killer.start_again_until(4)
            wait_until_noted(data_dir)
            killer.kill()
            # What comes next shows that the server has looked, and sent nothing of before anew.
            want(killer.server, key, Alert("Another", "silence", hours=2, to=(ADA,)))
            killer.start_again_until(5)
        finally:
            killer.server.stop()
    assert set(killer.arrived.values()) == {2}
    told = Counter((message["To"], message["Subject"]) for message in box.messages)
    assert set(told.values()) == {2} and len(told) == 5
    assert {to for to, _ in told} == {ADA, BOB}


def test_webhooks_of_alerts(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with receiver() as hook:
        alerts = [
            Alert(f"Look {hours}", "silence", hours=hours, webhook=hook.url) for hours in (1, 2, 3)
        ]
        key = lay_out(data_dir, *alerts[:2])
        killer = Killer(data_dir)
        hook.sees = lambda headers: killer.arrives(headers["X-Mallard-Delivery"])
        killer.start()
        try:
            killer.start_again_until(2)
            wait_until_noted(data_dir)
            killer.kill()
            want(killer.server, key, *alerts)
            killer.start_again_until(3)
        finally:
            killer.server.stop()
    assert set(killer.arrived.values()) == {2}
    assert Counter(said["alert"] for said in hook.said) == {"Look 1": 2, "Look 2": 2, "Look 3": 2}
