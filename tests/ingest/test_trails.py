"""The trail of an address says what decided, and agrees with what is counted."""

from __future__ import annotations

import pytest

from mallard.ingest.addresses import TrustedProxies
from mallard.ingest.trails import FORWARDED, REAL_IP, SOCKET, trail

PROXIES = TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "real_ip", "client", "taken_from"),
    [
        ("203.0.113.1", None, None, "203.0.113.1", SOCKET),
        ("203.0.113.1", "198.51.100.1", "198.51.100.2", "203.0.113.1", SOCKET),
        ("127.0.0.1", None, None, "127.0.0.1", SOCKET),
        ("127.0.0.1", "198.51.100.1, 10.0.0.1", None, "198.51.100.1", FORWARDED),
        ("127.0.0.1", "10.0.0.2, 10.0.0.1", "198.51.100.2", "10.0.0.2", FORWARDED),
        ("127.0.0.1", "unknown, _hidden", "198.51.100.2", "198.51.100.2", REAL_IP),
        ("127.0.0.1", "", "not one", "127.0.0.1", SOCKET),
        ("127.0.0.1", "[2001:db8::1]:443", None, "2001:db8::1", FORWARDED),
        ("", "198.51.100.1", None, "", SOCKET),
    ],
)
def test_it_says_who_decided(
    peer: str, forwarded_for: str | None, real_ip: str | None, client: str, taken_from: str
) -> None:
    found = trail(PROXIES, peer, forwarded_for, real_ip)
    assert (found.client, found.taken_from) == (client, taken_from)
    assert found.client == PROXIES.client_address(peer, forwarded_for, real_ip)


@pytest.mark.parametrize(
    ("forwarded_for", "client", "taken_from"),
    [
        ("10.0.0.1", "203.0.113.9", "X-Client"),
        ("198.51.100.1", "198.51.100.1", FORWARDED),
    ],
)
def test_it_says_whether_the_cdns_header_decided(
    forwarded_for: str, client: str, taken_from: str
) -> None:
    proxies = TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"], "X-Client")
    found = trail(proxies, "127.0.0.1", forwarded_for, None, "203.0.113.9")
    assert (found.client, found.taken_from) == (client, taken_from)
    assert found.named is not None
    assert found.named.address == "203.0.113.9"


def test_each_entry_is_shown_with_what_was_made_of_it() -> None:
    found = trail(PROXIES, "127.0.0.1", "junk, 198.51.100.1:80, 10.0.0.1", None)
    assert [(s.sent, s.address, s.is_trusted) for s in found.forwarded_for] == [
        ("junk", None, False),
        ("198.51.100.1:80", "198.51.100.1", False),
        ("10.0.0.1", "10.0.0.1", True),
    ]


def test_what_is_shown_of_garbage_has_a_bound() -> None:
    found = trail(PROXIES, "127.0.0.1", ",".join(["x" * 5000] * 1000), "y" * 5000)
    assert len(found.forwarded_for) <= 65
    assert max(len(step.sent) for step in found.forwarded_for) <= 128
