"""Tells alerts to other servers: as JSON that is signed, or in the form that chats take."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from mallard.alerts.outside import Inside, NotTaken, Outside
from mallard.notices.book import Alarm, Notice
from mallard.notices.delivering import NotYet, Outcome, Refused, Taken

PURPOSE = "mallard: webhooks of "
SIGNATURE, SIGNED_AT, DELIVERY = "X-Mallard-Signature", "X-Mallard-Timestamp", "X-Mallard-Delivery"


class Signing:
    """Keys of sites: who takes the alerts of one can sign none of another's."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def key_of(self, site_id: str) -> str:
        """The key that a site's webhooks are signed with, as it is told to their receivers."""
        return hmac.new(self._secret, f"{PURPOSE}{site_id}".encode(), "sha256").hexdigest()

    def headers(self, site_id: str, notice_id: str, body: bytes, now: datetime) -> dict[str, str]:
        """What tells a receiver that this is from here, and not a copy of what once was."""
        at = str(int(now.timestamp()))
        key = self.key_of(site_id).encode()
        seal = hmac.new(key, at.encode() + b"." + body, "sha256").hexdigest()
        return {SIGNED_AT: at, SIGNATURE: f"sha256={seal}", DELIVERY: notice_id}


class ByWebhook:
    """The way of webhooks."""

    def __init__(
        self,
        outside: Outside,
        signing: Signing,
        address: Callable[[], str],
        name_of: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._outside = outside
        self._signing = signing
        self._address = address
        self._name_of = name_of
        self._clock = clock

    def carry(self, notices: Sequence[Notice]) -> Iterator[tuple[Notice, Outcome]]:
        """Tries each."""
        for notice in notices:
            try:
                self.post(notice)
                yield notice, Taken()
            except Inside as error:
                yield notice, Refused(str(error))
            except NotTaken as error:
                yield notice, NotYet(str(error))

    def post(self, notice: Notice) -> None:
        """Returns when it was taken. Raises NotTaken."""
        if not isinstance(notice.content, Alarm):
            return
        alarm = notice.content
        body = msgspec.json.encode(self._said(notice, alarm))
        headers = {"Content-Type": "application/json"}
        if notice.form == "json":
            headers |= self._signing.headers(alarm.site, notice.id, body, self._clock())
        self._outside.post(notice.to, body, headers)

    def _said(self, notice: Notice, alarm: Alarm) -> dict[str, Any]:
        base = self._address()
        url = f"{base}/?{urlencode({'site_id': alarm.site})}" if base and alarm.site else base
        name = self._name_of(alarm.site) if alarm.site else "Mallard"
        if notice.form != "json":
            text = f"{name}: {alarm.alert}. {alarm.text}"
            text = _for_slack(text) if notice.form == "slack" else text
            return {"text": f"{text} {url}".strip()}
        return {
            "id": notice.id,
            "alert": alarm.alert,
            "on": alarm.on,
            "site_id": alarm.site,
            "at": alarm.at.isoformat().replace("+00:00", "Z"),
            "text": alarm.text,
            "figures": alarm.figures,
            "url": url,
        }


def _for_slack(text: str) -> str:
    """As Slack wants the three signs that mean something to it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
