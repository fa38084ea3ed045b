from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.addresses import MAX_HOPS, TrustedProxies

PRIVATE = [
    "127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"
]  # fmt: skip
PROXIES = TrustedProxies(PRIVATE)
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)
HEADER_LIKE = st.builds("".join, st.lists(st.sampled_from([
    "10.0.0.1", "203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9", ",", " ", "[", "]", ":", '"',
    "%eth0", "443", "unknown", "\x00", "\ud800", "٣", "..",
]), max_size=20))  # fmt: skip


def client(peer: str, forwarded_for: str | None = None, real_ip: str | None = None) -> str:
    return TrustedProxies(PRIVATE).client_address(peer, forwarded_for, real_ip)


def test_a_direct_client_is_the_sockets_peer() -> None:
    assert client("203.0.113.9") == "203.0.113.9"


def test_a_stranger_cannot_claim_another_address() -> None:
    assert client("203.0.113.9", "198.51.100.1", "198.51.100.2") == "203.0.113.9"


def test_a_trusted_proxy_names_the_client() -> None:
    assert client("127.0.0.1", "198.51.100.1") == "198.51.100.1"


def test_the_right_most_untrusted_address_wins_over_what_the_client_sent() -> None:
    assert client("10.0.0.1", "1.1.1.1, 198.51.100.1, 192.168.1.1, 10.0.0.2") == "198.51.100.1"


def test_the_left_most_address_wins_when_all_are_trusted() -> None:
    assert client("127.0.0.1", "192.168.1.20, 10.0.0.2", "198.51.100.1") == "192.168.1.20"


def test_the_real_ip_header_is_second_choice() -> None:
    assert client("127.0.0.1", None, "198.51.100.1") == "198.51.100.1"
    assert client("127.0.0.1", "", " 198.51.100.1 ") == "198.51.100.1"
    assert client("127.0.0.1", "unknown, -", "198.51.100.1") == "198.51.100.1"


def test_without_headers_the_proxy_itself_is_the_client() -> None:
    assert client("127.0.0.1") == "127.0.0.1"
    assert client("127.0.0.1", "garbage", "garbage") == "127.0.0.1"


@pytest.mark.parametrize("peer", ["", "unix:", "/run/mallard.sock", "@", "localhost"])
def test_a_peer_that_is_no_address_is_not_trusted(peer: str) -> None:
    assert client(peer, "198.51.100.1", "198.51.100.2") == peer


@pytest.mark.parametrize("peer", ["100.64.0.1", "169.254.1.1", "172.32.0.1", "fe80::1"])
def test_addresses_outside_the_listed_networks_are_not_trusted(peer: str) -> None:
    assert client(peer, "198.51.100.1") == peer


def test_nobody_is_trusted_when_no_network_is_listed() -> None:
    assert TrustedProxies([]).client_address("127.0.0.1", "198.51.100.1", None) == "127.0.0.1"


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("198.51.100.1:5678", "198.51.100.1"),
        ("  198.51.100.1\t", "198.51.100.1"),
        ('"198.51.100.1:80"', "198.51.100.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]:443", "fe80::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("[::ffff:c633:6401]:80", "198.51.100.1"),
    ],
)
def test_an_entry_is_read_in_all_its_forms(entry: str, address: str) -> None:
    assert client("127.0.0.1", entry) == address
    assert client("127.0.0.1", None, entry) == address


@pytest.mark.parametrize(
    "garbage",
    [
        "", "unknown", "_hidden", "198.51.100", "198.51.100.256", "198.51.100.1.1", "1", "0x7f.1",
        "198.51.100.1:port", "198.51.100.1:", "[198.51.100.1", "2001:db8::1]:443", "[]", "[]:1",
        "٣.٣.٣.٣", "198.51.100.01", "1e2", ":", "%", "a" * 500, "<script>", "\x00", "\ud800",
    ],
)  # fmt: skip
def test_garbage_is_skipped(garbage: str) -> None:
    assert client("127.0.0.1", f"203.0.113.9,{garbage}") == "203.0.113.9"
    assert client("127.0.0.1", garbage, garbage) == "127.0.0.1"


def test_mapped_addresses_are_the_ipv4_addresses_they_carry() -> None:
    assert client("::ffff:127.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert client("::ffff:203.0.113.9", "198.51.100.1") == "203.0.113.9"


CDN = ["127.0.0.0/8", "198.51.100.0/24"]
VISITOR, EDGE, STRANGER = "203.0.113.9", "198.51.100.7", "192.0.2.66"


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "real_ip", "client"),
    [
        (EDGE, None, None, VISITOR),
        ("127.0.0.1", EDGE, None, VISITOR),
        ("127.0.0.1", f"6.6.6.6, {EDGE}", None, VISITOR),
        ("127.0.0.1", None, EDGE, VISITOR),
        ("127.0.0.1", None, None, VISITOR),
        # Whoever asks our proxy without the CDN may write into the header what he likes.
        ("127.0.0.1", STRANGER, None, STRANGER),
        ("127.0.0.1", f"{EDGE}, {STRANGER}", None, STRANGER),
        ("127.0.0.1", None, STRANGER, STRANGER),
        # A proxy that tells X-Real-IP alone passes on what its client has invented.
        ("127.0.0.1", EDGE, STRANGER, EDGE),
        (STRANGER, EDGE, None, STRANGER),
    ],
)
def test_a_cdns_header_is_believed_from_the_listed_networks(
    peer: str, forwarded_for: str | None, real_ip: str | None, client: str
) -> None:
    environ = {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": forwarded_for,
        "HTTP_X_REAL_IP": real_ip,
        "HTTP_CF_CONNECTING_IP": VISITOR,
    }
    assert TrustedProxies(CDN, "CF-Connecting-IP").client_of(environ) == client


