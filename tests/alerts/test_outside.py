"""Webhooks reach other servers, and nothing in the server's own network, however it is named."""

from __future__ import annotations

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from mallard.alerts.outside import Inside, NotTaken, Outside, is_inside
from tests.alerts.receiver import receiver

HERE = (ip_network("127.0.0.0/8"),)
BODY, HEADERS = b"{}", {"Content-Type": "application/json"}


def test_what_is_allowed_is_posted_as_it_is():
    with receiver() as hook:
        Outside(HERE).post(hook.url, b'{"a": 1}', HEADERS)
    assert hook.said == [{"a": 1}]
    assert hook.headers[0]["Host"] == hook.url.split("/")[2]
    assert hook.headers[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_a_refusal_says_its_status(status: int):
    with receiver() as hook:
        hook.status = status
        with pytest.raises(NotTaken, match=f"answers {status}"):
            Outside(HERE).post(hook.url, BODY, HEADERS)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int):
    with receiver() as inside, receiver() as hook:
        hook.status, hook.location = status, inside.url
        with pytest.raises(NotTaken, match="redirects are not followed"):
            Outside(HERE).post(hook.url, BODY, HEADERS)
        assert len(hook.bodies) == 1 and inside.bodies == []


@pytest.mark.parametrize("how", ["hangs", "trickles"])
def test_a_server_that_never_ends_is_left(how: str):
    with receiver() as hook:
        setattr(hook, how, True)
        with pytest.raises(NotTaken):
            Outside(HERE, connect_secs=300, whole_secs=0.2).post(hook.url, BODY, HEADERS)
        assert len(hook.bodies) == 1


def test_where_nobody_listens_the_error_says_so():
    with receiver() as hook:
        pass
    with pytest.raises(NotTaken, match="refused"):
        Outside(HERE).post(hook.url, BODY, HEADERS)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
    ],
)
def test_no_spelling_of_this_machine_is_reached(host: str):
    with receiver() as hook:
        url = hook.url.replace("127.0.0.1", host)
        with pytest.raises(NotTaken) as error:
            Outside().post(url, BODY, HEADERS)
        assert hook.bodies == []
    assert isinstance(error.value, Inside) or host.startswith("[")


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fc00::1",
        "fd12::1",
        "fe80::1%eth0",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:db8::1",
        "fec0::1",
        "64:ff9b:1::a00:1",
        "::ffff:0:127.0.0.1",
        "5f00::1",
    ],
)
def test_addresses_of_networks_within_are_inside(address: str):
    assert is_inside(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_addresses_of_the_internet_are_outside(address: str):
    assert not is_inside(address)


def test_a_name_that_leads_inside_leads_nowhere(monkeypatch: pytest.MonkeyPatch):
    with receiver() as hook:
        port = int(hook.url.split(":")[2].split("/")[0])

        def looked_up(host: str, port: int, **_: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        with pytest.raises(Inside, match=r"webhooks[.]allowed_networks"):
            Outside().post(f"http://public.example:{port}/", BODY, HEADERS)
        assert hook.bodies == []
        Outside(HERE).post(f"http://public.example:{port}/", BODY, HEADERS)
        assert hook.headers[0]["Host"] == f"public.example:{port}"


def test_a_name_is_looked_up_once_so_that_it_cannot_lead_elsewhere(monkeypatch):
    asked: list[str] = []

    def looked_up(host: str, port: int, **_: Any) -> Any:
        asked.append(host)
        first = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (first, port))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with receiver() as hook:
        port = int(hook.url.split(":")[2].split("/")[0])
        with pytest.raises(NotTaken):
            Outside((ip_network("192.0.2.0/24"),), connect_secs=0.05).post(
                f"http://public.example:{port}/", BODY, HEADERS
            )
        assert hook.bodies == [] and asked == ["public.example"]


def test_this_machine_under_a_public_address_is_inside_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mallard.alerts.outside.is_inside", lambda address: False)
    with receiver() as hook:
        with pytest.raises(Inside):
            Outside().post(hook.url, BODY, HEADERS)
        assert hook.bodies == []
