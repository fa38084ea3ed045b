"""All alerts that somebody wants, and how each is judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from mallard.alerts.instance import InstanceJudge
from mallard.alerts.judging import Asked, Judge
from mallard.alerts.reasons import Reason
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.register.told import Alert, AnyAlert

NO_SITE = ""
"""Stands for the instance itself."""
TOLD = ("to", "webhook", "form")
"""Who is told, which is no part of what is waited for."""


@dataclass(frozen=True, slots=True)
class One:
    """An alert of a site, or of the instance."""

    site_id: str
    alert: AnyAlert

    @property
    def key(self) -> str:
        """What tells it from all others: another condition is another alert, and fires anew."""
        said = msgspec.to_builtins(self.alert)
        condition = {key: said[key] for key in sorted(said) if key not in TOLD}
        return f"{self.site_id} {digest(msgspec.json.encode(condition).decode())}"


class Wanted:
    """The alerts of all documents."""

    def __init__(
        self, sites: Sites, instance: TheInstance, judge: Judge, instance_judge: InstanceJudge
    ) -> None:
        self._sites = sites
        self._instance = instance
        self._judge = judge
        self._instance_judge = instance_judge

    def all(self) -> Iterator[One]:
        """Every one, the instance's first."""
        yield from self.of(NO_SITE)
        for site_id in self._sites.ids():
            yield from self.of(site_id)

    def of(self, site_id: str) -> Iterator[One]:
        """Those of a site, or of the instance."""
        alerts = self._sites.of(site_id).alerts if site_id else self._instance.known.instance.alerts
        for alert in alerts:
            yield One(site_id, alert)

    def reason(self, one: One, now: datetime) -> Reason | None:
        """Why it holds; None where it does not. Raises as reports do, OSError."""
        if not isinstance(one.alert, Alert):
            return self._instance_judge.reason(one.alert)
        site, zone = self._sites.of(one.site_id), self._sites.zone_of(one.site_id)
        return self._judge.reason(Asked(one.alert, one.site_id, site, zone, now))


def digest(*texts: str) -> str:
    """A short name for texts, the same for the same ones."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]
