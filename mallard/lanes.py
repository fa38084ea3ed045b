"""Who serves which request, so that reports, however slow and many, never delay collecting.

Events are served by the thread that reads them off their sockets: each takes a few microseconds and
one write to the journal, far less than handing it to another thread would. A batch of them takes
thousands of times as long, so batches have a thread of their own; there is one, since several would
only take the interpreter from each other and from the single events. Quick requests have a few
threads, passwords as many as may be hashed at a time, and all others, the reports, the rest:
whoever tries passwords by the thousand only waits for himself. Among those who do, addresses take
turns, and who has got in before goes first; more than a few of an address are turned away, so that
they cannot hold every connection there may be. Where there is a portal, downloads and clones, each
of which may hold a thread for as long as it lasts, have threads of their own.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from mallard.auth.lockout import SHARED_FACTOR, neighbourhood
from mallard.auth.passwords import AT_A_TIME
from mallard.config import Settings
from mallard.priorities import yield_to_others
from mallard.turns_of_clients import TurnsOfClients
from mallard.web.base_path import without

EVENT_PATH = "/api/event"
BATCH_PATHS = frozenset(("/api/events", "/api/batch", "/api/v0/count"))
"""Where many events come at once, in our form or another product's."""
CLONES = "/git/"
"""Where a portal's repositories are: so their paths begin."""
QUICK_PATHS = frozenset(
    (
        "/api/event.js",
        "/mallard.js",
        "/mallard.track.js",
        "/tracking/script.js",
        "/health",
        "/health/ready",
        "/health/detailed",
        "/metrics",
        # Other products' trackers, where the settings name them.
        "/api/heartbeat",
        "/api/send",
        "/count",
        "/count.js",
        "/script.js",
        "/umami.js",
    )
)
SCRIPTS = "/js/"
"""So the paths of Plausible's scripts begin."""
PASSWORD_PATHS = frozenset(
    (
        "/account/password",
        "/account/second-factor/codes",
        "/account/second-factor/end",
        "/api/auth/login",
        "/api/auth/setup",
        "/auth/login",
        "/auth/setup",
        "/login",
        "/settings/password",
        "/setup",
    )
)
"""Where a POST means that a password is hashed, which takes longer than most reports."""
SHARED = ("/share/", "/invitation/")
"""So the paths of shared links and invitations begin, where a POST means that as well."""
QUICK_THREADS = 4
BATCH_THREADS = 1
SPARE_THREADS = 2

LOGINS_OF_A_CLIENT = 10
"""So many may wait for their turn of an address, or of the network around one of IPv6."""
LOGINS_IN_ALL = 250
"""So many of all who have got in before, and as many of the others."""


@dataclass(frozen=True, slots=True)
class Clients:
    """What is known of who sends a channel's next request."""

    address_of: Callable[[Any], str] = lambda _channel: ""
    is_known: Callable[[str], bool] = lambda _address: False
    """Whether the client has got in before."""
    is_shared: Callable[[str], bool] = lambda _address: False
    """Whether the address is one that many may come from, such as a proxy's."""


class Lane(ThreadedTaskDispatcher):
    """A queue with threads of its own."""

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """Ends the threads, waiting at most so many seconds; whether waiting tasks were ended.

        waitress would wait by the wall clock, which may be set back meanwhile.
        """
        self.set_thread_count(0)
        with self.lock:
            self.thread_exit_cv.wait_for(lambda: not self.threads, timeout)
            while cancel_pending and self.queue:
                waiting: Any = self.queue.popleft()
                waiting.cancel()
        return cancel_pending


class PatientLane(Lane):
    """A queue whose threads leave the processor to whoever collects."""

    def handler_thread(self, thread_no: int) -> None:
        """Serves at low priority."""
        yield_to_others()
        super().handler_thread(thread_no)


