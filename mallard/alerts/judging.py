"""Whether an alert holds at a moment, and why, with the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mallard.alerts.hours import Hour, Hours
from mallard.alerts.reasons import Reason
from mallard.model import Period
from mallard.register.site import Site
from mallard.register.told import Alert
from mallard.reports.desk import ReportDesk
from mallard.reports.goals import goals
from mallard.reports.last_event import last_event
from mallard.reports.query import ReportQuery
from mallard.texts.catalogue import N_, _, plural
from mallard.web.dashboard.dates import bucket_text
from mallard.web.dashboard.wording import decimal, grouped, visitors
from mallard.zones.days import ONE_DAY, clock_at, day_of

FigureValue = int | float | str


@dataclass(frozen=True, slots=True)
class Asked:
    """An alert of a site, and the moment at which it is asked for, in UTC."""

    alert: Alert
    site_id: str
    site: Site
    zone: str
    now: datetime

    @property
    def moment(self) -> datetime:
        """The moment as reports have it."""
        return self.now.replace(tzinfo=None)


class Judge:
    """Asks reports what alerts want to know."""

    def __init__(self, desk: ReportDesk) -> None:
        self._desk = desk
        self._hours = Hours(desk)
        self._kinds: dict[str, Callable[[Asked], Reason | None]] = {
            "spike": self._spike,
            "drop": self._drop,
            "goal": self._goal,
            "silence": self._silence,
        }

    def reason(self, asked: Asked) -> Reason | None:
        """Why an alert holds; None where it does not. Raises as reports do."""
        return self._kinds[asked.alert.on](asked)

    def _spike(self, asked: Asked) -> Reason | None:
        """The hour that goes on is told of as soon as it has too many; it can only get more."""
        running = self._hours.running(asked.site_id, asked.zone, asked.now)
        last = self._hours.last(asked.site_id, asked.zone, asked.now)
        for hour, is_running in ((running, True), (last, False)):
            if hour is not None and hour.visitors > hour.usual.most:
                usual = _("more than %(most)s are unusual", most=decimal(hour.usual.most))
                return _reason_of_hour(hour, is_running, usual, hour.usual.most)
        return None

    def _drop(self, asked: Asked) -> Reason | None:
        hour = self._hours.last(asked.site_id, asked.zone, asked.now)
        if hour is None or hour.visitors >= hour.usual.least:
            return None
        usual = _("fewer than %(least)s are unusual", least=decimal(hour.usual.least))
        return _reason_of_hour(hour, False, usual, hour.usual.least)

    def _goal(self, asked: Asked) -> Reason | None:
        alert, today = asked.alert, day_of(asked.moment, asked.zone)
        wanted = tuple(goal.asked for goal in asked.site.goals if goal.name == alert.goal)
        for row in self._desk.ask(goals, _on(asked, today), wanted):
            if row.conversions >= alert.times:
                text = _(
                    "The goal %(goal)s was reached %(times)s today, by %(visitors)s; you wanted to"
                    " hear of %(wanted)s.",
                    goal=row.goal,
                    times=_times(row.conversions),
                    visitors=visitors(row.visitors),
                    wanted=_times(alert.times),
                )
                figures: dict[str, FigureValue] = {
                    "goal": row.goal,
                    "conversions": row.conversions,
                    "visitors": row.visitors,
                    "times": alert.times,
                    "day": str(today),
                }
                return Reason(text, figures)
        return None

    def _silence(self, asked: Asked) -> Reason | None:
        """A site that never had an event is not silent: it has not begun."""
        hours, today = asked.alert.hours, day_of(asked.moment, asked.zone)
        first = self._desk.first_day_with_events(asked.site_id, asked.zone)
        if first > today:
            return None
        begins = asked.moment - timedelta(hours=hours)
        since = day_of(begins, asked.zone)
        found = self._desk.look(last_event, _on(asked, since, today))
        if found is not None and found > begins:
            return None
        last = found or self._last_before(asked, first, since)
        clock = f"{clock_at(last, asked.zone):%Y-%m-%d %H:%M}" if last else _("long ago")
        text = plural(
            "No event for %(hours)d hour; the last one came %(clock)s (%(zone)s).",
            "No event for %(hours)d hours; the last one came %(clock)s (%(zone)s).",
            hours,
            hours=hours,
            clock=clock,
            zone=asked.zone,
        )
        return Reason(text, {"hours": hours, "last_event": f"{last}Z" if last else ""})

    def _last_before(self, asked: Asked, first: date, since: date) -> datetime | None:
        month = max(first, since - timedelta(days=31))
        return self._desk.ask(last_event, _on(asked, month, since)) if month < since else None


def _on(asked: Asked, first: date, last: date | None = None) -> ReportQuery:
    return ReportQuery(asked.site_id, Period(first, (last or first) + ONE_DAY, asked.zone))


def _reason_of_hour(hour: Hour, is_running: bool, unusual: str, limit: float) -> Reason:
    usual = hour.usual
    form = (
        N_("%(visitors)s so far in the hour from %(hour)s.")
        if is_running
        else N_("%(visitors)s in the hour from %(hour)s.")
    )
    came = _(form, visitors=visitors(hour.visitors), hour=bucket_text(hour.label, "hour"))
    why = _(
        "Usual for it are %(usual)s, by the %(weeks)d weeks before; %(unusual)s.",
        usual=decimal(usual.visitors),
        weeks=usual.weeks,
        unusual=unusual,
    )
    text = f"{came} {why}"
    figures: dict[str, FigureValue] = {
        "visitors": hour.visitors,
        "usual": usual.visitors,
        "limit": round(limit, 1),
        "weeks": usual.weeks,
        "hour": hour.label,
    }
    return Reason(text, figures)


def _times(count: int) -> str:
    return _("once") if count == 1 else _("%(number)s times", number=grouped(count))
