"""Where a click on a bucket of the chart leads, while a moment is chosen to be annotated."""

from __future__ import annotations

from mallard.model import Period
from mallard.web.dashboard.page_url import PageUrl, spelt
from mallard.web.dashboard.periods import bucket_days

ANNOTATE, AT = "annotate", "at"


def choosing_url(url: PageUrl) -> str:
    """The same view, whose chart asks for a moment."""
    return f"{url}&{spelt(((ANNOTATE, '1'),))}"


def annotating_url(url: PageUrl, bucket: str, interval: str, period: Period) -> str:
    """The form that annotates the beginning of a bucket, and leads back to this view."""
    first, _ = bucket_days(bucket, interval, period)
    clock = bucket[11:16] if interval == "hour" else "00:00"
    return f"{url.base}/annotate?{spelt((*url.fields, (AT, f'{first}T{clock}')))}"
