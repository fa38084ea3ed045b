"""Posts a batch to the server and tells what became of it."""

from __future__ import annotations

import enum
import http.client
import json
import logging
from urllib.parse import urlsplit

from mallard import __version__

log = logging.getLogger("mallard.client")

LONGEST_ANSWER = 1 << 20
BUSY = (429, 503)
"""With these the server says that it has taken nothing."""


class Outcome(enum.Enum):
    """What became of a batch."""

    TAKEN = "taken"
    LATER = "later"
    """Nothing of it was taken: it can be sent again."""
    GIVEN_UP = "given up"
    """Refused, or nobody knows: sent again it might count twice."""


class Delivery:
    """One Mallard, and the key that it lets in. Raises ValueError for a URL that is none."""

    def __init__(self, url: str, key: str, timeout_secs: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url must be an address such as https://stats.example.com")
        is_secure = parts.scheme == "https"
        self._connection = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout_secs = timeout_secs
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Connection": "close",
            "User-Agent": f"mallard-client/{__version__}",
        }

    def send(self, path: str, items: list[bytes]) -> Outcome:
        """Sends the items as one JSON array."""
        # A connection of its own for each: one that is kept may break just when it is used, and
        # then nobody knows whether the server has read the batch.
        connection = self._connection(self._host, self._port, timeout=self._timeout_secs)
        try:
            connection.connect()
        except OSError as error:
            log.info("The server cannot be reached: %s", error)
            return Outcome.LATER
        try:
            body = b"[" + b",".join(items) + b"]"
            connection.request("POST", self._prefix + path, body, self._headers)
            response = connection.getresponse()
            return _judge(path, len(items), response.status, response.read(LONGEST_ANSWER))
        except (OSError, http.client.HTTPException) as error:
            log.warning("%d events for %s were sent without an answer: %r", len(items), path, error)
            return Outcome.GIVEN_UP
        finally:
            connection.close()


def _judge(path: str, count: int, status: int, answer: bytes) -> Outcome:
    if status in BUSY:
        return Outcome.LATER
    if not 200 <= status < 300:
        text = answer[:200].decode("utf-8", "replace")
        log.warning("%d events for %s were refused with %d: %s", count, path, status, text)
        return Outcome.GIVEN_UP
    if errors := _errors(answer):
        log.warning("%d of %d events for %s: %s", len(errors), count, path, errors[0])
    return Outcome.TAKEN


def _errors(answer: bytes) -> list[str]:
    """Why single events of a batch were refused."""
    try:
        found = json.loads(answer)["errors"]
        return [str(error["error"]) for error in found]
    except (ValueError, LookupError, TypeError):
        return []
