"""Reports come by mail: to whom they are for, with the figures that the pages have, and once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.mail.carrying import ByMail
from mallard.mail.letters import Letter
from mallard.mail.post import Post
from mallard.mail.subscribing import Subscription, Subscriptions
from mallard.notices.book import Notice, ReportOf
from mallard.notices.delivering import Deliveries
from mallard.notices.notebook import Notebook
from mallard.register.files import Files
from mallard.register.site import Goal, Site
from mallard.register.sites import Sites
from mallard.register.told import Report
from mallard.wsgi import application
from tests.conftest import NOON, Clock, client_of, visits
from tests.mail.postbox import Postbox, postbox
from tests.web.access.conftest import copy_with_password, json_of
from tests.web.reading import parsed

pytestmark = pytest.mark.thorough

SITE, ADA, BOB = "example.com", "ada@example.com", "bob@example.com"
DOCUMENT = Site(
    name="Shop & <b>Söhne</b>",
    timezone="America/New_York",
    goals=(Goal("Sign-up", event="signup"),),
    reports=(Report("week", (ADA, BOB)), Report("month", (ADA,))),
)
WEEK = (datetime(2026, 3, 9, 4, tzinfo=UTC), datetime(2026, 3, 16, 4, tzinfo=UTC))
"""The week before the tests' Wednesday, where the site is; its first day is the day after clocks
went forward."""
MONDAY_AT_EIGHT = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as one:
        yield one


@pytest.fixture
def mallard(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], box: Postbox, clock: Clock
) -> Mallard:
    copy_with_password(fresh_data, data_dir)
    clock.now = WEEK[0] - timedelta(days=1)
    one = start(smtp=box.settings(), dashboard_origin="https://stats.example")
    one.sites.replace(SITE, DOCUMENT, None)
    clock.move(days=2)
    return one


def post_of(mallard: Mallard) -> Post:
    assert mallard.telling.post is not None
    return mallard.telling.post


def with_a_week_of_visits(mallard: Mallard, clock: Clock) -> None:
    visit = visits(client_of(mallard), clock)
    visit("/before", at=WEEK[0] - timedelta(seconds=1), visitor=7)
    visit("/", at=WEEK[0], visitor=1, r="https://news.example/")
    visit("/pricing", visitor=1)
    visit("/<script>", at=WEEK[1] - timedelta(hours=1), visitor=2)
    visit("/", visitor=2, event="signup")
    visit("/after", at=WEEK[1], visitor=8)
    post_of(mallard).subscriptions.look()


def body(message: Any, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_on_monday_everybody_who_is_named_gets_the_figures_of_the_week(
    mallard: Mallard, clock: Clock, box: Postbox
):
    with_a_week_of_visits(mallard, clock)
    post = post_of(mallard)
    clock.now = MONDAY_AT_EIGHT - timedelta(seconds=1)
    post.subscriptions.look()
    post.deliveries.run()
    assert box.messages == []
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()
    post.deliveries.run()
    assert sorted(box.recipients) == [ADA, BOB]
    message = box.messages[0]
    assert message["Subject"] == "Shop & <b>Söhne</b>: 9 to 15 Mar 2026"
    text, html = body(message, "plain"), body(message, "html")
    assert re.search(r"Unique visitors +2  \(\+100%\)\n", text)
    assert re.search(r"Total pageviews +3  \(\+200%\)\n", text)
    for row in ("2  /\n", "1  /pricing\n", "1  /<script>\n", "1  Sign-up (50%)\n"):
        assert row in text
    assert "/before" not in text and "/after" not in text
    assert "Shop &amp; &lt;b&gt;Söhne&lt;/b&gt;" in html and "/&lt;script&gt;" in html
    assert "<script" not in html and "<img" not in html and "url(" not in html


def test_the_figures_are_those_that_the_api_tells(mallard: Mallard, clock: Clock, box: Postbox):
    with_a_week_of_visits(mallard, clock)
    clock.now = MONDAY_AT_EIGHT
    post_of(mallard).subscriptions.look()
    post_of(mallard).deliveries.run()
    key = {"X-API-Key": mallard.access.keys.create("reader", "ReadOnly").key}
    days = f"site_id={SITE}&start_date=2026-03-09&end_date=2026-03-16"
    told = json_of(client_of(mallard).get(f"/api/stats/main?{days}", headers=key))
    text = body(box.messages[0], "plain")
    for title, name in (("Unique visitors", "unique_visitors"), ("Sessions", "sessions")):
        assert re.search(rf"{title} +{told[name]}\b", text)
    assert re.search(rf"Bounce rate +{told['bounce_rate']:.0%}", text)
    assert f"https://stats.example/?{days}" in text


def test_nobody_who_was_named_today_is_told_of_what_was_before(
    mallard: Mallard, clock: Clock, box: Postbox
):
    clock.now = NOON
    for _ in range(2):
        post_of(mallard).subscriptions.look()
        post_of(mallard).deliveries.run()
    assert box.messages == []


def test_one_click_ends_a_report_for_who_clicks_and_for_nobody_else(
    mallard: Mallard, clock: Clock, box: Postbox
):
    with_a_week_of_visits(mallard, clock)
    clock.now = MONDAY_AT_EIGHT
    post_of(mallard).subscriptions.look()
    post_of(mallard).deliveries.run()
    message = next(one for one in box.messages if one["To"] == ADA)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip("<>")
    assert link in body(message, "plain") and link in body(message, "html")
    path = link.removeprefix("https://stats.example")
    stranger = client_of(mallard)
    page = stranger.get(path)
    assert page.status_code == 200 and ADA in page.text
    assert Subscription(SITE, "week", ADA) in post_of(mallard).subscriptions.all()
    # As a mail program sends it, from nowhere and signed in as nobody.
    ended = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
    assert ended.status_code == 200 and "no more" in parsed(ended.text).one("main").text
    assert post_of(mallard).subscriptions.all() == [
        Subscription(SITE, "month", ADA),
        Subscription(SITE, "week", BOB),
    ]
    assert stranger.post(path).status_code == 200, "once more does no harm"
    for wrong in (path[:-2], path + "AA", "/unsubscribe/x", "/unsubscribe/é"):
        assert stranger.post(wrong).status_code == 404


def test_what_waits_for_somebody_who_ends_it_is_not_sent(
    mallard: Mallard, clock: Clock, box: Postbox
):
    post = post_of(mallard)
    post.subscriptions.look()
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()
    assert post.subscriptions.end(Subscription(SITE, "week", ADA))
    post.deliveries.run()
    assert box.recipients == [BOB]
    assert post.notebook.book.queue == ()


def test_a_server_that_is_away_gets_it_when_it_is_back(
    mallard: Mallard, clock: Clock, box: Postbox
):
    post = post_of(mallard)
    post.subscriptions.look()
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()
    box.answer = lambda to: "450 later" if to == ADA else "550 nobody here"
    post.deliveries.run()
    post.deliveries.run()
    (waiting,) = post.notebook.book.queue
    assert (waiting.to, waiting.tries) == (ADA, 1)
    (trouble,) = post.notebook.book.troubles
    assert trouble.to == BOB and "550 nobody here" in trouble.why
    box.answer = lambda _: "250 OK"
    clock.move(minutes=1)
    post.deliveries.run()
    assert box.recipients == [ADA]
    assert post.notebook.book.queue == ()


def test_after_three_days_it_is_given_up_and_said_so(mallard: Mallard, clock: Clock, box: Postbox):
    post = post_of(mallard)
    post.subscriptions.look()
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()
    box.answer = lambda _: "450 later"
    for _ in range(8):
        post.deliveries.run()
        clock.move(hours=12)
    assert post.notebook.book.queue == ()
    assert [trouble.to for trouble in post.notebook.book.troubles] == [ADA, BOB]


def test_a_preview_shows_the_same_page_and_lets_nothing_in(mallard: Mallard, clock: Clock):
    with_a_week_of_visits(mallard, clock)
    clock.now = NOON
    client = Client(application(mallard))
    client.set_cookie("mm_session", mallard.access.sessions.open())
    shown = client.get(f"/settings/sites/{SITE}/reports/week/preview")
    assert shown.status_code == 200 and "9 to 15 Mar 2026" in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert client.get(f"/settings/sites/{SITE}/reports/day/preview").status_code == 404
    assert client.get("/settings/sites/nowhere.example/reports/week/preview").status_code == 404


def test_recipients_are_told_to_admins_alone(mallard: Mallard):
    client = client_of(mallard)
    for scope, is_told in (("Admin", True), ("ReadOnly", False)):
        key = {"X-API-Key": mallard.access.keys.create("one", scope).key}
        assert (ADA in client.get(f"/api/sites/{SITE}", headers=key).text) == is_told


@pytest.mark.parametrize(
    "to", [[], ["ada"], ["a@b.c\r\nBcc: e@e.example"], [ADA, ADA], [f"{n}@b.c" for n in range(51)]]
)
def test_a_report_that_cannot_be_sent_is_refused_with_its_place(mallard: Mallard, to: list[str]):
    key = {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}
    wrong = {"reports": [{"every": "week", "to": to}]}
    refused = client_of(mallard).put("/api/sites/new.example", json=wrong, headers=key)
    assert refused.status_code == 400
    assert "$.reports[0]" in json_of(refused)["error"]


class Killed(BaseException):
    """What a kill is to whoever was at work."""


class Steps:
    """Kills whoever takes one step too many."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Told:
    """A year of reports without a server: what arrived, and what is there after a kill."""

    def __init__(self, data_dir: Path, document: Site, clock: Clock) -> None:
        self.data_dir = data_dir
        self.clock = clock
        self.arrived: Counter[tuple[str, str, date]] = Counter()
        self.ids: dict[tuple[str, str, date], set[str]] = {}
        self.steps = Steps(10**9)
        data_dir.mkdir(exist_ok=True)
        Sites(Files(data_dir)).replace(SITE, document, None)
        self.begin()

    def begin(self) -> None:
        """As a start does: nothing is known but what is on the disk."""
        notebook = Notebook(self.data_dir, lambda: self.steps.take())
        self.subscriptions = Subscriptions(Sites(Files(self.data_dir)), notebook, self.clock)
        self.deliveries = Deliveries(notebook, "mail", self, self.clock)

    def carry(self, notices: Any) -> Iterator[Any]:
        from mallard.notices.delivering import Taken

        for notice in notices:
            self.steps.take()
            content: ReportOf = notice.content
            one = (notice.to, content.every, content.ended)
            self.arrived[one] += 1
            self.ids.setdefault(one, set()).add(notice.id)
            self.steps.take()
            yield notice, Taken()

    def look(self) -> None:
        self.subscriptions.look()
        self.deliveries.run()


