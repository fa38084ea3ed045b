"""Firefox, driven by WebDriver BiDi: it says what to do as JSON over a WebSocket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.waiting import PATIENCE_SECS, until

LISTENS = re.compile(r"listening on (ws://\S+)\s")
PREFERENCES = {
    # As in Chromium: every name is this machine's, so that the tracker sees an ordinary host.
    "network.dns.native-is-localhost": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.safebrowsing.update.enabled": False,
}


class Tab:
    """One tab of a Firefox; its methods return when Firefox has done it."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    def goto(self, url: str) -> None:
        self.tell("browsingContext.navigate", url=url, wait="complete")

    def back(self) -> None:
        self.tell("browsingContext.traverseHistory", delta=-1)

    def show(self) -> None:
        self.tell("browsingContext.activate")

    def evaluate(self, expression: str) -> Any:
        """The value, a number, a text or a truth, of an expression or of what it promises."""
        target = {"context": self._context}
        found = self._firefox.tell(
            "script.evaluate", expression=expression, target=target, awaitPromise=True
        )
        assert found["type"] == "success", found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        does = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._perform({"type": "key", "id": "keys", "actions": does})

    def click(self, x: int, y: int, button: int = 0) -> None:
        does = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": button},
            {"type": "pointerUp", "button": button},
        ]
        self._perform({"type": "pointer", "id": "mouse", "actions": does})

    def wheel(self, by: int) -> None:
        does = [{"type": "scroll", "x": 10, "y": 10, "deltaX": 0, "deltaY": by}]
        self._perform({"type": "wheel", "id": "wheel", "actions": does})

    def close(self) -> None:
        self.tell("browsingContext.close")

    def tell(self, method: str, **given: Any) -> Any:
        return self._firefox.tell(method, context=self._context, **given)

    def _perform(self, source: dict[str, Any]) -> None:
        self.tell("input.performActions", actions=[source])


class Firefox:
    """A running Firefox, and what its pages have left in the console."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self.console: list[str] = []
        self.tell("session.new", capabilities={})
        self.tell("session.subscribe", events=["log.entryAdded"])

    def tab(self, *, in_the_background: bool = False) -> Tab:
        made = self.tell("browsingContext.create", type="tab", background=in_the_background)
        return Tab(self, made["context"])

    def tell(self, method: str, **given: Any) -> Any:
        """Does it, and returns what Firefox says of it."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": given}))
        while True:
            heard = json.loads(self._socket.recv(timeout=PATIENCE_SECS))
            if heard["type"] == "event":
                self.console.append(str(heard["params"]["text"]))
            elif heard["id"] == self._count:
                assert heard["type"] == "success", heard
                return heard["result"]


@contextmanager
def running(profile: Path) -> Iterator[Firefox]:
    """A Firefox with a profile of its own, until the end."""
    profile.mkdir()
    with (profile / "user.js").open("w") as preferences:
        for name, value in PREFERENCES.items():
            preferences.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
    said = profile / "said"
    command = ["firefox-esr", "--headless", "--no-remote", "--remote-debugging-port", "0"]
    command += ["--profile", str(profile)]
    with said.open("w") as out, Popen(command, stdout=out, stderr=out) as process:
        try:
            until(lambda: LISTENS.search(said.read_text()) is not None, "Firefox listens")
            address = LISTENS.findall(said.read_text())[0]
            with connect(f"{address}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
