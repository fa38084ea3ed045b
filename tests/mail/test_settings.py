"""The settings of mail, and that nothing of it is there without them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mallard.config import SettingsError, Smtp, load

DOCUMENTED = """
[smtp]
host = "mail.example.com"
user = "stats@example.com"
password = "open sesame"
from = "Stats <stats@example.com>"
"""


def test_without_the_table_there_is_no_mail(toml):
    assert load(toml("port = 1"), {}).settings.smtp is None


def test_the_documented_table_is_understood(toml):
    smtp = load(toml(DOCUMENTED), {}).settings.smtp
    assert smtp == Smtp(
        host="mail.example.com",
        user="stats@example.com",
        password="open sesame",
        sender="Stats <stats@example.com>",
    )
    assert smtp.port_asked == 587
    assert smtp.name_and_address == ("Stats", "stats@example.com")
    assert "sesame" not in repr(smtp)


def test_variables_name_the_same(toml):
    variables = {"MALLARD_SMTP_FROM": "a@b.example", "MALLARD_SMTP_SECURITY": "tls"}
    smtp = load(toml(DOCUMENTED), variables).settings.smtp
    assert smtp is not None
    assert (smtp.sender, smtp.port_asked) == ("a@b.example", 465)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('from = "Ada"', "smtp.from: expected an address such as"),
        ('from = "a@b.c\\r\\nBcc: e@e.example"', "smtp.from: expected an address"),
        ('security = "ssl"', "smtp.security: expected one of"),
        ("port = 65536", "smtp.port: expected a whole number"),
        ('sender = "a@b.c"', "'smtp.sender': unknown key"),
    ],
)
def test_each_mistake_is_named(toml, line: str, said: str):
    with pytest.raises(SettingsError, match=said):
        load(toml(f"[smtp]\n{line}"), {})


def test_a_password_that_travels_in_the_clear_is_warned_of(toml):
    text = DOCUMENTED + 'security = "none"\n'
    assert "unencrypted" in load(toml(text), {}).warnings[0]
    assert load(toml(text), {"MALLARD_SMTP_HOST": "localhost"}).warnings == []


@pytest.mark.thorough
def test_nothing_of_mail_is_loaded_where_it_is_off(tmp_path):
    program = f"""
import sys
from pathlib import Path
from mallard.app import build
from mallard.config import Settings
from mallard.wsgi import application
mallard = build(Settings(data_dir=Path({str(tmp_path / "data")!r})))
application(mallard)
mallard.start()
mallard.stop(300)
found = [name for name in sys.modules if name.startswith(("mallard.mail.", "mallard.alerts."))]
found += [name for name in ("smtplib",) if name in sys.modules]
print(found)
"""
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600
    )
    assert out.stdout.strip().splitlines()[-1] == "[]"