def all_of(year: int) -> set[tuple[str, str, date]]:
    """What has to arrive in a year, counted in another way: by the days of the calendar."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    weeks = {(to, "week", day) for day in days if day.weekday() == 0 for to in (ADA, BOB)}
    return weeks | {(ADA, "month", day) for day in days if day.day == 1}


def new_year(clock: Clock) -> None:
    clock.now = datetime(2025, 12, 31, 20, tzinfo=UTC)


def test_in_a_year_with_both_changes_of_clocks_no_mail_comes_twice_and_none_is_missing(
    tmp_path: Path, clock: Clock
):
    new_year(clock)
    told = Told(tmp_path, DOCUMENT, clock)
    arrived_at: dict[tuple[str, str, date], datetime] = {}
    while clock.now < datetime(2026, 12, 31, 20, tzinfo=UTC):
        told.look()
        for one in told.arrived.keys() - arrived_at.keys():
            arrived_at[one] = clock.now
        clock.move(hours=1)
    assert set(told.arrived) == all_of(2026)
    assert set(told.arrived.values()) == {1}
    # By the clocks of New York: those of UTC are 5 hours ahead in winter, 4 in summer.
    summer = (date(2026, 3, 8), date(2026, 11, 1))
    for (_, _, ended), at in arrived_at.items():
        is_summer = summer[0] <= ended < summer[1]
        assert at == datetime(
            ended.year, ended.month, ended.day, 12 if is_summer else 13, tzinfo=UTC
        )


def test_starts_anew_at_any_hour_change_nothing(tmp_path: Path, clock: Clock):
    new_year(clock)
    told = Told(tmp_path, DOCUMENT, clock)
    told.look()
    while clock.now < datetime(2026, 12, 31, 20, tzinfo=UTC):
        clock.move(hours=11)
        told.begin()
        told.look()
    assert set(told.arrived) == all_of(2026)
    assert set(told.arrived.values()) == {1}


def test_a_kill_between_any_two_steps_loses_none_and_repeats_only_what_was_not_noted(
    tmp_path: Path, clock: Clock
):
    steps, is_done = 0, False
    while not is_done:
        clock.now = MONDAY_AT_EIGHT - timedelta(hours=1)
        told = Told(tmp_path / str(steps), DOCUMENT, clock)
        told.look()
        clock.now = MONDAY_AT_EIGHT
        told.steps = Steps(steps)
        try:
            told.look()
            is_done = True
        except Killed:
            told.steps = Steps(10**9)
            told.begin()
            told.look()
            told.look()
        monday = MONDAY_AT_EIGHT.date()
        assert set(told.arrived) == {(ADA, "week", monday), (BOB, "week", monday)}
        # Only a kill after a mail was taken and before that is noted repeats it, as the same mail.
        assert sum(told.arrived.values()) - 2 in (0, 1)
        assert all(len(ids) == 1 for ids in told.ids.values())
        steps += 1
    assert steps == 8


def test_a_letter_that_cannot_be_written_waits_and_the_others_go(
    mallard: Mallard, clock: Clock, box: Postbox
):
    post = post_of(mallard)
    post.subscriptions.look()
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()

    def write(notice: Notice) -> Letter | None:
        if notice.to == ADA:
            raise RuntimeError("no figures")
        return post.writer.letter(notice)

    Deliveries(post.notebook, "mail", ByMail(post.settings, write, clock), clock).run()
    assert box.recipients == [BOB]
    (waiting,) = post.notebook.book.queue
    assert (waiting.to, waiting.tries) == (ADA, 1)


def test_a_site_s_name_is_not_a_header(mallard: Mallard, clock: Clock, box: Postbox):
    post = post_of(mallard)
    entry = mallard.sites.entry(SITE)
    assert entry is not None
    named = structs.replace(DOCUMENT, name="Bcc: eve@evil.example")
    mallard.sites.replace(SITE, named, entry.version)
    post.subscriptions.look()
    clock.now = MONDAY_AT_EIGHT
    post.subscriptions.look()
    post.deliveries.run()
    assert box.messages[0]["Bcc"] is None
    assert sorted(box.recipients) == [ADA, BOB]


def test_mails_are_in_the_language_of_the_settings(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], box: Postbox, clock: Clock
):
    copy_with_password(fresh_data, data_dir)
    clock.now = WEEK[0]
    mallard = start(smtp=box.settings(), language="de")
    visits(client_of(mallard), clock)("/", visitor=1)
    post = post_of(mallard)
    letter = post.writer.report(
        Subscription(SITE, "week", ADA), ReportOf(SITE, "week", date(2026, 3, 16))
    )
    assert letter.subject == f"{SITE}: 9. bis 15. März 2026"
    assert re.search(r"Besucher +1\n", letter.text)
    assert '<html lang="de">' in letter.html and "Besucher nach Tagen" in letter.html
    post.office.test(ADA)
    assert box.messages[0]["Subject"] == "Eine Testmail von Mallard"
