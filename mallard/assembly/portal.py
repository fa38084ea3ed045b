"""What there is only where the settings name a portal; nothing of its room is loaded otherwise."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mallard.config import Settings
from mallard.ingest.intake import Intake
from mallard.ingest.numbering import Numbering
from mallard.store.store import Store

if TYPE_CHECKING:
    from mallard.portal.recording import Recorder


def reserved(settings: Settings) -> frozenset[tuple[str, str]]:
    """The names of events that only the server records, each with its site."""
    if settings.portal is None:
        return frozenset()
    from mallard.portal.recording import SERIES

    return frozenset((settings.portal.site_id, name) for name in SERIES)


def numbering(settings: Settings, store: Store, today: date) -> Numbering | None:
    """What numbers the portal's events."""
    if settings.portal is None:
        return None
    from mallard.portal.recording import SERIES, last_numbers

    last = last_numbers(store, settings.portal.site_id, today)
    return Numbering(settings.portal.site_id, SERIES, last)


def make_views(settings: Settings, store: Store) -> None:
    """Makes the views for a DuckDB shell."""
    if settings.portal is None:
        return
    from mallard.portal.views import definitions

    with store.database.writer() as writer:
        for definition in definitions(settings.portal.site_id):
            writer.execute(definition)


def recorder(settings: Settings, intake: Intake) -> Recorder | None:
    """What records what happens at the portal."""
    if settings.portal is None:
        return None
    from mallard.portal.recording import Recorder

    is_reduced = settings.suppress_browser_version or settings.suppress_os_version
    return Recorder(settings.portal.site_id, intake, keeps_agents=not is_reduced)
