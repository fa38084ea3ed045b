"""A PostgreSQL of the tests' own, on loopback and in a temporary directory."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.waiting import PATIENCE_SECS

USER = "mallard"


class Postgres:
    """It refuses to run as root, so it runs as another user where the tests do."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mallard-postgres-"))
        self._as = _somebody_else()
        if self._as:
            user = pwd.getpwnam(self._as[2])
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self._data = self.directory / "data"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", USER, "-E", "UTF8")
        self.port = _free_port()
        self.start()

    def url(self, database: str = "postgres") -> str:
        """Where a database is."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str, like: str = "template1") -> str:
        """An empty one, or a copy of another one; where it is."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{like}"'.encode())
        return self.url(name)

    def keep(self, url: str) -> None:
        """Keeps what a database is now. It ends all connections to it."""
        name = url.rpartition("/")[2]
        self._run_all(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
            f'create database "{name}-then" template "{name}"',
        )

    def set_back(self, url: str) -> None:
        """Makes of a database what was kept of it, as if it had forgotten what came since."""
        name = url.rpartition("/")[2]
        self._run_all(
            f'drop database "{name}" with (force)',
            f'alter database "{name}-then" rename to "{name}"',
        )

    def _run_all(self, *statements: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.directory} -c max_connections=60"
        log = str(self.directory / "log")
        self._control("start", "-o", options, "-l", log)

    def stop(self, mode: str = "fast") -> None:
        """Stops it; `immediate` is as if it had been killed."""
        self._control("stop", "-m", mode)

    def remove(self) -> None:
        """Stops it, and deletes all of it."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self, is_on: bool) -> None:
        """Stops its processes where they are, or lets them go on."""
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(first, signal.SIGSTOP if is_on else signal.SIGCONT)

    def _control(self, *arguments: str) -> None:
        seconds = str(PATIENCE_SECS)
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", seconds, *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(found(program)), *arguments]
        done = subprocess.run(
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 0, done.stderr


def found(program: str) -> Path:
    """One of PostgreSQL's programs. Debian keeps them where no shell looks for them."""
    there = shutil.which(program)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    assert there or places, f"{program} is missing: install Debian's package postgresql"
    return Path(there) if there else places[-1]


def _somebody_else() -> list[str]:
    if os.getuid() != 0:
        return []
    names = {user.pw_name for user in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    group = "postgres" if name == "postgres" else "nogroup"
    return ["setpriv", "--reuid", name, "--regid", group, "--clear-groups"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
