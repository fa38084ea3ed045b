"""Makes what says of a request in a log what would have become of it as a live event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from mallard.assembly.collecting import policy_of
from mallard.config import Settings
from mallard.ingest.decided import Decisions
from mallard.ingest.limits import TokenBuckets
from mallard.ingest.locations import Locations
from mallard.ingest.moments import hour_of
from mallard.ingest.past_salts import PastSalts
from mallard.ingest.pipeline import Pipeline, RawEvent
from mallard.ingest.salts import Salts
from mallard.ingest.visitors import VisitorIds, load_or_create_secret
from mallard.model import Dropped, Event


def make_judge(
    settings: Settings, decisions: Decisions, clock: Callable[[], datetime], is_trial: bool
) -> Callable[[RawEvent], Event | Dropped]:
    """Robots are dropped whatever the settings say. A trial leaves the data directory alone.

    Raises MallardError, OSError.
    """
    with TemporaryDirectory(prefix="mallard-import-") as folder:
        locations = Locations(
            settings.geoip_db_path,
            settings.geoip_precision,
            Path(folder),
            has_builtin=settings.geoip_builtin,
        )
    # Of a trial no visitor's id is kept.
    trial = VisitorIds("", settings.visitor_id_rotation)
    visitors = trial if is_trial else _visitors(settings, clock)
    policy = replace(policy_of(settings), filter_bots=True)
    limits = TokenBuckets(settings.rate_limit_per_site)
    pipeline = Pipeline(policy, visitors, locations.lookup, limits, decisions=decisions)
    judge = partial(pipeline.preview, now=clock())
    return (lambda raw: _rounded(judge(raw))) if settings.round_timestamps else judge


def _rounded(judged: Event | Dropped) -> Event | Dropped:
    if isinstance(judged, Event):
        judged.timestamp = hour_of(judged.timestamp)
    return judged


def _visitors(settings: Settings, clock: Callable[[], datetime]) -> VisitorIds:
    """As live ones, and for days whose salt is destroyed with one that today's lets be made."""
    secret = settings.secret or load_or_create_secret(settings.data_dir / ".secret")
    rotation = settings.visitor_id_rotation
    if settings.visitor_salts != "random":
        return VisitorIds(secret, rotation, None)
    directory, grace_days = settings.data_dir / "salts", settings.visitor_salt_grace_days
    salts = Salts(directory, rotation, grace_days, clock)
    return VisitorIds(secret, rotation, PastSalts(salts, clock().date()))
