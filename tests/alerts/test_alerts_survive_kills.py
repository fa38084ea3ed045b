"""A kill at any step of an alert: it is told, and told again only where that was not noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from mallard.alerts.reasons import Reason
from mallard.alerts.wanted import One, Wanted
from mallard.alerts.watching import Watch
from mallard.notices.book import Notice
from mallard.notices.delivering import Deliveries, Outcome, Taken
from mallard.notices.notebook import Notebook
from mallard.register.told import Alert
from tests.conftest import Clock
from tests.mail.test_reports_by_mail import Killed, Steps

SITE, ADA = "example.com", "ada@example.com"
HOOK = "https://ops.example/hook"
ALERT = Alert("Look", "silence", hours=1, to=(ADA,), webhook=HOOK)


class Told:
    """Alerts without a server: what arrived, and what is there after a kill."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._data_dir, self._clock = data_dir, clock
        self.holds = False
        self.arrived: list[tuple[str, str]] = []
        """To whom, and by which id."""
        self.steps = Steps(10**9)
        data_dir.mkdir()
        self.begin()

    def begin(self) -> None:
        """As a start does: nothing is known but what is on the disk."""
        notebook = Notebook(self._data_dir, lambda: self.steps.take())
        self._watch = Watch(cast("Wanted", self), notebook, self._clock, has_mail=True)
        self._ways = [
            Deliveries(notebook, "mail", self, self._clock),
            Deliveries(notebook, "webhook", self, self._clock),
        ]

    def all(self) -> list[One]:
        return [One(SITE, ALERT)]

    def reason(self, one: One, now: Any) -> Reason | None:
        return Reason("No event for 1 hour.", {"hours": 1}) if self.holds else None

    def carry(self, notices: Sequence[Notice]) -> Iterator[tuple[Notice, Outcome]]:
        for notice in notices:
            self.steps.take()
            self.arrived.append((notice.to, notice.id))
            self.steps.take()
            yield notice, Taken()

    def look(self) -> None:
        self._watch.look()
        for way in self._ways:
            way.run()

    def look_and_be_killed(self, steps: int) -> bool:
        """Whether it was; then it starts anew, and looks until nothing is left to tell."""
        self.steps = Steps(steps)
        try:
            self.look()
            return False
        except Killed:
            self.steps = Steps(10**9)
            self.begin()
            for _ in range(3):
                self._clock.move(minutes=1)
                self.look()
            return True
        finally:
            self.steps = Steps(10**9)


def test_a_kill_between_any_two_steps_of_an_alert_loses_none_and_repeats_what_was_not_noted(
    tmp_path: Path, clock: Clock
) -> None:
    steps, is_killed = 0, True
    while is_killed:
        told = Told(tmp_path / str(steps), clock)
        told.look()
        told.holds = True
        is_killed = told.look_and_be_killed(steps)
        times = Counter(told.arrived)
        assert sorted(to for to, _ in times) == [ADA, HOOK], "none is missing, and no other id"
        assert sum(times.values()) - 2 in (0, 1)
        steps += 1
    # Firing is one step; of each of the two who are told: sending, arriving, noting.
    assert steps == 8


def test_a_kill_between_any_two_steps_of_clearing_neither_tells_anew_nor_stays_quiet(
    tmp_path: Path, clock: Clock
) -> None:
    steps, is_killed = 0, True
    while is_killed:
        told = Told(tmp_path / str(steps), clock)
        told.holds = True
        told.look()
        told.holds = False
        clock.move(minutes=1)
        is_killed = told.look_and_be_killed(steps)
        assert len(told.arrived) == 2
        told.holds = True
        clock.move(minutes=1)
        told.look()
        assert len(told.arrived) == len(set(told.arrived)) == 4, "it fires anew, under other ids"
        steps += 1
    assert steps == 2
