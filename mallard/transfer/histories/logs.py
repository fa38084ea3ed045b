"""Requests in a web server's log that were views of pages, judged as live ones are."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from mallard.ingest.pipeline import RawEvent
from mallard.ingest.refusals import Rejected
from mallard.ingest.submission import MAX_URL, Submission
from mallard.model import PAGEVIEW, Event
from mallard.texts.said import said
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut

NOT_MODIFIED = 304
_ASSETS = (
    "7z aac apk atom avi avif bin bmp bz2 css csv deb dmg doc docx eot exe flac gif gz ico img iso"
    " jar jpeg jpg js json jsonld m3u8 m4a m4v map md mid mjs mkv mov mp3 mp4 mpeg mpg msi odt oga"
    " ogg ogv otf pdf pkg png ppt pptx rar rdf rpm rss svg svgz swf tar tgz tif tiff torrent ts"
    " ttf txt wasm wav webm webmanifest webp whl wma wmv woff woff2 xls xlsx xml xsl xz yaml yml"
    " zip zst"
)
ASSETS = frozenset(_ASSETS.split())
"""Endings of paths that are no pages: what pages load, what is downloaded, and feeds."""

_PAGES = ("text/html", "application/xhtml+xml")
_ADDRESS = re.compile(r"[0-9.]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?", re.IGNORECASE)


class Request(msgspec.Struct, frozen=True):
    """A line of a log; "" and None for what it does not say."""

    at: datetime
    address: str
    method: str
    host: str | None
    target: str
    status: int
    referrer: str
    user_agent: str
    content_type: str | None = None


class PageViews:
    """Makes events of those requests that were views of pages by people."""

    def __init__(self, told: Told) -> None:
        if told.judge is None:
            raise TypeError("logs need somebody who judges their requests")
        self._told = told
        self._judge = told.judge()

    def event(self, request: Request) -> Event:
        """The event that a request is. Raises BadRow and LeftOut."""
        if reason := _no_page(request):
            raise LeftOut(reason)
        host = None if request.host is None else host_of(request.host)
        if host and self._told.site_id is None and _ADDRESS.fullmatch(host):
            raise LeftOut(said("requests to an address instead of a host"))
        site_id = self._told.site(host)
        address = f"https://{host or site_id}{request.target}"
        content = Submission(
            d=site_id, n=PAGEVIEW, u=_fitting(address), r=_fitting(request.referrer) or None
        )
        raw = RawEvent(content, request.user_agent, request.address, at=request.at)
        try:
            judged = self._judge(raw)
        except Rejected as rejected:
            raise _refused(rejected) from None
        if isinstance(judged, Event):
            return judged
        kind = judged.reason.replace("_", " ")
        raise LeftOut(said(kind))


def host_of(text: str) -> str:
    """A host without its port."""
    host, colon, port = text.rpartition(":")
    return host if colon and port.isdigit() else text


def _no_page(request: Request) -> str | None:
    """Why a request was no view of a page."""
    if request.method != "GET":
        return said("requests that are no GET")
    if not (200 <= request.status < 300 or request.status == NOT_MODIFIED):
        return said("redirects and errors")
    if not request.target.startswith("/"):
        return said("requests that name no path")
    kind = request.content_type
    if kind and not kind.lower().startswith(_PAGES):
        return said("files that are no pages")
    name = request.target.partition("?")[0].rpartition("/")[2]
    _, dot, ending = name.rpartition(".")
    return said("files that are no pages") if dot and ending.lower() in ASSETS else None


def _refused(rejected: Rejected) -> BadRow | LeftOut:
    if rejected.status == 403:
        return LeftOut(said("sites that are none of this instance"))
    if rejected.status >= 500:
        raise OSError(rejected.reason)
    return BadRow(rejected.reason)


def _fitting(address: str) -> str:
    return address if len(address) <= MAX_URL else address.partition("?")[0]
