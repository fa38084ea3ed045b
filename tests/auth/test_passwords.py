"""The password: kept as a hash, never lost, never taken for absent."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from mallard.auth import passwords as module
from mallard.auth.passwords import AT_A_TIME, AlreadySet, BadPassword, Passwords
from mallard.model import MallardError
from mallard.register.files import Files
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.thorough

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def real_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PasswordHasher", PasswordHasher)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "password"


def test_without_a_file_and_a_setting_there_is_none(path: Path):
    passwords = Passwords(Files(path.parent), None)
    assert not passwords.is_set
    assert not passwords.matches("")


def test_the_first_one_is_kept_as_an_argon2id_hash_that_only_the_owner_reads(path: Path):
    Passwords(Files(path.parent), None).set_first(PASSWORD)
    assert path.read_text().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list((path.parent / "tmp").iterdir())


def test_it_survives_a_restart(path: Path):
    Passwords(Files(path.parent), None).set_first(PASSWORD)
    again = Passwords(Files(path.parent), None)
    assert again.is_set and not again.is_fixed
    assert again.matches(PASSWORD)
    assert not again.matches(PASSWORD + " ")


def test_there_is_one_first_password_even_when_two_set_it_at_once(path: Path):
    passwords = Passwords(Files(path.parent), None)
    outcomes: list[str] = []

    def set_first(password: str) -> None:
        try:
            passwords.set_first(password)
            outcomes.append(password)
        except AlreadySet:
            outcomes.append("too late")

    threads = [threading.Thread(target=set_first, args=(f"password {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("too late") == 2
    winner = next(outcome for outcome in outcomes if outcome != "too late")
    assert Passwords(Files(path.parent), None).matches(winner)


def test_the_one_of_the_settings_wins_and_cannot_be_changed_here(path: Path):
    Passwords(Files(path.parent), None).set_first(PASSWORD)
    passwords = Passwords(Files(path.parent), "from the environment")
    assert passwords.is_fixed
    assert passwords.matches("from the environment")
    assert not passwords.matches(PASSWORD)
    with pytest.raises(AlreadySet):
        passwords.change("another one")
    assert Passwords(Files(path.parent), None).matches(PASSWORD)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_one_that_is_too_short_or_too_long_is_not_kept(path: Path, password: str):
    passwords = Passwords(Files(path.parent), None)
    with pytest.raises(BadPassword, match=r"at (least 8|most 1024) characters"):
        passwords.set_first(password)
    assert not passwords.is_set
    assert not path.exists()


def test_letters_of_any_script_and_bytes_of_a_variable_work(path: Path):
    assert Passwords(Files(path.parent), "пароль дня").matches("пароль дня")
    assert Passwords(Files(path.parent), "caf\udce9 caf\udce9").matches("caf\udce9 caf\udce9")


@pytest.mark.parametrize("content", [b"", b"\n", b"secret", b"$argon2id$", b"\xff\xfe"])
def test_a_file_without_a_hash_stops_the_start(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(MallardError, match="holds no password hash"):
        Passwords(Files(path.parent), None)


def test_a_file_that_was_cut_off_anywhere_stops_the_start(path: Path):
    Passwords(Files(path.parent), None).set_first("correct horse")
    whole = path.read_text("ascii").strip()
    for length in range(len(whole)):
        path.write_text(whole[:length])
        with pytest.raises(MallardError, match="holds no password hash"):
            Passwords(Files(path.parent), None)


def test_a_hash_that_cannot_be_decoded_is_nobody_s(path: Path):
    Passwords(Files(path.parent), None).set_first("correct horse")
    path.write_text(path.read_text("ascii").strip()[:-4] + "!!!!")
    assert not Passwords(Files(path.parent), None).matches("correct horse")


def test_a_file_that_cannot_be_read_stops_the_start(path: Path):
    path.mkdir()
    with pytest.raises(MallardError, match="Is a directory"):
        Passwords(Files(path.parent), None)


def test_logins_take_turns_with_the_memory(path: Path, monkeypatch: pytest.MonkeyPatch):
    passwords = Passwords(Files(path.parent), None)
    inside, most, lock = 0, 0, threading.Lock()
    both_are_in = threading.Barrier(AT_A_TIME, timeout=PATIENCE_SECS)

    class Hasher:
        def verify(self, _hash: str, _password: bytes) -> bool:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            both_are_in.wait()
            with lock:
                inside -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Hasher())
    monkeypatch.setattr(passwords, "_hash", "a hash")
    threads = [threading.Thread(target=passwords.matches, args=("x",)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == AT_A_TIME
