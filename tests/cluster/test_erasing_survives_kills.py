"""What is erased is gone from all nodes, whichever is dead or killed meanwhile, and stays gone."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest

from mallard.auth.keys import ApiKeys
from mallard.register.files import Files
from tests.cluster.conftest import Place
from tests.cluster.test_nodes_that_are_killed import serve
from tests.cluster.test_shared_files import in_lake
from tests.end_to_end.process import Server
from tests.end_to_end.test_erasing_survives_kills import OTHER, SITE, Client
from tests.fuzz.size import so_many
from tests.waiting import until

pytestmark = [pytest.mark.fuzz, pytest.mark.thorough]

ROUNDS = so_many(2, 10)


class Node:
    """A node in a process of its own, and whoever talks to it."""

    def __init__(self, place: Place, name: str, key: str) -> None:
        self._place, self._name, self._key = place, name, key
        self.start()

    def start(self) -> None:
        """Starts it, again."""
        self.server = self._served()
        self.client = Client(self.server.port, self._key)

    def kill(self) -> None:
        """Ends it at once."""
        self.server.stop(signal.SIGKILL)

    def pages(self, site: str) -> list[str]:
        """The paths that are stored of a site, each as often as it is."""
        return sorted(self.client.stored(site).elements())

    def _served(self) -> Server:
        return serve(self._place, self._name, admin_password="correct horse battery")


@contextmanager
def nodes(place: Place) -> Iterator[tuple[Node, Node]]:
    """Two of them."""
    directory = place.directory / "paris"
    directory.mkdir(parents=True)
    key = ApiKeys(Files(directory), lambda: datetime.now(UTC)).create("test", "Admin").key
    # The first gives it to all.
    both = (Node(place, "paris", key), Node(place, "oslo", key))
    try:
        yield both
    finally:
        for node in both:
            node.kill()


def has(node: Node, paths: list[str]) -> bool:
    """Whether a node has just these of the other site."""
    return node.pages(OTHER) == paths


def test_an_erasure_is_whole_whoever_is_dead_or_killed(place: Place) -> None:
    moments = random.Random(25)
    kept: list[str] = []
    with nodes(place) as (paris, oslo):
        for number in range(ROUNDS):
            for node, name in ((paris, "paris"), (oslo, "oslo")):
                for event in range(moments.randrange(5, 30)):
                    node.client.send(f"/{number}-{name}-{event}")
                    node.client.send(f"/{number}-{name}-{event}", OTHER)
                    kept.append(f"/{number}-{name}-{event}")
            # Some of what it has is handed over, some stored, and some only in the journal.
            oslo.kill()
            asking = threading.Thread(target=paris.client.erase)
            asking.start()
            time.sleep(moments.uniform(0, 0.5))  # the moment of the kill is the test's input
            paris.kill()
            asking.join()
            was_answered = paris.client.erased_at is not None
            paris.start()
            if was_answered:
                assert paris.pages(SITE) == []
            paris.client.erase()
            assert paris.client.erased_at is not None
            assert paris.pages(SITE) == []
            oslo.start()
            # It has erased before it answers, and takes in nothing that would bring it back.
            assert oslo.pages(SITE) == []
            for node in (paris, oslo):
                until(partial(has, node, sorted(kept)), "all else is everywhere")
                assert node.pages(SITE) == []
            until(lambda: in_lake(place) == sorted(kept), "the shared files have all else alone")
