"""A history that is uploaded on the settings page: looked at, then imported, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mallard import app
from mallard.transfer import importing, uploads
from tests.conftest import client_of
from tests.transfer.day_figures import exports
from tests.transfer.histories import goatcounter_rows
from tests.waiting import until

PAGE = "/settings/sites/example.com/import"
PASSWORD = "correct horse"


@pytest.fixture
def mallard(start: Callable[..., app.Mallard]) -> app.Mallard:
    return start(admin_password=PASSWORD)


@pytest.fixture
def client(mallard: app.Mallard) -> Client:
    """An operator's, with a site there."""
    client = client_of(mallard)
    client.post("/api/auth/login", json={"password": PASSWORD})
    assert client.post("/settings/sites", data={"site": "example.com"}).status_code == 303
    return client


def post(client: Client, step: str, **more: Any) -> TestResponse:
    return client.post(f"{PAGE}/{step}", **more)


def uploaded(client: Client, content: bytes, name: str, piece: int = 500) -> str:
    """The id of an upload that came in pieces, some of them twice."""
    found: Any = post(client, "begin").json
    for at in range(0, len(content), piece):
        query = {"name": name, "offset": at}
        for _ in range(1 + (at == piece)):
            answer = post(
                client, f"{found['id']}/piece", query_string=query, data=content[at : at + piece]
            )
            assert answer.status_code == 200, answer.text
    return str(found["id"])


def shown(client: Client, text: str) -> str:
    """The page, once it says so."""
    until(lambda: text in client.get(PAGE).text)
    return client.get(PAGE).text


def totals(client: Client) -> Any:
    return client.get("/api/stats/main?site_id=example.com&period=90d").json


def test_figures_of_days_in_pieces(client: Client, tmp_path: Path) -> None:
    content = exports.plausible_zip(tmp_path / "a.zip").read_bytes()
    one = uploaded(client, content, "export.zip")
    assert post(client, f"{one}/read").status_code == 303
    text = shown(client, ">This would come in</h2>")
    assert "export.zip: figures of example.com, 2026-02-01 to 2026-02-02, 2 days, 15 vis" in text
    assert totals(client)["unique_visitors"] == 0
    assert post(client, f"{one}/start").status_code == 303
    assert "export.zip: figures of 2 days imported" in shown(client, ">Imported</h2>")
    assert totals(client)["unique_visitors"] == 15


def test_events_from_a_form(client: Client, tmp_path: Path) -> None:
    file = goatcounter_rows.a_file(tmp_path / "a.csv", {}, {"Bot": "2"}, {"Bot": "9"})
    form = {"file": (BytesIO(file.read_bytes()), "history.csv")}
    assert client.post(PAGE, data=form).status_code == 303
    text = shown(client, ">This would come in</h2>")
    assert "history.csv: 1 event would come in, 2 left out (robots)" in text
    (one,) = {part.split("/start")[0] for part in text.split(f"{PAGE}/")[1:] if "/start" in part}
    post(client, f"{one}/start")
    assert "history.csv: 1 event imported" in shown(client, ">Imported</h2>")


def test_what_became_of_it_is_told_in_the_language_of_whoever_looks(
    client: Client, tmp_path: Path
) -> None:
    german = {"Accept-Language": "de"}
    file = goatcounter_rows.a_file(tmp_path / "a.csv", {}, {"Bot": "2"}, {"Date": "monday"})
    client.post(PAGE, data={"file": (BytesIO(file.read_bytes()), "history.csv")})
    shown(client, ">This would come in</h2>")
    text = client.get(PAGE, headers=german).text
    assert "history.csv: hinzu kämen: 1 Ereignis, 1 fehlerhafte Zeile ausgelassen, 1 ausg" in text
    assert "history.csv, Zeile 4: Date ist kein Zeitpunkt: &#39;monday&#39;" in text
    assert "history.csv, line 4: Date is not a time: &#39;monday&#39;" in client.get(PAGE).text
    refused = post(client, "0/start", headers=german)
    assert "Was hochgeladen wurde, ist weg; die Datei noch einmal wählen." in refused.text


