"""A running server, asked for its data and its keys through its control socket."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

import msgspec

from mallard.auth.keys import ApiKey, NewKey, read_keys
from mallard.control import REFUSED, address
from mallard.model import MallardError
from mallard.store.imports import Batch, Progress
from mallard.store.upkeep.rewriting import Rewritten
from mallard.transfer.exporting import Wanted
from mallard.transfer.pieces import CHUNK_BYTES, Pieces


class _Connection(http.client.HTTPConnection):
    """HTTP over the control socket of a data directory."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__("localhost")
        self._data_dir = data_dir

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with address(self._data_dir) as path:
            self.sock.connect(path)


class _Server:
    """A server on this host; each call is a request of its own."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def is_there(self) -> bool:
        """Whether a server listens; a socket file that a killed one left does not count."""
        connection = _Connection(self._data_dir)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    @contextmanager
    def _answer(
        self, method: str, target: str, body: IO[bytes] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request. Raises MallardError, also where it breaks off."""
        connection = _Connection(self._data_dir)
        try:
            connection.request(method, target, body)
            answer = connection.getresponse()
            if answer.status == REFUSED:
                raise MallardError(answer.read().decode())
            if answer.status != http.client.OK:
                raise MallardError("the server failed; its log says why")
            yield answer
        except (OSError, http.client.HTTPException) as error:
            reason = type(error).__name__
            message = f"the server broke off ({reason}); run the command again"
            raise MallardError(message) from error
        finally:
            connection.close()


class RemoteInstance(_Server):
    """The instance that a server holds."""

    def export(self, wanted: Wanted) -> Pieces:
        """A site's events, in pieces."""
        return self._stream(f"/export?{urlencode(_asked(wanted))}")

    def export_days(self, wanted: Wanted) -> Pieces:
        """A site's imported figures of days, in pieces."""
        return self._stream(f"/export?{urlencode(_asked(wanted) | {'days': 'yes'})}")

    def backup(self, with_salt: bool = False) -> Pieces:
        """Everything, as a tar archive in pieces; the running period's salt only if asked for."""
        return self._stream("/backup?with_salt=yes" if with_salt else "/backup")

    def compact(self) -> int:
        """Makes one file of each day that is over; how many days had more."""
        with self._answer("POST", "/compact") as answer:
            return msgspec.json.decode(answer.read(), type=int)

    def rewrite_paths(self, site_id: str, is_trial: bool) -> Rewritten:
        """Applies a site's path rules to what is stored, or tells what that would change."""
        method = "GET" if is_trial else "POST"
        with self._answer(method, f"/paths/{quote(site_id, safe='')}") as answer:
            return msgspec.json.decode(answer.read(), type=Rewritten)

    def work_out_figures(self) -> Iterator[int]:
        """Waits until the server has worked out all figures; how many days are left."""
        with self._answer("POST", "/figures") as answer:
            yield from map(int, answer)

    def frugally(self) -> AbstractContextManager[None]:
        """Nothing else: a server has reports to answer meanwhile."""
        return nullcontext()

    def import_progress(self, sha256: str) -> Progress:
        """How far a file has come."""
        with self._answer("GET", f"/imports/{sha256}") as answer:
            return msgspec.json.decode(answer.read(), type=Progress)

    def import_batch(self, batch: Batch, lines: IO[bytes]) -> None:
        """Stores a batch, whole or not at all."""
        asked = {"first": batch.first, "rows": batch.rows, "bad": batch.bad}
        with self._answer("POST", f"/imports/{batch.sha256}?{urlencode(asked)}", lines):
            pass

    def import_complete(self, sha256: str) -> None:
        """Notes that a file has no further rows."""
        with self._answer("PUT", f"/imports/{sha256}"):
            pass

    def import_again(self, sha256: str) -> None:
        """Forgets how far a file has come."""
        with self._answer("DELETE", f"/imports/{sha256}"):
            pass

    def has_imported_days(self, site_id: str, known_by: str) -> bool:
        """Whether a site has some of the figures of days that are known by this."""
        with self._answer("GET", _of_days(site_id, known_by)) as answer:
            return msgspec.json.decode(answer.read(), type=bool)

    def import_days(self, site_id: str, known_by: str, file: IO[bytes]) -> None:
        """Has a site's figures of days taken in, whole or not at all."""
        with self._answer("PUT", _of_days(site_id, known_by), file):
            pass

    def _stream(self, target: str) -> Pieces:
        with self._answer("GET", target) as answer:
            while chunk := answer.read(CHUNK_BYTES):
                yield chunk


def _asked(wanted: Wanted) -> dict[str, object]:
    return {
        "site_id": wanted.site_id,
        "format": wanted.form,
        "start": wanted.period.start,
        "end": wanted.period.end,
    }


def _of_days(site_id: str, known_by: str) -> str:
    return f"/days/{quote(site_id, safe='')}/{known_by}"


class RemoteKeys(_Server):
    """The API keys of a server."""

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        with self._answer("GET", "/keys") as answer:
            return read_keys(answer.read())

    def create(self, name: str, scope: str) -> NewKey:
        """Makes a key. Raises MallardError when it cannot be."""
        asked = {"name": name, "scope": scope}
        with self._answer("POST", f"/keys?{urlencode(asked)}") as answer:
            return msgspec.json.decode(answer.read(), type=NewKey)

    def revoke(self, key_hash: str) -> bool:
        """Makes a key useless; False when there is none."""
        with self._answer("DELETE", f"/keys/{quote(key_hash, safe='')}") as answer:
            return msgspec.json.decode(answer.read(), type=bool)
