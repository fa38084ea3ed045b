"""A test mail shows whether mail works: from the settings page, and by the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import kept_open
from tests.mail.postbox import Postbox, postbox
from tests.web.access.conftest import copy_with_password, json_of, sign_in
from tests.web.reading import parsed


@pytest.fixture(scope="module")
def box() -> Iterator[Postbox]:
    with postbox() as one:
        yield one


@pytest.fixture(scope="module")
def mallard(tmp_path_factory, fresh_data, box: Postbox) -> Iterator[Mallard]:
    data_dir = tmp_path_factory.mktemp("mail") / "data"
    copy_with_password(fresh_data, data_dir)
    with kept_open(data_dir, fresh_data, smtp=box.settings()) as one:
        yield one.mallard


@pytest.fixture
def key(mallard: Mallard) -> dict[str, str]:
    return {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}


def test_the_page_says_how_mail_goes_and_sends_a_test(mallard: Mallard, box: Postbox):
    client = sign_in(mallard)
    section = parsed(client.get("/settings").text).by_id("mail")
    assert f"127.0.0.1:{box.port} , not encrypted" in section.text
    sent = client.post("/settings/mail/test", data={"to": " ada@example.com "})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/settings?mailed=#mail")
    assert box.recipients[-1] == "ada@example.com"
    told = parsed(client.get("/settings?mailed=").text).by_id("mail")
    assert "has taken" in told.one("p", class_="done").text


def test_what_is_wrong_is_said_beside_the_form(mallard: Mallard, box: Postbox):
    client = sign_in(mallard)
    bad = client.post("/settings/mail/test", data={"to": "ada"})
    assert bad.status_code == 400
    section = parsed(bad.text).by_id("mail")
    assert "'ada' is no address of mail" in section.one("p", class_="wrong").text
    box.answer = lambda _: "550 nobody here"
    try:
        refused = client.post("/settings/mail/test", data={"to": "eve@example.com"})
    finally:
        box.answer = lambda _: "250 OK"
    assert refused.status_code == 502
    assert "550 nobody here" in parsed(refused.text).by_id("mail").one("p", class_="wrong").text


def test_programs_send_one_too(mallard: Mallard, box: Postbox, key: dict[str, str]):
    client = Client(application(mallard))
    sent = client.post("/api/mail/test", json={"to": "bob@example.com"}, headers=key)
    assert (sent.status_code, sent.json) == (200, {"status": "sent", "to": "bob@example.com"})
    assert box.recipients[-1] == "bob@example.com"
    for body in ({"to": "b@c.d\r\nBcc: e@e.example"}, {"to": ""}):
        bad = client.post("/api/mail/test", json=body, headers=key)
        assert bad.status_code == 400
        assert json_of(bad)["error"].startswith("to: ")


def test_where_there_is_mail_the_api_is_described_with_it(mallard: Mallard, key: dict[str, str]):
    client = Client(application(mallard))
    page = client.get("/api/docs", headers=key)
    assert page.status_code == 200 and "/api/mail/test" in page.text
    told = json_of(client.get("/api/openapi.json", headers=key))
    refused = told["paths"]["/api/mail/test"]["post"]["responses"]["502"]["$ref"]
    assert refused.rpartition("/")[2] in told["components"]["responses"]


def test_where_no_password_is_set_nobody_makes_mallard_send_mail(start, box: Postbox):
    count = len(box.messages)
    client = Client(application(start(smtp=box.settings())))
    assert client.post("/api/mail/test", json={"to": "eve@example.com"}).status_code == 403
    assert client.post("/settings/mail/test", data={"to": "eve@example.com"}).status_code == 403
    assert len(box.messages) == count


def test_without_the_setting_there_is_no_such_page(onlooker: Client):
    assert onlooker.post("/api/mail/test", json={"to": "a@b.example"}).status_code == 404
    assert 'id="mail"' not in onlooker.get("/settings").text


def test_who_is_invited_under_an_address_gets_the_link_by_mail(
    mallard: Mallard, box: Postbox, key: dict[str, str]
):
    client = Client(application(mallard))
    wish = {"name": "carol@example.com", "role": "Viewer"}
    made = json_of(client.post("/api/people", json=wish, headers=key))
    body = box.messages[-1].get_body()
    assert box.recipients[-1] == "carol@example.com"
    assert body is not None and made["url"] in body.get_content()