def test_an_import_ends_before_the_disk_is_full_and_goes_on_later(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", 1)
    content = goatcounter_rows.a_file(tmp_path / "a.csv", {}, {"2Path": "/b"}).read_bytes()
    free = monkeypatch.context
    for is_full, said in ((True, "It could not be taken"), (False, ">Imported</h2>")):
        one = uploaded(client, content, "history.csv")
        post(client, f"{one}/read")
        shown(client, ">This would come in</h2>")
        with free() as changed:
            if is_full:
                changed.setattr(uploads, "LEAST_FREE_BYTES", 1 << 62)
            post(client, f"{one}/start")
            text = shown(client, said)
        assert ("not enough room for the rest of it" in text) is is_full
        assert totals(client)["total_pageviews"] == (1 if is_full else 2)


def test_a_wrong_file_says_what_is_wrong(client: Client, data_dir: Path) -> None:
    form = {"file": (BytesIO(b"a,b\n1,2\n"), "../../etc/x")}
    client.post(PAGE, data=form)
    text = shown(client, "It could not be taken")
    assert "x: the name must end in .csv" in text
    assert str(data_dir) not in text


def test_only_one_is_on_its_way(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    one = uploaded(client, b"x" * 600, "a.csv")
    assert post(client, "begin").status_code == 409
    assert post(client, f"{one}/discard").status_code == 303
    other = uploaded(client, b"x", "a.csv")
    assert post(client, f"{one}/piece", query_string={"name": "a"}).status_code == 409
    monkeypatch.setattr(uploads, "PATIENCE_SECS", 0)
    assert post(client, "begin").json != {"id": other}


def test_files_whose_names_differ_in_other_scripts_alone_stay_apart(
    client: Client, mallard: app.Mallard
) -> None:
    content = b"x" * 1200
    one = uploaded(client, content, "访问.csv")
    for name, more in (("页面.csv", b"a,b\n"), ("../../__.CSV", b"c"), ("\0\0.csv", b"d")):
        answer = post(client, f"{one}/piece", query_string={"name": name, "offset": 0}, data=more)
        assert answer.json == {"size": len(more)}, name
    upload = mallard.uploads.of("example.com")
    found = {path.name: path.read_bytes() for path in upload.paths} if upload else {}
    assert found == {
        "__.csv": content,
        "2-__.csv": b"a,b\n",
        "3-__.CSV": b"c",
        "4-__.csv": b"d",
    }


def test_two_files_of_one_name_are_refused_and_keep_nobody_waiting(
    client: Client, mallard: app.Mallard
) -> None:
    files = [(BytesIO(content), "log.csv") for content in (b"a,b\n1,2\n", b"c,d\n1,2\n")]
    answer = client.post(PAGE, data={"file": files})
    assert answer.status_code == 400 and "two files of this name" in answer.text
    assert mallard.uploads.of("example.com") is None
    assert post(client, "begin").status_code == 200


def test_a_piece_that_is_missing_is_told(client: Client) -> None:
    one = uploaded(client, b"abc", "a.csv")
    answer = post(client, f"{one}/piece", query_string={"name": "a.csv", "offset": 9}, data=b"x")
    assert (answer.status_code, answer.json) == (
        409,
        {"error": "a.csv: a piece is missing behind 3 bytes"},
    )
    assert post(client, f"{one}/start").status_code == 409
    assert post(client, f"{one}/other").status_code == 404


def test_what_is_too_much_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    one = uploaded(client, b"x" * 900, "a.csv")
    answer = post(
        client, f"{one}/piece", query_string={"name": "b.csv", "offset": 0}, data=b"x" * 101
    )
    assert answer.status_code == 409


def test_what_nobody_asks_after_goes(
    client: Client, mallard: app.Mallard, data_dir: Path, clock: Any
) -> None:
    uploaded(client, b"x", "a.csv")
    assert list((data_dir / "tmp").iterdir())
    clock.move(hours=2)
    mallard.uploads.sweep()
    assert not list((data_dir / "tmp").iterdir())
    assert mallard.uploads.of("example.com") is None


@pytest.mark.parametrize("scope", ["ReadOnly", "Ingest"])
def test_nobody_else_may(mallard: app.Mallard, client: Client, scope: str) -> None:
    stranger = client_of(mallard)
    key = {"X-API-Key": mallard.access.keys.create("test", scope).key}
    for address in (f"{PAGE}/begin", PAGE, f"{PAGE}/x/piece", f"{PAGE}/x/start"):
        assert stranger.post(address).status_code in (303, 401)
        assert stranger.post(address, headers=key).status_code == 403
    assert stranger.get(PAGE).status_code == 303
    assert client.post(f"{PAGE}/begin", headers={"Origin": "https://evil"}).status_code == 403


def test_without_a_password_nobody_may(start: Callable[..., app.Mallard]) -> None:
    client = client_of(start())
    client.post("/settings/sites", data={"site": "example.com"})
    assert client.post(f"{PAGE}/begin").status_code == 403
    assert "Set a password" in client.get(PAGE).text
