"""How often a client may ask: flask-limiter over a memory that cannot grow without bounds."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, request
from flask_limiter import Limiter, RateLimitExceeded
from limits.storage import Storage

from mallard.auth.lockout import client_name
from mallard.web.client import client_address
from mallard.web.errors import answer, later
from mallard.web.guards import caller

SETUPS = "10 per minute"
SETUP_ENDPOINTS = ("auth.set_up", "entrance.set_up")
TESTS = "5 per minute; 30 per hour"
TEST_ENDPOINTS = (
    "alerts.send_test_of_alert",
    "alerts.send_test_of_alert_of_instance",
    "instance_alerts.send_test",
    "mail_api.post_test_mail",
    "mail_page.send_test_mail",
    "site_alerts.send_test",
)
"""What sends something to others at once, as often as it is asked to."""
LIMITED = frozenset((*SETUP_ENDPOINTS, *TEST_ENDPOINTS))
"""Limited in any case; reports are where the settings say so."""
REPORTS = (
    "behaviour",
    "breakdowns",
    "export",
    "plausible_stats",
    "portal_api",
    "query",
    "shared",
    "stats",
    "umami_reading",
)
"""Blueprints, where there are such, whose routes all read events: they are limited together."""

TURNED_AWAY = "mallard.turned_away"
"""Set in the environment of a request that would have waited with too many others."""

if TYPE_CHECKING:
    from flask import Blueprint


class BoundedWindows(Storage):
    """Counters that end with their window; the oldest goes when there are too many."""

    STORAGE_SCHEME = ["bounded"]  # noqa: RUF012  # read by the class that registers it

    def __init__(
        self, uri: str, timer: Callable[[], float], most: int = 10_000, **options: Any
    ) -> None:
        super().__init__(uri, **options)
        self._timer = timer
        self._most = most
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails."""
        return RuntimeError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts in the key's window, which begins now if there is none; the count."""
        with self._lock:
            now = self._timer()
            count, ends = self._windows.get(key, (0, -math.inf))
            if now >= ends:
                count, ends = 0, now + expiry
                self._windows.pop(key, None)
                if len(self._windows) >= self._most:
                    self._windows.popitem(last=False)
            self._windows[key] = (count + amount, ends)
            return count + amount

    def get(self, key: str) -> int:
        """The count of the key's window."""
        count, ends = self._windows.get(key, (0, -math.inf))
        return count if self._timer() < ends else 0

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, in seconds by the timer."""
        return self._windows.get(key, (0, self._timer()))[1]

    def check(self) -> bool:
        """It is always there."""
        return True

    def reset(self) -> int:
        """Forgets everything; how much that was."""
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Forgets the key."""
        with self._lock:
            self._windows.pop(key, None)

    def __len__(self) -> int:
        return len(self._windows)


def register(
    app: Flask,
    timer: Callable[[], float],
    stats_per_minute: int,
    servers: Callable[[], int] = lambda: 1,
) -> None:
    """Limits setups by address, tests by person, and reports by credential; 0 is no limit.

    Of the reports each of so many servers answers an equal part.
    """
    # Its lines would name addresses.
    logging.getLogger("flask-limiter").setLevel(logging.ERROR)
    options: dict[str, Any] = {"timer": timer}
    limiter = Limiter(_credential, storage_uri="bounded://", storage_options=options)
    limiter.init_app(app)
    setups = limiter.shared_limit(SETUPS, scope="setup", key_func=_client)
    tests = limiter.shared_limit(TESTS, scope="tests", key_func=_person)
    for limited, endpoints in ((setups, SETUP_ENDPOINTS), (tests, TEST_ENDPOINTS)):
        for endpoint in endpoints:
            if endpoint in app.view_functions:
                view: Callable[..., Any] = limited(app.view_functions[endpoint])
                app.view_functions[endpoint] = view
    if stats_per_minute:

        def each() -> str:
            return f"{math.ceil(stats_per_minute / servers())} per minute"

        reports = limiter.shared_limit(each, scope="stats")
        for name in REPORTS:
            if name in app.blueprints:
                reports(cast("Blueprint", app.blueprints[name]))

    def refuse(_error: RateLimitExceeded) -> Response:
        response = answer(429, "too many requests; ask again later")
        current = limiter.current_limit
        left = current.window.reset_time - timer() if current else 1
        response.headers["Retry-After"] = str(max(1, math.ceil(left)))
        return response

    app.register_error_handler(RateLimitExceeded, refuse)


def turn_away() -> Response | None:
    """Tells a request that is turned away so, before anything else is done for it."""
    if TURNED_AWAY not in request.environ:
        return None
    return later(429, "too many try to sign in at once; try again in a moment")


def _credential() -> str:
    found = caller()
    return found.credential if found and found.credential else _client()


def _person() -> str:
    """Whoever it is, by whichever session or key: another one gives no second allowance.

    A key for some sites, which is nobody's, uses up nothing of who knows the one password.
    """
    found = caller()
    if found is None or not found.credential:
        return _client()
    is_lent = not found.person and found.sites is not None
    return f"key {found.credential}" if is_lent else f"person {found.person}"


def _client() -> str:
    return client_name(client_address()) or "unknown"
