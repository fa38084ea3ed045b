"""What other programs import: events to a Mallard, sent in the background.

It imports the standard library alone. A Flask application says in one line where its Mallard is:

    mallard = Mallard(app, url="http://127.0.0.1:8000", key="mm_...")

After that `track`, `tool_usage` and `catalog` return at once, whatever the network does, and never
raise. Only a URL that is none raises, at the start.
"""

from __future__ import annotations

import atexit
import json
import logging
from datetime import UTC, datetime
from typing import Any

from mallard.client.delivery import Delivery
from mallard.client.outbox import Outbox
from mallard.client.serving import Served, served_now

log = logging.getLogger("mallard.client")

EVENTS = "/api/events"
TOOL_USAGE = "/api/portal/tool-usage"
CATALOG = "/api/portal/catalog"
LONGEST_ITEM = 16_384
"""Bytes of one event at most: the server takes no longer ones, and one must not spoil a batch."""
CLOSING_SECS = 10.0
"""How long a program's end may take for what is left."""


class Mallard:
    """Sends events to the Mallard at `url`, with an API key of the scope Ingest.

    Of what happens while Flask serves a request, its client's address, user agent and page are
    told along. Other programs pass `client_ip`, `user_agent` and `url` themselves.
    """

    def __init__(
        self,
        app: Any = None,
        *,
        url: str,
        key: str,
        site_id: str = "portal",
        most_waiting: int = 10_000,
        gather_secs: float = 1.0,
        timeout_secs: float = 5.0,
    ) -> None:
        self._site_id = site_id
        self._outbox = Outbox(Delivery(url, key, timeout_secs), most_waiting, gather_secs)
        atexit.register(self.close)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Any) -> None:
        """Registers with a Flask application that is made later."""
        app.extensions["mallard"] = self

    def track(
        self,
        name: str,
        props: dict[str, Any] | None = None,
        *,
        url: str | None = None,
        referrer: str | None = None,
        revenue: float | None = None,
        currency: str | None = None,
        site_id: str | None = None,
        client_ip: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        """An event of any name; "pageview" is a view of the page."""
        served = served_now()
        site = site_id or self._site_id
        event = {
            "d": site,
            "n": name,
            "u": url or served.url or f"https://{site}/",
            "r": referrer or served.referrer,
            "p": props,
            "ra": revenue,
            "rc": currency,
        }
        self._send(EVENTS, event, served, client_ip, user_agent)

    def tool_usage(
        self, tool: str, event: str, *, client_ip: str | None = None, user_agent: str | None = None
    ) -> None:
        """That a tool was used: `event` is "upload" or "download"."""
        sent = {"tool": tool, "event": event}
        self._send(TOOL_USAGE, sent, served_now(), client_ip, user_agent)

    def catalog(
        self,
        event: str,
        detail: str,
        result_count: int | None = None,
        *,
        client_ip: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        """That somebody looked into the catalog.

        `event` is "category_view", "search" or "diff_view". `detail` is the category, what was
        searched for, or what was compared; only a search has a `result_count`.
        """
        sent = {"event": event, "detail": detail, "result_count": result_count}
        self._send(CATALOG, sent, served_now(), client_ip, user_agent)

    def flush(self, timeout_secs: float = CLOSING_SECS) -> bool:
        """Waits until nothing is left to send; False when that takes longer."""
        return self._outbox.flush(timeout_secs)

    def close(self) -> None:
        """Sends what is left, for some seconds at most, and takes no more; runs at exit by itself.

        What the server does not take at once then is lost.
        """
        self._outbox.close(CLOSING_SECS)
        atexit.unregister(self.close)

    def _send(
        self,
        path: str,
        event: dict[str, Any],
        served: Served,
        client_ip: str | None,
        user_agent: str | None,
    ) -> None:
        event |= {
            "client_ip": served.address if client_ip is None else client_ip,
            "user_agent": served.user_agent if user_agent is None else user_agent,
            "timestamp": datetime.now(UTC).isoformat(),
        }
        told = {name: value for name, value in event.items() if value is not None}
        # The application works on, whatever it handed over and however short of threads it is.
        try:
            item = json.dumps(told, allow_nan=False).encode()
            if len(item) > LONGEST_ITEM:
                raise ValueError(f"it is longer than {LONGEST_ITEM} bytes")
            self._outbox.put(path, item)
        except Exception as error:
            log.warning("An event for %s cannot be sent: %s", path, error)
