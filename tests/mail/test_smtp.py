"""Mails are handed over to a server: encrypted, logged in, and with every refusal understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mallard.config import Smtp
from mallard.mail.letters import Letter
from mallard.mail.office import Office
from mallard.mail.smtp import Never, NotNow, NotSent
from tests.conftest import NOON, Clock
from tests.mail.certificates import certified
from tests.mail.postbox import postbox

LETTER = Letter("ada@example.com", "Good news", "It works.\n", "<p>It works.</p>")


@pytest.fixture
def office(clock: Clock) -> Callable[[Smtp], Office]:
    return lambda settings: Office(settings, clock)


def test_a_letter_comes_as_text_and_as_html(office):
    with postbox() as box:
        office(box.settings()).send(LETTER)
    (message,) = box.messages
    assert box.recipients == [message["To"]] == ["ada@example.com"]
    assert message["From"] == "Ducks <stats@pond.example>"
    assert message["Subject"] == "Good news"
    assert message["Date"].datetime == NOON
    assert message["Message-ID"].endswith("@pond.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and text.get_content() == "It works.\r\n"
    assert html is not None and html.get_content().strip() == "<p>It works.</p>"
    assert box.greetings == ["pond.example"], "the name of this machine is told to nobody"


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_whose_certificate_is_believed_is_spoken_to_in_secret(
    office, security: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate, believed = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(believed))
    with postbox(certificate, is_tls=security == "tls") as box:
        settings = box.settings(security=security, user="ada", password="open sesame")
        office(settings).send(LETTER)
        wrong = box.settings(security=security, user="ada", password="wrong")
        with pytest.raises(NotNow, match="535"):
            office(wrong).send(LETTER)
    assert box.was_encrypted == [True]
    assert box.logins[0] == ("ada", "open sesame")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_whose_certificate_is_not_believed_gets_nothing(
    office, security: Any, tmp_path: Path
):
    certificate, _ = certified(tmp_path)
    with postbox(certificate, is_tls=security == "tls") as box:
        settings = box.settings(security=security, user="ada", password="open sesame")
        with pytest.raises(NotNow, match="certificate is not valid"):
            office(settings).send(LETTER)
    assert box.messages == [] and box.logins == []


def test_a_server_without_starttls_gets_nothing(office):
    with postbox() as box, pytest.raises(NotNow, match="STARTTLS"):
        office(box.settings(security="starttls")).send(LETTER)
    assert box.messages == []


@pytest.mark.parametrize(
    ("answer", "kind"), [("450 later", NotNow), ("550 nobody here", Never), ("250 OK", None)]
)
def test_a_refusal_is_for_now_or_for_good(office, answer: str, kind: type[NotSent] | None):
    with postbox() as box:
        box.answer = lambda _: answer
        if kind is None:
            office(box.settings()).send(LETTER)
            return
        with pytest.raises(kind, match=answer):
            office(box.settings()).send(LETTER)


def test_where_no_server_is_the_error_says_where_it_was_looked_for(office):
    with postbox() as box:
        pass
    with pytest.raises(NotNow, match=f"127.0.0.1:{box.port}"):
        office(box.settings()).send(LETTER)


@pytest.mark.parametrize(
    "hostile",
    ["x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "x\u2028Bcc: e@e.example", "x\x00y"],
)
def test_no_text_becomes_a_header_or_a_recipient(office, hostile: str):
    with postbox() as box:
        sent = office(box.settings())
        sent.send(Letter("ada@example.com", hostile, hostile, hostile, {"X-Site": hostile}))
        for to in (hostile, f"ada@example.com{hostile}", "a@b.c, eve@evil.example", "a b@c.d"):
            with pytest.raises(ValueError, match="no address of mail"):
                sent.send(Letter(to, "Hello", "Hello"))
    (message,) = box.messages
    assert box.recipients == ["ada@example.com"]
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"] and "\n" not in message["X-Site"]


def test_an_invitation_has_its_link_and_goes_to_one_address(office):
    with postbox() as box:
        office(box.settings()).invite("bob@example.com", "Bob", "https://pond.example/invited/1")
    body = box.messages[0].get_body()
    assert body is not None
    assert "Hello Bob" in body.get_content()
    assert "https://pond.example/invited/1" in body.get_content()
