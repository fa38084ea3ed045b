"""Alerts fire when what they wait for happens, say why, and are quiet until it has cleared."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mallard.alerts.alerts import Alerts
from mallard.app import Mallard
from mallard.config import Webhooks
from mallard.notices.book import Alarm
from mallard.register.instance import Instance
from mallard.register.site import Goal, Site
from mallard.register.told import Alert, InstanceAlert
from mallard.transfer.day_figures.rows import DayRow, Figures
from mallard.wsgi import application
from tests.alerts.receiver import Receiver, receiver
from tests.conftest import NOON, Clock, client_of, visits
from tests.mail.postbox import postbox
from tests.transfer.day_figures.taking_in import take_rows_in
from tests.waiting import PATIENCE_SECS
from tests.web.access.conftest import copy_with_password, json_of, sign_in

pytestmark = pytest.mark.thorough

SITE, ADA = "example.com", "ada@example.com"
OWN = {"Origin": "https://stats.example"}
ALLOWED = Webhooks(allowed_networks=(ip_network("127.0.0.0/8"),))


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def mallard(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock
) -> Mallard:
    copy_with_password(fresh_data, data_dir)
    clock.now = NOON - timedelta(days=80)
    return start(webhooks=ALLOWED, dashboard_origin="https://stats.example")


def wanting(mallard: Mallard, hook: Receiver, on: Any, **more: Any) -> Alerts:
    """The alerts, of which the site has one."""
    entry = mallard.sites.entry(SITE)
    alert = Alert("Look", on, webhook=hook.url, **more)
    wanted = Site(name="Shop", goals=(Goal("Sign-up", event="signup"),), alerts=(alert,))
    mallard.sites.replace(SITE, wanted, entry.version if entry else None)
    return mallard.telling.alerting.alerts


def look(alerts: Alerts) -> None:
    alerts.watch.look()
    alerts.deliveries.run()


def with_usual_weeks(mallard: Mallard, clock: Clock, people: int) -> Callable[..., None]:
    """Nine Wednesdays on which as many came in the hour from 12, and one visit long before."""
    visit = visits(client_of(mallard), clock)
    visit("/", at=NOON - timedelta(days=70))
    for weeks in range(8, 0, -1):
        for one in range(people):
            visit("/", at=NOON - timedelta(weeks=weeks) + timedelta(minutes=one), visitor=one)
    return visit


def test_a_spike_is_told_of_at_once_with_the_figures_and_only_once(
    mallard: Mallard, clock: Clock, hook: Receiver
):
    visit = with_usual_weeks(mallard, clock, 4)
    alerts = wanting(mallard, hook, "spike")
    clock.now = NOON
    look(alerts)
    for one in range(14):
        visit("/", at=NOON + timedelta(minutes=1), visitor=one)
    look(alerts)
    assert hook.bodies == [], "14 are still usual where 4 come"
    visit("/", visitor=20)
    look(alerts)
    look(alerts)
    (said,) = hook.said
    assert said["figures"] == {
        "visitors": 15,
        "usual": 4,
        "limit": 14.0,
        "weeks": 8,
        "hour": "2026-03-18 12:00",
    }
    assert "15 visitors so far" in said["text"] and "Usual for it are 4" in said["text"]
    assert (said["site_id"], said["on"], said["alert"]) == (SITE, "spike", "Look")
    assert said["url"] == f"https://stats.example/?site_id={SITE}"
    clock.now = NOON + timedelta(minutes=70)
    look(alerts)
    assert mallard.telling.notebook.book.fired, "the last hour was one"
    clock.now = NOON + timedelta(minutes=130)
    look(alerts)
    assert not mallard.telling.notebook.book.fired, "it has cleared"
    assert len(hook.bodies) == 1


def test_a_drop_is_told_of_when_the_hour_is_over(mallard: Mallard, clock: Clock, hook: Receiver):
    with_usual_weeks(mallard, clock, 25)
    alerts = wanting(mallard, hook, "drop")
    clock.now = NOON + timedelta(minutes=59)
    look(alerts)
    assert hook.bodies == []
    clock.now = NOON + timedelta(minutes=60)
    look(alerts)
    look(alerts)
    (said,) = hook.said
    assert (said["figures"]["visitors"], said["figures"]["usual"]) == (0, 25)
    assert said["figures"]["limit"] == 7.5
    clock.now = NOON + timedelta(minutes=120)
    look(alerts)
    assert not mallard.telling.notebook.book.fired, "nobody comes at that hour anyway"


def test_a_goal_is_told_of_once_a_day(mallard: Mallard, clock: Clock, hook: Receiver):
    visit = visits(client_of(mallard), clock)
    alerts = wanting(mallard, hook, "goal", goal="Sign-up", times=3)
    visit("/", at=NOON, event="signup", times=2)
    look(alerts)
    assert hook.bodies == []
    visit("/", event="signup", visitor=2)
    look(alerts)
    visit("/", event="signup", visitor=3)
    look(alerts)
    (said,) = hook.said
    assert "reached 3 times today, by 2 visitors" in said["text"]
    assert said["figures"]["conversions"] == 3
    clock.move(days=1)
    look(alerts)
    visit("/", event="signup", times=3)
    look(alerts)
    assert len(hook.bodies) == 2


def test_silence_is_told_of_after_so_many_hours(mallard: Mallard, clock: Clock, hook: Receiver):
    visit = visits(client_of(mallard), clock)
    alerts = wanting(mallard, hook, "silence", hours=30)
    clock.now = NOON
    look(alerts)
    assert hook.bodies == [], "a site that has not begun is not silent"
    visit("/", at=NOON)
    clock.now = NOON + timedelta(hours=30) - timedelta(seconds=1)
    look(alerts)
    assert hook.bodies == []
    clock.move(seconds=1)
    look(alerts)
    clock.move(days=60)
    look(alerts)
    (said,) = hook.said
    assert "No event for 30 hours; the last one came 2026-03-18 12:00" in said["text"]
    visit("/")
    look(alerts)
    clock.move(hours=31)
    look(alerts)
    assert len(hook.bodies) == 2


def test_imported_days_are_no_events_that_end_and_no_usual_hours(
    mallard: Mallard, clock: Clock, hook: Receiver
):
    clock.now = NOON
    days = [NOON.date() - timedelta(days=n) for n in range(1, 70)]
    take_rows_in(mallard, [DayRow(SITE, day, "total", None, Figures(500, 900)) for day in days])
    look(wanting(mallard, hook, "silence", hours=30))
    assert hook.bodies == [], "a site that was only imported has not begun"
    alerts = wanting(mallard, hook, "spike")
    visit = visits(client_of(mallard), clock)
    for one in range(40):
        visit("/", at=NOON, visitor=one)
    look(alerts)
    assert hook.bodies == [], "of the hours of imported days nothing is known"


def test_hours_of_imported_days_after_the_first_event_are_not_usual_ones(
    mallard: Mallard, clock: Clock, hook: Receiver
):
    visit = visits(client_of(mallard), clock)
    visit("/", at=NOON - timedelta(days=75))
    clock.now = NOON
    days = [NOON.date() - timedelta(days=n) for n in range(1, 70)]
    take_rows_in(mallard, [DayRow(SITE, day, "total", None, Figures(500, 900)) for day in days])
    alerts = wanting(mallard, hook, "spike")
    for one in range(40):
        visit("/", at=NOON, visitor=one)
    look(alerts)
    assert hook.bodies == []


def test_what_has_fired_is_quiet_after_a_start_too_and_sent_once(
    mallard: Mallard, start: Callable[..., Mallard], clock: Clock, hook: Receiver
):
    visits(client_of(mallard), clock)("/", at=NOON)
    alerts = wanting(mallard, hook, "silence", hours=1)
    clock.move(hours=2)
    hook.status = 503
    look(alerts)
    assert len(hook.bodies) == 1
    mallard.stop(PATIENCE_SECS)
    again = start(webhooks=ALLOWED, dashboard_origin="https://stats.example")
    hook.status = 200
    alerts = again.telling.alerting.alerts
    look(alerts)
    assert len(hook.bodies) == 1, "its pause is not over"
    clock.move(minutes=1)
    look(alerts)
    look(alerts)
    first, second = hook.headers
    assert first["X-Mallard-Delivery"] == second["X-Mallard-Delivery"]
    assert hook.said[0] == hook.said[1]


def test_a_webhook_is_signed_by_the_key_of_its_site(mallard: Mallard, clock: Clock, hook: Receiver):
    alerts = wanting(mallard, hook, "silence", hours=1)
    visits(client_of(mallard), clock)("/", at=NOON)
    clock.move(hours=2)
    look(alerts)
    key = {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}
    told = json_of(client_of(mallard).get(f"/api/sites/{SITE}/alerts", headers=key))
    assert told["alerts"] == [{"name": "Look", "on": "silence", "fired": "2026-03-18T14:00:00Z"}]
    headers, body = hook.headers[0], hook.bodies[0]
    signed = headers["X-Mallard-Timestamp"].encode() + b"." + body
    seal = hmac.new(told["signing_key"].encode(), signed, "sha256").hexdigest()
    assert headers["X-Mallard-Signature"] == f"sha256={seal}"
    assert headers["X-Mallard-Timestamp"] == str(int(clock.now.timestamp()))
    assert alerts.signing.key_of("other.example") != told["signing_key"]


@pytest.mark.parametrize(
    ("form", "name"), [("slack", "A &lt;b&gt; &amp; c"), ("mattermost", "A <b> & c")]
)
def test_chats_get_a_text_in_their_form(
    mallard: Mallard, clock: Clock, hook: Receiver, form: Any, name: str
):
    alerts = wanting(mallard, hook, "silence", hours=1, form=form)
    entry = mallard.sites.entry(SITE)
    assert entry is not None
    mallard.sites.replace(SITE, structs.replace(entry.site, name="A <b> & c"), entry.version)
    visits(client_of(mallard), clock)("/", at=NOON)
    clock.move(hours=2)
    look(alerts)
    (said,) = hook.said
    assert list(said) == ["text"]
    assert said["text"].startswith(f"{name}: Look. No event for 1 hour")
    assert "X-Mallard-Signature" not in hook.headers[0]


def test_another_condition_is_another_alert_and_another_recipient_is_not(
    mallard: Mallard, clock: Clock, hook: Receiver
):
    visits(client_of(mallard), clock)("/", at=NOON)
    clock.move(hours=5)
    look(wanting(mallard, hook, "silence", hours=1))
    look(wanting(mallard, hook, "silence", hours=1, to=(ADA,)))
    assert len(hook.bodies) == 1
    look(wanting(mallard, hook, "silence", hours=2))
    assert len(hook.bodies) == 2


def test_by_mail_it_says_the_same(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock, hook: Receiver
):
    copy_with_password(fresh_data, data_dir)
    with postbox() as box:
        mallard = start(smtp=box.settings(), dashboard_origin="https://stats.example")
        visits(client_of(mallard), clock)("/", at=NOON)
        alert = Alert("Look", "silence", hours=1, to=(ADA,))
        mallard.sites.replace(SITE, Site(alerts=(alert,)), None)
        clock.move(hours=2)
        look(mallard.telling.alerting.alerts)
        assert mallard.telling.post is not None
        mallard.telling.post.deliveries.run()
        (message,) = box.messages
    assert (message["To"], message["Subject"]) == (ADA, "example.com: Look")
    body = message.get_body()
    assert body is not None and "No event for 1 hour" in body.get_content()


def test_a_webhook_into_the_own_network_is_given_up_and_said_so(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock, hook: Receiver
):
    copy_with_password(fresh_data, data_dir)
    mallard = start()
    visits(client_of(mallard), clock)("/", at=NOON)
    alerts = wanting(mallard, hook, "silence", hours=1)
    clock.move(hours=2)
    look(alerts)
    assert hook.bodies == []
    book = mallard.telling.notebook.book
    assert book.queue == () and "allowed_networks" in book.troubles[0].why


def test_the_instance_tells_of_its_disk_and_of_what_is_wrong(
    mallard: Mallard, clock: Clock, hook: Receiver, monkeypatch: pytest.MonkeyPatch
):
    wanted = (
        InstanceAlert("Disk", "disk", free_percent=10, webhook=hook.url),
        InstanceAlert("State", "degraded", webhook=hook.url),
    )
    mallard.instance.replace(Instance(alerts=wanted), None)
    application(mallard)
    alerts = mallard.telling.alerting.alerts
    usage = {"total": 1000 << 20, "used": 0, "free": 100 << 20}
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), usage))
    look(alerts)
    assert hook.bodies == []
    usage["free"] = 99 << 20
    quarantine = mallard.store.cold.quarantine_dir / "site_id=a" / "date=2026-03-01"
    quarantine.mkdir(parents=True)
    (quarantine / "0001.parquet").write_bytes(b"x")
    look(alerts)
    look(alerts)
    disk, state = hook.said
    assert disk["figures"] == {"free_mib": 99, "free_percent": 9.9, "wanted_percent": 10}
    assert (disk["site_id"], disk["alert"]) == ("", "Disk")
    assert "1 files are in quarantine" in state["text"]


def test_a_report_that_fails_leaves_an_alert_as_it_is(
    mallard: Mallard, clock: Clock, hook: Receiver, monkeypatch: pytest.MonkeyPatch
):
    visits(client_of(mallard), clock)("/", at=NOON)
    alerts = wanting(mallard, hook, "silence", hours=1)
    clock.move(hours=2)
    look(alerts)

    def fails(*_: Any) -> None:
        raise RuntimeError("no figures")

    monkeypatch.setattr(mallard.reports, "look", fails)
    look(alerts)
    assert len(mallard.telling.notebook.book.fired) == 1
    assert len(hook.bodies) == 1


def test_a_test_tells_everybody_at_once_and_says_what_became_of_it(
    mallard: Mallard, clock: Clock, hook: Receiver
):
    wanting(mallard, hook, "silence", hours=1)
    key = {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}
    client = client_of(mallard)
    tested = client.post(f"/api/sites/{SITE}/alerts/test", json={"name": "Look"}, headers=key)
    assert tested.json == [{"to": hook.url, "trouble": ""}]
    assert hook.said[0]["figures"] == {"test": 1}
    unknown = client.post(f"/api/sites/{SITE}/alerts/test", json={"name": "x"}, headers=key)
    assert unknown.status_code == 404
    browser = sign_in(mallard)
    page = browser.post(f"/settings/sites/{SITE}/alerts/0/test", headers=OWN)
    assert page.status_code == 200 and f"The test was taken by {hook.url}" in page.text
    hook.status = 500
    failed = browser.post(f"/settings/sites/{SITE}/alerts/0/test", headers=OWN)
    assert failed.status_code == 502 and "answers 500" in failed.text
    gone = browser.post(f"/settings/sites/{SITE}/alerts/9/test", headers=OWN)
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"on": "spike"}, "somebody to tell"),
        ({"on": "goal", "to": [ADA]}, "goal and times"),
        ({"on": "goal", "goal": "No", "times": 1, "to": [ADA]}, "which is not there"),
        ({"on": "silence", "to": [ADA]}, "hours are needed"),
        ({"on": "spike", "hours": 3, "to": [ADA]}, "hours are needed"),
        ({"on": "spike", "to": ["a@b.c\r\nBcc: e@e.example"]}, "no address of mail"),
        ({"on": "spike", "webhook": "file:///etc/passwd"}, "webhook:"),
        ({"on": "spike", "webhook": "https://user:pass@host.example/"}, "webhook:"),
        ({"on": "spike", "webhook": "https://host.example/\r\nX: y"}, "webhook:"),
        ({"on": "spike", "webhook": "https://host.example:99999/"}, "Port out of range"),
        ({"on": "spike", "webhook": "https://"}, "webhook:"),
    ],
)
def test_an_alert_that_makes_no_sense_is_refused_with_its_reason(
    mallard: Mallard, wrong: dict[str, Any], said: str
):
    key = {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}
    body = {"alerts": [{"name": "Look", **wrong}]}
    refused = client_of(mallard).put("/api/sites/new.example", json=body, headers=key)
    assert refused.status_code == 400
    assert said in json_of(refused)["error"]


def test_forms_make_alerts_without_any_script(mallard: Mallard, hook: Receiver):
    browser = sign_in(mallard)
    mallard.sites.replace(SITE, Site(goals=(Goal("Sign-up", event="signup"),)), None)
    entry = mallard.sites.entry(SITE)
    assert entry is not None
    typed = {"name": "Sold", "on": "goal", "goal": "Sign-up", "times": "5", "hours": "", "to": ADA}
    sent = typed | {"version": entry.version, "form": "json"}
    added = browser.post(f"/settings/sites/{SITE}/alerts", data=sent, headers=OWN)
    assert added.status_code == 303, added.text
    alert = Alert("Sold", "goal", goal="Sign-up", times=5, to=(ADA,))
    assert mallard.sites.of(SITE).alerts == (alert,)
    assert "Test Sold" in browser.get(f"/settings/sites/{SITE}").text


def test_forms_make_alerts_of_the_instance_too(mallard: Mallard, hook: Receiver):
    browser = sign_in(mallard)
    place = "/settings/instance/alerts"

    def send(**typed: str) -> int:
        sent = {"version": mallard.instance.known.version or "", "form": "json", **typed}
        return browser.post(place, data=sent, headers=OWN).status_code

    assert send(name="Disk", on="disk", free_percent="5", webhook=hook.url) == 303
    assert send(name="State", on="degraded", to="ada") == 400
    assert send(name="State", on="degraded", free_percent="x", to=ADA) == 303
    wanted = (
        InstanceAlert("Disk", "disk", free_percent=5, webhook=hook.url),
        InstanceAlert("State", "degraded", to=(ADA,)),
    )
    assert mallard.instance.known.instance.alerts == wanted
    tested = browser.post(f"{place}/0/test", headers=OWN)
    assert tested.status_code == 200 and f"taken by {hook.url}" in tested.text
    assert browser.post(f"{place}/7/test", headers=OWN).status_code == 404
    assert send(place="0", remove="") == 303
    assert [one.name for one in mallard.instance.known.instance.alerts] == ["State"]


def test_nothing_is_looked_at_while_nobody_wants_an_alert(mallard: Mallard):
    alerting = mallard.telling.alerting
    alerting.look()
    alerting.send()
    assert alerting._made is None


def test_what_is_kept_of_an_alert_can_be_read_again(mallard: Mallard, clock: Clock, hook: Receiver):
    visits(client_of(mallard), clock)("/", at=NOON)
    alerts = wanting(mallard, hook, "silence", hours=1)
    clock.move(hours=2)
    alerts.watch.look()
    kept = json.loads((mallard.settings.data_dir / "notices.json").read_bytes())
    (notice,) = kept["queue"]
    assert notice["content"]["type"] == "alert"
    content = mallard.telling.notebook.book.queue[0].content
    assert isinstance(content, Alarm) and content.at == clock.now
