"""Writes the letters of notices, when their turn has come: figures are those of that moment."""

from __future__ import annotations

from collections.abc import Callable

from mallard.mail.alarm_letter import alarm_letter
from mallard.mail.figures import figures_of
from mallard.mail.letters import Letter
from mallard.mail.report_letter import Where, report_letter
from mallard.mail.subscribing import Subscription, Subscriptions, subscription_of
from mallard.mail.unsubscribing import PATH, Links
from mallard.notices.book import Alarm, Notice, ReportOf
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.texts.language import ENGLISH, told_in


class Writer:
    """Writes letters."""

    def __init__(
        self,
        sites: Sites,
        desk: ReportDesk,
        links: Links,
        subscriptions: Subscriptions,
        address: Callable[[], str],
        language: str = ENGLISH,
    ) -> None:
        """Takes what tells where this Mallard is reached; empty where that is not known."""
        self._sites = sites
        self._desk = desk
        self._links = links
        self._subscriptions = subscriptions
        self._address = address
        self._language = language

    def letter(self, notice: Notice) -> Letter | None:
        """The letter of a notice; None where nobody wants it any more. Raises as reports do."""
        if isinstance(notice.content, Alarm):
            return self._alarm(notice.to, notice.content)
        one = subscription_of(notice)
        if one is None or not isinstance(notice.content, ReportOf):
            return None
        if not self._subscriptions.is_wanted(one):
            return None
        return self.report(one, notice.content)

    def _alarm(self, to: str, alarm: Alarm) -> Letter:
        name = self._sites.name_of(alarm.site) if alarm.site else "Mallard"
        with told_in(self._language):
            return alarm_letter(to, name, alarm, self._address())

    def report(self, one: Subscription, report: ReportOf) -> Letter:
        """The letter of a report. Raises as reports do."""
        zone, base = self._sites.zone_of(one.site), self._address()
        figures = figures_of(report, self._sites.of(one.site), zone, self._desk)
        ends = f"{base}{PATH}{self._links.token_of(one)}" if base else ""
        name = self._sites.name_of(one.site)
        with told_in(self._language):
            return report_letter(one.to, name, one.every, figures, Where(base, ends))