def test_without_the_setting_no_such_header_counts() -> None:
    environ = {"REMOTE_ADDR": EDGE, "HTTP_CF_CONNECTING_IP": VISITOR}
    assert TrustedProxies(CDN).client_of(environ) == EDGE


@pytest.mark.parametrize("garbage", ["", "unknown", "203.0.113.9, 203.0.113.8", "x" * 5000])
def test_a_cdns_header_without_an_address_is_as_if_it_were_absent(garbage: str) -> None:
    environ = {"REMOTE_ADDR": EDGE, "HTTP_CF_CONNECTING_IP": garbage}
    assert TrustedProxies(CDN, "cf-connecting-ip").client_of(environ) == EDGE


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "real_ip", "is_believed"),
    [
        (EDGE, VISITOR, None, False),
        (EDGE, None, None, True),
        ("127.0.0.1", f"{VISITOR}, {EDGE}", None, True),
        ("127.0.0.1", STRANGER, None, False),
        ("127.0.0.1", None, STRANGER, False),
        (STRANGER, EDGE, None, False),
        (STRANGER, None, None, False),
    ],
)
def test_a_country_is_believed_from_whom_an_address_would_be(
    peer: str, forwarded_for: str | None, real_ip: str | None, is_believed: bool
) -> None:
    environ = {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": forwarded_for,
        "HTTP_X_REAL_IP": real_ip,
        "HTTP_CF_IPCOUNTRY": "de",
    }
    proxies = TrustedProxies(CDN, country_header="CF-IPCountry")
    assert proxies.country_of(environ) == ("DE" if is_believed else None)
    assert TrustedProxies(CDN).country_of(environ) is None


@pytest.mark.parametrize("garbage", ["", "XX", "T1", "DEU", "D", "d\u00e9", "<b", "x" * 5000])
def test_what_is_no_country_counts_as_none(garbage: str) -> None:
    environ = {"REMOTE_ADDR": EDGE, "HTTP_CF_IPCOUNTRY": garbage}
    assert TrustedProxies(CDN, country_header="CF-IPCountry").country_of(environ) is None


def test_an_endless_header_is_read_from_the_right_only() -> None:
    hops = ", ".join(["203.0.113.9", *["10.0.0.1"] * MAX_HOPS])
    assert client("127.0.0.1", hops) == "203.0.113.9"
    assert client("127.0.0.1", f"203.0.113.9, {hops}") == "10.0.0.1"


def test_a_bad_network_is_an_error_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0"):
        TrustedProxies(["10.0.0"])


def test_a_network_may_be_one_address_or_have_host_bits() -> None:
    proxies = TrustedProxies([" 203.0.113.9 ", "198.51.100.7/24"])
    assert proxies.client_address("203.0.113.9", "198.51.100.200, 8.8.8.8", None) == "8.8.8.8"


@given(HEADER_LIKE | ANY_TEXT, HEADER_LIKE | ANY_TEXT)
def test_headers_never_crash_and_yield_an_address(forwarded_for: str, real_ip: str) -> None:
    address = client("127.0.0.1", forwarded_for, real_ip)
    assert str(ip_address(address)) == address


@given(ANY_TEXT | HEADER_LIKE)
def test_any_peer_is_answered(peer: str) -> None:
    address = client(peer)
    assert address == peer or str(ip_address(address)) == address


def test_a_proxy_that_sets_x_real_ip_alone_lets_nobody_invent_the_other_header() -> None:
    proxies = TrustedProxies(PRIVATE)
    assert proxies.client_address("10.0.0.1", None, "198.51.100.1") == "198.51.100.1"
    assert proxies.client_address("10.0.0.1", "6.6.6.6", "198.51.100.1") == "198.51.100.1"
    assert proxies.client_address("10.0.0.2", "6.6.6.6", "198.51.100.1") == "6.6.6.6"


def test_a_proxy_that_sets_x_forwarded_for_is_believed_that_and_not_its_clients_x_real_ip() -> None:
    proxies = TrustedProxies(PRIVATE)
    for forwarded, real_ip in (("198.51.100.1", None), ("198.51.100.1", "6.6.6.6")):
        assert proxies.client_address("10.0.0.1", forwarded, real_ip) == "198.51.100.1"


def test_of_a_proxy_that_sends_either_alone_nothing_is_concluded() -> None:
    proxies = TrustedProxies(PRIVATE)
    for forwarded, real_ip in ((None, "198.51.100.1"), ("198.51.100.1", None), (None, "1.2.3.4")):
        proxies.client_address("10.0.0.1", forwarded, real_ip)
    assert proxies.client_address("10.0.0.1", "198.51.100.2", "6.6.6.6") == "198.51.100.2"
