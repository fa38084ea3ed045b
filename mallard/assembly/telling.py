"""Makes what tells people who are not looking; nothing of mail is loaded where it is off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mallard.assembly.alerting import Alerting
from mallard.assembly.given import Given
from mallard.ingest.visitors import load_or_create_secret
from mallard.notices.notebook import Notebook
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.store.upkeep.housekeeping import Housekeeping, Task

if TYPE_CHECKING:
    from mallard.mail.post import Post

LOOK_SECS = 20
"""How often it is looked whether something is due, and whether what waits can be sent."""
STOP_SECS = 5
"""How long a mail under way may keep a stop waiting; it is sent again if it was not taken."""


@dataclass(slots=True)
class Telling:
    """What tells people, and what it keeps."""

    notebook: Notebook
    post: Post | None
    alerting: Alerting
    rounds: list[Housekeeping]

    def start(self) -> None:
        """Begins to look."""
        for one in self.rounds:
            one.start()

    def stop(self) -> None:
        """Ends; what is under way is given a moment."""
        for one in self.rounds:
            one.stop(STOP_SECS)


def make_telling(
    given: Given,
    sites: Sites,
    instance: TheInstance,
    desk: ReportDesk,
    is_open: Callable[[], bool],
) -> Telling:
    """As long as everybody may do everything nothing is told to anybody.

    Raises MallardError, OSError.
    """
    notebook = Notebook(given.directory.path, given.directory.insist)
    post = _post(given, notebook, sites, desk)
    secret = partial(secret_of, given)
    alerting = Alerting(given, secret, notebook, sites, instance, desk, post)
    rounds = alerting.rounds(partial(_unless, is_open))
    if post is not None:
        tasks = [
            Task("reports due", LOOK_SECS, _unless(is_open, post.subscriptions.look)),
            Task("mail", LOOK_SECS, _unless(is_open, post.deliveries.run)),
        ]
        rounds.append(Housekeeping(tasks, "mail"))
    return Telling(notebook, post, alerting, rounds)


def secret_of(given: Given) -> str:
    """The instance's secret. Raises MallardError, OSError."""
    return given.settings.secret or load_or_create_secret(given.directory.path / ".secret")


def _post(given: Given, notebook: Notebook, sites: Sites, desk: ReportDesk) -> Post | None:
    smtp = given.settings.smtp
    if smtp is None:
        return None
    from mallard.mail.post import make_post

    return make_post(given.settings, smtp, secret_of(given), notebook, sites, desk, given.clock)


def _unless(is_so: Callable[[], bool], run: Callable[[], None]) -> Callable[[], None]:
    def run_then() -> None:
        if not is_so():
            run()

    return run_then
