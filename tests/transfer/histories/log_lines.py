"""Lines of logs, written as servers write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mallard.app import Mallard
from mallard.assembly.judging import make_judge
from mallard.transfer.histories.told import Told
from tests.builders import NOON
from tests.conftest import CHROME

AT = datetime(2026, 3, 10, 9, 30, 7, tzinfo=UTC)
FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
CLOUDFRONT_HEADER = f"#Version: 1.0\n#Fields: {FIELDS}\n"


def combined(
    target: str = "/pricing",
    at: datetime = AT,
    address: str = "203.0.113.7",
    status: int = 200,
    referrer: str = "-",
    agent: str = CHROME,
    method: str = "GET",
    who: str = "- -",
) -> str:
    """A line as nginx and Apache write it."""
    asked = f"{method} {target} HTTP/1.1"
    moment = f"{at:%d/%b/%Y:%H:%M:%S} +0000"
    return f'{address} {who} [{moment}] "{asked}" {status} 2326 "{referrer}" "{agent}"'


def caddy(target: str = "/pricing", at: datetime = AT, **changes: Any) -> str:
    """A line as Caddy writes it; `changes` to the request, or to the line by `line`."""
    asked = {
        "remote_ip": "203.0.113.7",
        "remote_port": "41342",
        "client_ip": "203.0.113.7",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "example.com",
        "uri": target,
        "headers": {"User-Agent": [CHROME], "Accept-Language": ["de"]},
        "tls": {"resumed": False, "version": 772},
    }
    line = {
        "level": "info",
        "ts": at.timestamp(),
        "logger": "http.log.access.log0",
        "msg": "handled request",
        "request": {key: held for key, held in (asked | changes).items() if key != "line"},
        "bytes_read": 0,
        "duration": 0.001,
        "size": 2326,
        "status": 200,
        "resp_headers": {"Content-Type": ["text/html; charset=utf-8"]},
    }
    return json.dumps(line | changes.get("line", {}))


def cloudfront(target: str = "/pricing", at: datetime = AT, **changes: str) -> str:
    """A line as CloudFront writes it; `changes` by the name of the field."""
    stem, _, query = target.partition("?")
    held = dict.fromkeys(FIELDS.split(), "-") | {
        "date": f"{at:%Y-%m-%d}",
        "time": f"{at:%H:%M:%S}",
        "c-ip": "203.0.113.7",
        "cs-method": "GET",
        "cs(Host)": "d111111abcdef8.cloudfront.net",
        "cs-uri-stem": stem,
        "cs-uri-query": query or "-",
        "sc-status": "200",
        "cs(User-Agent)": quote(quote(CHROME, safe="/()"), safe="/()"),
        "x-host-header": "example.com",
        "sc-content-type": "text/html;%20charset=utf-8",
    }
    return "\t".join((held | changes).values())


FORMATS: dict[str, tuple[Callable[..., str], str]] = {
    "combined": (combined, ""),
    "caddy": (caddy, ""),
    "cloudfront": (cloudfront, CLOUDFRONT_HEADER),
}


def told_by(mallard: Mallard, site_id: str | None = None, is_trial: bool = False) -> Told:
    """What the command tells of a Mallard's own settings."""
    judge = make_judge(mallard.settings, mallard.sites, lambda: NOON, is_trial)
    return Told(site_id, decisions=mallard.sites, judge=lambda: judge)


def a_log(path: Path, *written: str, header: str = "") -> Path:
    """A log of these lines."""
    path.write_text(header + "".join(f"{line}\n" for line in written))
    return path
