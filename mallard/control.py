"""The control socket: through it, commands ask the server that holds the data directory.

It is a file of the data directory that only its owner can open; whoever reaches it is trusted.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import structlog
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from mallard.auth.keys import Keys
from mallard.model import MallardError, Period
from mallard.reports.desk import TooBusy
from mallard.store.imports import Batch
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import Format
from mallard.transfer.instance import Instance
from mallard.transfer.pieces import Begun

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger("mallard.control")

SOCKET = "control.sock"
THREADS = 2
REFUSED = 409
"""The status of an answer whose body is a sentence for the person at the command line."""

_LONGEST_ADDRESS = 100
_STOP_SECS = 5
_POLL_SECS = 1.0


class Control:
    """The WSGI application behind the socket."""

    def __init__(self, instance: Instance, keys: Keys) -> None:
        self._instance = instance
        self._keys = keys
        self._routes = Map(
            [
                Rule("/export", methods=["GET"], endpoint=self._export),
                Rule("/backup", methods=["GET"], endpoint=self._backup),
                Rule("/compact", methods=["POST"], endpoint=self._compact),
                Rule("/paths/<site_id>", methods=["GET"], endpoint=self._try_paths),
                Rule("/paths/<site_id>", methods=["POST"], endpoint=self._rewrite_paths),
                Rule("/figures", methods=["POST"], endpoint=self._work_out_figures),
                Rule("/imports/<sha256>", methods=["GET"], endpoint=self._progress),
                Rule("/imports/<sha256>", methods=["POST"], endpoint=self._batch),
                Rule("/imports/<sha256>", methods=["PUT"], endpoint=self._complete),
                Rule("/imports/<sha256>", methods=["DELETE"], endpoint=self._again),
                Rule("/days/<site_id>/<known_by>", methods=["GET"], endpoint=self._has_days),
                Rule("/days/<site_id>/<known_by>", methods=["PUT"], endpoint=self._take_days),
                Rule("/keys", methods=["GET"], endpoint=self._list_keys),
                Rule("/keys", methods=["POST"], endpoint=self._create_key),
                Rule("/keys/<key_hash>", methods=["DELETE"], endpoint=self._revoke_key),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._answer(environ)(environ, start)

    def _answer(self, environ: WSGIEnvironment) -> Callable[..., Iterable[bytes]]:
        try:
            endpoint, values = self._routes.bind_to_environ(environ).match()
            response: Response = endpoint(Request(environ), **values)
        except HTTPException as error:
            return error
        except (MallardError, TooBusy) as error:
            return Response(str(error), REFUSED)
        return response

    def _export(self, request: Request) -> Response:
        args = request.args
        period = msgspec.convert({"start": args["start"], "end": args["end"]}, Period)
        wanted = Wanted(args["site_id"], period, Format(args["format"]))
        export = self._instance.export_days if "days" in args else self._instance.export
        return Response(Begun(export(wanted)))

    def _backup(self, request: Request) -> Response:
        return Response(Begun(self._instance.backup("with_salt" in request.args)))

    def _compact(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(self._instance.compact()))

    def _try_paths(self, _request: Request, site_id: str) -> Response:
        return Response(msgspec.json.encode(self._instance.rewrite_paths(site_id, True)))

    def _rewrite_paths(self, _request: Request, site_id: str) -> Response:
        return Response(msgspec.json.encode(self._instance.rewrite_paths(site_id, False)))

    def _work_out_figures(self, _request: Request) -> Response:
        return Response(b"%d\n" % left for left in self._instance.work_out_figures())

    def _progress(self, _request: Request, sha256: str) -> Response:
        return Response(msgspec.json.encode(self._instance.import_progress(sha256)))

    def _batch(self, request: Request, sha256: str) -> Response:
        first, rows, bad = (int(request.args[name]) for name in ("first", "rows", "bad"))
        self._instance.import_batch(Batch(sha256, first, rows, bad), request.stream)
        return Response()

    def _complete(self, _request: Request, sha256: str) -> Response:
        self._instance.import_complete(sha256)
        return Response()

    def _again(self, _request: Request, sha256: str) -> Response:
        self._instance.import_again(sha256)
        return Response()

    def _has_days(self, _request: Request, site_id: str, known_by: str) -> Response:
        return Response(msgspec.json.encode(self._instance.has_imported_days(site_id, known_by)))

    def _take_days(self, request: Request, site_id: str, known_by: str) -> Response:
        self._instance.import_days(site_id, known_by, request.stream)
        return Response()

    def _list_keys(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(self._keys.all()))

    def _create_key(self, request: Request) -> Response:
        created = self._keys.create(request.args["name"], request.args["scope"])
        return Response(msgspec.json.encode(created))

    def _revoke_key(self, _request: Request, key_hash: str) -> Response:
        return Response(msgspec.json.encode(self._keys.revoke(key_hash)))


class ControlServer:
    """Serves the socket from a thread of its own, until it is stopped."""

    def __init__(self, data_dir: Path, instance: Instance, keys: Keys) -> None:
        self._path = data_dir / SOCKET
        self._sockets: dict[int, Any] = {}
        self._is_stopping = threading.Event()
        self._listener = _bind(data_dir)
        server = create_server(
            Control(instance, keys),
            map=self._sockets,
            sockets=[self._listener],
            threads=THREADS,
            max_request_body_size=1 << 40,
            asyncore_use_poll=True,
            ident=None,
        )
        if not isinstance(server, BaseWSGIServer):
            raise TypeError("one listening socket makes one server")
        self._waitress = server
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Takes the socket away and cuts off what is under way: commands can be run again."""
        self._path.unlink(missing_ok=True)
        self._is_stopping.set()
        self._waitress.pull_trigger()
        self._thread.join()
        # The stubs take the channels for a channel.
        channels = cast(dict[int, HTTPChannel], self._waitress.active_channels)
        for channel in list(channels.values()):
            channel.handle_close()
        self._waitress.task_dispatcher.shutdown(timeout=_STOP_SECS)
        wasyncore.close_all(self._sockets)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            wasyncore.loop(_POLL_SECS, use_poll=True, map=self._sockets, count=1)


@contextmanager
def address(data_dir: Path, name: str = SOCKET) -> Iterator[str]:
    """Where the socket of a data directory is bound or found, however deep the directory lies.

    The kernel takes about a hundred bytes; a longer path is led through an open descriptor.
    """
    path = str(data_dir / name)
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield path
        return
    descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)


def _bind(data_dir: Path) -> socket.socket:
    """Listens on a socket made anew; one that a killed server left is replaced. Raises OSError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = f"{SOCKET}.new"
    try:
        (data_dir / fresh).unlink(missing_ok=True)
        with address(data_dir, fresh) as bound_to:
            listener.bind(bound_to)
        (data_dir / fresh).chmod(0o600)
        listener.listen()
        (data_dir / fresh).replace(data_dir / SOCKET)
    except BaseException:
        listener.close()
        with suppress(OSError):
            (data_dir / fresh).unlink(missing_ok=True)
        raise
    return listener
