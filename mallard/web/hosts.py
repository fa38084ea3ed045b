"""Under which host a request was sent: a foreign page can make a name of its own mean this one.

That is DNS rebinding: the page's name first leads to its server, then to ours, and the browser
takes both for one. An address cannot be bent, nor `localhost`, nor a name that only the local
network knows.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = ".local"


def may_be_rebound(host: str, own_origin: str | None) -> bool:
    """Whether the Host header is a name that anybody on the internet could make lead to us.

    Who sends none is no browser.
    """
    if not host:
        return False
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return True
    if _is_address(name) or name == (own_origin and urlsplit(own_origin).hostname):
        return False
    return "." in name and not name.endswith(LOCAL)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
