"""Whether an alert of the instance holds: its disk is nearly full, or something is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from mallard.alerts.reasons import Reason
from mallard.metrics.health import Health
from mallard.register.told import InstanceAlert
from mallard.texts import forms
from mallard.texts.catalogue import _

MIB = 1024 * 1024


class InstanceJudge:
    """Looks at the disk, and asks for the state."""

    def __init__(self, data_dir: Path, state: Callable[[], Health | None]) -> None:
        self._data_dir = data_dir
        self._state = state

    def reason(self, alert: InstanceAlert) -> Reason | None:
        """Why it holds; None where it does not. Raises OSError."""
        return self._disk(alert.free_percent) if alert.on == "disk" else self._degraded()

    def _disk(self, wanted: int) -> Reason | None:
        usage = shutil.disk_usage(self._data_dir)
        percent = 100 * usage.free / usage.total if usage.total else 100.0
        if percent >= wanted:
            return None
        free = usage.free // MIB
        text = _(
            "The disk with the data directory is nearly full: %(free)s MiB are free, %(share)s of"
            " it; you wanted to hear of less than %(wanted)s.",
            free=forms.number(f"{free:,}"),
            share=forms.percent(f"{percent:.1f}"),
            wanted=forms.percent(str(wanted)),
        )
        figures: dict[str, int | float | str] = {
            "free_mib": free,
            "free_percent": round(percent, 1),
            "wanted_percent": wanted,
        }
        return Reason(text, figures)

    def _degraded(self) -> Reason | None:
        health = self._state()
        if health is None or health.status == "ok":
            return None
        troubles = list(_troubles(health))
        said = "; ".join(troubles) or _("databases were set aside")
        text = _(
            "Something needs the operator: %(troubles)s. /health/detailed has all of it.",
            troubles=said,
        )
        return Reason(text, {"troubles": said})


def _troubles(health: Health) -> Iterator[str]:
    if health.cannot_store:
        yield f"accepted events cannot be stored ({health.cannot_store})"
    if health.cannot_read:
        yield f"stored events cannot be read ({health.cannot_read})"
    if health.quarantined_files:
        yield f"{health.quarantined_files} files are in quarantine"
    if health.missing_files:
        yield f"{health.missing_files} files of events are gone"
    if health.cluster and health.cluster.trouble:
        yield f"the node is not in step with the others ({health.cluster.trouble})"
    if health.geoip_trouble:
        yield f"the location database answers nothing ({health.geoip_trouble})"
