"""What an instance says of its own state, of which metrics are made, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class InCluster:
    """How it stands with the other servers, where there are several."""

    node: str
    trouble: Annotated[
        str | None,
        Meta(description="Why this node is not in step with the others; null while it is."),
    ]
    whole_at: Annotated[
        str | None,
        Meta(description="When all that the others had handed over was here; null before that."),
    ]
    batches_waiting: Annotated[
        Count, Meta(description="Batches of this node that the others cannot have yet.")
    ]
    erasures_waiting: Annotated[
        Count, Meta(description="Erasures of other nodes that are not done on this one yet.")
    ]


@dataclass(frozen=True, slots=True)
class Health:
    """The state of each part. `status` is `degraded` when something needs the operator."""

    # The documented ones in the documented order, then what went wrong since the start.
    status: Literal["ok", "degraded"]
    version: str
    buffered_events: Annotated[
        Count, Meta(description="Accepted events that are not in Parquet yet.")
    ]
    auth_configured: bool
    geoip_loaded: bool
    behavioral_extension_loaded: bool
    filter_bots: bool
    cache_entries: Count
    cache_empty: bool
    quarantined_files: Count
    rollups_pending: Count
    flush_failures: Count
    cannot_store: Annotated[
        str | None,
        Meta(description="Why accepted events cannot be moved on; null while they can."),
    ]
    cannot_read: Annotated[
        str | None, Meta(description="Why stored events cannot be read; null while they can.")
    ]
    missing_files: Annotated[
        Count, Meta(description="Files of events that somebody has taken away since the start.")
    ]
    geoip_source: Annotated[
        Literal["database", "builtin", "none"],
        Meta(description="What tells countries, where no header of a CDN does."),
    ]
    geoip_trouble: Annotated[
        str | None,
        Meta(description="Why the location database that is there answers nothing."),
    ]
    events: Annotated[
        dict[str, Count],
        Meta(description="Events since the start, by what became of them."),
    ]
    cluster: Annotated[InCluster | None, Meta(description="Null where the server is alone.")] = None