class PasswordLane(PatientLane):
    """A queue in which clients take turns; who has got in before goes first.

    What finds no room is answered by a thread of its own: those that hash may be long at it.
    """

    def __init__(self, clients: Clients, most: int) -> None:
        super().__init__()
        self.queue: Any = TurnsOfClients(
            lambda task: neighbourhood(clients.address_of(task)),
            lambda task: clients.is_known(clients.address_of(task)),
            most,
            lambda task: (
                LOGINS_OF_A_CLIENT
                * (SHARED_FACTOR if clients.is_shared(clients.address_of(task)) else 1)
            ),
        )
        self.set_thread_count(AT_A_TIME)
        self._turned_away = PatientLane()
        self._turned_away.set_thread_count(1)

    def add_task(self, task: Any) -> None:
        """Queues a login, or turns one away. Of who hangs up meanwhile nothing is hashed."""
        task.requests[0].has_waited = True
        with self.lock:
            turned_away = self.queue.append(task)
            self.queue_cv.notify()
        if turned_away is not None:
            turned_away.requests[0].is_turned_away = True
            self._turned_away.add_task(turned_away)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """Ends the threads, waiting at most so many seconds; whether waiting tasks were ended."""
        self._turned_away.shutdown(cancel_pending, timeout)
        return super().shutdown(cancel_pending, timeout)


class Lanes(PatientLane):
    """waitress's queue and threads for reports, and beside them the other lanes."""

    def __init__(
        self,
        threads: int,
        clients: Clients = Clients(),
        streams: Mapping[str, int] | None = None,
        most_logins: int = LOGINS_IN_ALL,
        base_path: str = "",
    ) -> None:
        """`streams` tells how many threads the paths that begin with a text have."""
        super().__init__()
        self._base_path = base_path
        # A queue is no reason to warn; what is slow shows in the latencies.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._events: deque[Any] = deque()
        self._quick = Lane()
        self._quick.set_thread_count(QUICK_THREADS)
        self._batches = Lane()
        self._batches.set_thread_count(BATCH_THREADS)
        self._passwords = PasswordLane(clients, most_logins)
        # They mostly wait for the network, and have little to do themselves.
        self._streams: dict[str, Lane] = {}
        for prefix, count in (streams or {}).items():
            self._streams[prefix] = Lane()
            self._streams[prefix].set_thread_count(count)
        self.set_thread_count(max(1, threads - QUICK_THREADS))

    def add_task(self, task: Any) -> None:
        """Queues a channel in the lane of its next request."""
        request: Any = task.requests[0] if task.requests else None
        path = without(self._base_path, one_slash(request.path)) if request else ""
        if path == EVENT_PATH:
            self._events.append(task)
        elif path in BATCH_PATHS:
            self._batches.add_task(task)
        elif path in QUICK_PATHS or path.startswith(SCRIPTS):
            self._quick.add_task(task)
        elif (path in PASSWORD_PATHS or path.startswith(SHARED)) and request.is_post:
            self._passwords.add_task(task)
        elif stream := self._stream(path):
            stream.add_task(task)
        else:
            super().add_task(task)

    def _stream(self, path: str) -> Lane | None:
        found = (prefix for prefix in self._streams if path.startswith(prefix))
        return self._streams.get(next(found, ""))

    @property
    def has_events(self) -> bool:
        """Whether events wait for `serve_events`."""
        return bool(self._events)

    def serve_events(self) -> None:
        """Serves the events that wait; only for the thread that reads the sockets.

        Behind an unsent answer of the same connection an event could have to wait for its client,
        which this thread must never do.
        """
        for _ in range(len(self._events)):
            task = self._events.popleft()
            if task.total_outbufs_len:
                self._quick.add_task(task)
            else:
                task.service()

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """Ends all threads, waiting at most so many seconds; whether waiting tasks were ended."""
        deadline = time.monotonic() + timeout
        for lane in (self._quick, self._batches, self._passwords, *self._streams.values()):
            lane.shutdown(cancel_pending, max(0, int(deadline - time.monotonic())))
        return super().shutdown(cancel_pending, max(0, int(deadline - time.monotonic())))


def streams(settings: Settings) -> dict[str, int]:
    """How many threads the portal's paths have, where there is a portal.

    Those beyond the number that is served at the same time tell others that there is no room.
    """
    if settings.portal is None:
        return {}
    return {
        "/downloads/": settings.portal.max_concurrent_downloads + SPARE_THREADS,
        CLONES: settings.portal.max_concurrent_clones + SPARE_THREADS,
    }


def one_slash(path: str) -> str:
    """The path as the application will see it: waitress reads many slashes as one."""
    return "/" + path.lstrip("/") if path.startswith("//") else path
