"""Makes alerts, once somebody asks for one; nothing of their room is loaded before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mallard.assembly.given import Given
from mallard.metrics.health import Health
from mallard.notices.notebook import Notebook
from mallard.register.instance import TheInstance
from mallard.register.sites import Sites
from mallard.reports.desk import ReportDesk
from mallard.store.upkeep.housekeeping import Housekeeping, Task

if TYPE_CHECKING:
    from mallard.alerts.alerts import Alerts
    from mallard.mail.post import Post

Run = Callable[[], None]
LOOK_SECS = 60
SEND_SECS = 10


class Alerting:
    """Alerts, of which there may be none."""

    def __init__(
        self,
        given: Given,
        secret: Callable[[], str],
        notebook: Notebook,
        sites: Sites,
        instance: TheInstance,
        desk: ReportDesk,
        post: Post | None,
    ) -> None:
        self._given = given
        self._secret = secret
        self._notebook = notebook
        self._sites = sites
        self._instance = instance
        self._desk = desk
        self._post = post
        self._made: Alerts | None = None
        self.state: Callable[[], Health | None] = lambda: None
        """Tells what is wrong with the instance; set by whoever knows."""

    @property
    def alerts(self) -> Alerts:
        """The alerts. Raises MallardError, OSError."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def look(self) -> None:
        """Looks whether an alert holds, where somebody wants one."""
        if self._is_wanted() or self._notebook.book.fired:
            self.alerts.watch.look()

    def send(self) -> None:
        """Posts what waits to be."""
        if any(notice.by == "webhook" for notice in self._notebook.book.queue):
            self.alerts.deliveries.run()

    def rounds(self, unless: Callable[[Run], Run]) -> list[Housekeeping]:
        """What looks and sends, each beside the other: a server that hangs delays no look."""
        looking = Task("alerts", LOOK_SECS, unless(self.look))
        sending = Task("webhooks", SEND_SECS, unless(self.send))
        return [Housekeeping([looking], "alerts"), Housekeeping([sending], "webhooks")]

    def _is_wanted(self) -> bool:
        if self._instance.known.instance.alerts:
            return True
        return any(self._sites.of(site_id).alerts for site_id in self._sites.ids())

    def _make(self) -> Alerts:
        from mallard.alerts.alerts import Alerts
        from mallard.alerts.instance import InstanceJudge

        given, post = self._given, self._post
        return Alerts(
            given.settings,
            self._secret(),
            self._notebook,
            self._sites,
            self._desk,
            given.clock,
            post.send_now if post else None,
            partial(self._notebook.reached_at, given.settings.public_address),
            self._instance,
            InstanceJudge(given.directory.path, lambda: self.state()),
        )
