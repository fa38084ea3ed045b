"""All of alerts, made when somebody first asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mallard.alerts.instance import InstanceJudge
from mallard.alerts.judging import Judge
from mallard.alerts.outside import Outside
from mallard.alerts.reasons import Reason
from mallard.alerts.wanted import One, Wanted
from mallard.alerts.watching import Watch
from mallard.alerts.webhooks import ByWebhook, Signing
from mallard.config import Settings, Webhooks
from mallard.model import MallardError
from mallard.notices.book import Notice
from mallard.notices.delivering import Deliveries
from mallard.notices.notebook import Notebook
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.texts.catalogue import N_, _
from mallard.texts.language import told_in
from mallard.texts.said import words_of

TEST = N_("This is a test: nothing has happened.")

SendMail = Callable[[Notice], None]
"""Sends a notice by mail at once. Raises MallardError."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one way of a test; the trouble is empty where it was taken."""

    to: str
    trouble: str


class Alerts:
    """The alerts of a Mallard."""

    def __init__(
        self,
        settings: Settings,
        secret: str,
        notebook: Notebook,
        sites: Sites,
        desk: ReportDesk,
        clock: Callable[[], datetime],
        send_mail: SendMail | None,
        address: Callable[[], str],
        instance: TheInstance,
        instance_judge: InstanceJudge,
    ) -> None:
        self.signing = Signing(secret)
        self._clock = clock
        self._send_mail = send_mail
        self._language = settings.language
        outside = Outside((settings.webhooks or Webhooks()).allowed_networks)
        self._by_webhook = ByWebhook(outside, self.signing, address, sites.name_of, clock)
        wanted = Wanted(sites, instance, Judge(desk), instance_judge)
        self.watch = Watch(wanted, notebook, clock, send_mail is not None, settings.language)
        self.deliveries = Deliveries(notebook, "webhook", self._by_webhook, clock)

    def test(self, one: One) -> Iterator[Tried]:
        """Tells everybody whom an alert names at once that this is a test."""
        with told_in(self._language):
            reason = Reason(_(TEST), {"test": 1})
        for notice in self.watch.notices(one, reason, self._clock()):
            yield Tried(notice.to, self._trouble(notice))

    def _trouble(self, notice: Notice) -> str:
        try:
            if notice.by == "webhook":
                self._by_webhook.post(notice)
            elif self._send_mail is not None:
                self._send_mail(notice)
        except MallardError as error:
            return words_of(error)
        return ""
