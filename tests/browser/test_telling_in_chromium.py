"""Alerts, reports and test mails on their pages: on a phone, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from mallard.app import Mallard
from mallard.config import Webhooks
from mallard.wsgi import application
from tests.alerts.receiver import Receiver, receiver
from tests.browser.patient import context_of
from tests.browser.test_accessibility import assert_accessible
from tests.conftest import NOON, Clock, client_of, served, visits
from tests.mail.postbox import Postbox, postbox

SITE, ADA = "example.com", "ada@example.com"


@dataclass
class Told:
    """A Mallard that tells people, a browser that is signed in, and what arrives elsewhere."""

    mallard: Mallard
    url: str
    tab: Page
    hook: Receiver
    box: Postbox

    def card(self, page: str, name: str) -> Locator:
        self.tab.goto(self.url + page)
        return self.tab.locator(f"#{name}")

    def look_at(self) -> None:
        """No page is wider than a phone; where there is JavaScript, axe looks."""
        assert self.tab.evaluate("() => document.documentElement.scrollWidth") <= 390
        if self.tab.evaluate("() => typeof htmx !== 'undefined'"):
            assert_accessible(self.tab)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def told(
    context: BrowserContext,
    request: pytest.FixtureRequest,
    start: Callable[..., Mallard],
    clock: Clock,
) -> Iterator[Told]:
    browser = context.browser
    assert browser is not None
    with postbox() as box, receiver() as hook:
        mallard = start(
            admin_password="correct horse",
            smtp=box.settings(),
            webhooks=Webhooks(allowed_networks=(ip_network("127.0.0.0/8"),)),
        )
        visit = visits(client_of(mallard), clock)
        visit("/", at=NOON - timedelta(days=5))
        visit("/", at=NOON)
        with (
            served(application(mallard)) as url,
            context_of(
                browser, java_script_enabled=request.param, viewport={"width": 390, "height": 844}
            ) as own,
        ):
            token = mallard.access.sessions.open()
            own.add_cookies([{"name": "mm_session", "value": token, "url": url}])
            yield Told(mallard, url, own.new_page(), hook, box)


def test_an_alert_is_added_tested_and_seen_to_have_fired(told: Told, clock: Clock) -> None:
    alerts = told.card(f"/settings/sites/{SITE}", "alerts")
    alerts.get_by_label("Name").fill("Nobody comes")
    alerts.get_by_label("When").select_option("no event comes")
    alerts.get_by_label("Hours without an event").fill("1")
    alerts.get_by_label("By webhook to").fill(told.hook.url)
    alerts.get_by_label("By mail to").fill(ADA)
    alerts.get_by_role("button", name="Add").click()
    expect(alerts.get_by_role("status")).to_have_text("Saved.")
    alerts.get_by_text("Nobody comes").click()
    alerts.get_by_role("button", name="Test Nobody comes").click()
    expect(alerts.get_by_role("status")).to_contain_text(f"{ADA}, {told.hook.url}")
    assert (len(told.hook.said), told.box.recipients) == (1, [ADA])
    told.look_at()
    clock.move(hours=2)
    told.mallard.telling.alerting.look()
    told.mallard.telling.alerting.send()
    assert "No event for 1 hour" in told.hook.said[1]["text"]
    alerts = told.card(f"/settings/sites/{SITE}", "alerts")
    expect(alerts.get_by_text("has fired on 18 Mar 2026")).to_be_visible()
    told.look_at()
    alerts.get_by_text("Nobody comes", exact=True).last.click()
    alerts.get_by_role("button", name="Remove Nobody comes").click()
    expect(alerts.get_by_text("has fired on")).to_have_count(0)


def test_an_alert_that_is_not_taken_says_why(told: Told) -> None:
    alerts = told.card("/settings", "alerts")
    alerts.get_by_text("Add an alert").click()
    alerts.get_by_label("Title").fill("The disk")
    alerts.get_by_label("By webhook to").fill(told.hook.url)
    alerts.get_by_role("button", name="Add").click()
    expect(alerts.get_by_role("status")).to_have_text("Saved.")
    told.hook.status = 500
    alerts.get_by_text("The disk", exact=True).click()
    alerts.get_by_role("button", name="Test The disk").click()
    expect(alerts.get_by_role("alert")).to_contain_text("answers 500")
    told.look_at()


def test_a_report_gets_a_recipient_is_looked_at_and_comes(told: Told, clock: Clock) -> None:
    reports = told.card(f"/settings/sites/{SITE}", "reports")
    reports.get_by_label("To").fill(f"{ADA}\nnobody")
    reports.get_by_role("button", name="Add").click()
    expect(reports.get_by_role("alert")).to_contain_text("no address of mail")
    told.look_at()
    reports.get_by_label("To").last.fill(ADA)
    reports.get_by_role("button", name="Add").click()
    expect(reports.get_by_text(f"Each week, to {ADA}")).to_be_visible()
    reports.get_by_role("link", name="that of the last week").click()
    expect(told.tab.get_by_text("Unique visitors").first).to_be_visible()
    assert told.tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    post = told.mallard.telling.post
    assert post is not None
    post.subscriptions.look()
    clock.now = NOON + timedelta(days=6)
    post.subscriptions.look()
    post.deliveries.run()
    assert told.box.recipients == [ADA]


def test_a_test_mail_is_sent_and_one_that_is_refused_says_why(told: Told) -> None:
    mail = told.card("/settings", "mail")
    mail.get_by_label("Address").fill(ADA)
    mail.get_by_role("button", name="Send a test mail").click()
    expect(mail.get_by_role("status")).to_have_text("The server has taken the test mail.")
    told.look_at()
    told.box.answer = lambda _: "550 nobody here"
    mail.get_by_label("Address").fill(ADA)
    mail.get_by_role("button", name="Send a test mail").click()
    expect(mail.get_by_role("alert")).to_contain_text("550 nobody here")
    told.look_at()
    assert told.box.recipients == [ADA]


def test_who_tests_without_end_is_told_to_wait(told: Told) -> None:
    for _ in range(6):
        mail = told.card("/settings", "mail")
        mail.get_by_label("Address").fill(ADA)
        mail.get_by_role("button", name="Send a test mail").click()
        told.tab.wait_for_load_state()
    expect(told.tab.locator("main")).to_contain_text("too many requests")
    told.look_at()
    assert told.box.recipients == [ADA] * 5
