"""Links that end the counting of the browser that opens one.

A link is an address of the site itself with a mark that this server has signed. Who may look at the
settings makes one, and nobody else, so that no link of a stranger takes visitors out of the
figures. The event of such an address is not stored; its answer has the script's second part
remember, in that browser and on that site, that nothing more is to be sent.
"""

from __future__ import annotations

import hmac
import re
from datetime import date, timedelta

MARK = "mallard-ignore"
DAYS_GOOD = 7

_PURPOSE = b"mallard-ignore-me"
_SIGNED = re.compile(rf"[?&]{MARK}=(\d{{4}}-\d\d-\d\d)\.([0-9a-f]{{20}})(?![^&#])")


class IgnoreLinks:
    """Makes marks and knows its own again."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(_PURPOSE, secret.encode("utf-8", "surrogatepass"), "sha256")

    def query(self, site_id: str, today: date) -> str:
        """What the link has after its question mark; good for DAYS_GOOD days more."""
        last = (today + timedelta(days=DAYS_GOOD)).isoformat()
        return f"{MARK}={last}.{self._signature(site_id, last)}"

    def marks(self, url: str, site_id: str, today: date) -> bool:
        """Whether an address of the site has a mark that is good today."""
        if MARK not in url or (found := _SIGNED.search(url)) is None:
            return False
        last, signature = found.groups()
        is_ours = hmac.compare_digest(signature, self._signature(site_id, last))
        return is_ours and last >= today.isoformat()

    def _signature(self, site_id: str, last: str) -> str:
        return hmac.digest(self._key, f"{site_id}|{last}".encode(), "sha256").hex()[:20]
