"""Alerts: which have fired, what they are signed with, and whether they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from flask import Blueprint, Response, abort
from msgspec import Meta

from mallard.web.alerts import NO_SITE, AlertRow, alert_rows, test_alert
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.sites import SITE, insist_on
from mallard.web.state import parts

blueprint = Blueprint("alerts", __name__, url_prefix="/api")


@dataclass(frozen=True, slots=True)
class AlertsRow:
    """The alerts, and the key that receivers of their webhooks check the signature with."""

    signing_key: str
    alerts: list[AlertRow]


class AlertToTest(msgspec.Struct, frozen=True):
    """Which alert to test."""

    name: str


@dataclass(frozen=True, slots=True)
class TestRow:
    """What became of the test for one who is told."""

    to: str
    trouble: Annotated[str, Meta(description="Why it was not taken; empty where it was.")]


_EXAMPLE = AlertsRow(
    "9f2c" * 16, [AlertRow("Nobody comes", "silence", datetime(2026, 3, 18, 12, tzinfo=UTC))]
)
_TEST = Body(AlertToTest, AlertToTest("Nobody comes"))
_TESTED = Answer("What became of it.", [TestRow("ada@example.com", "")])


@blueprint.get("/sites/<site>/alerts")
@described(Subject.SITES, SITE, Answer("The alerts by their order.", _EXAMPLE))
def list_alerts(site: str) -> Response:
    """List the alerts of a site.

    They are part of the site's document. An alert that has fired is quiet until it has cleared.
    """
    insist_on(site)
    return _answer(site)


@blueprint.post("/sites/<site>/alerts/test")
@described(Subject.SITES, SITE, _TEST, _TESTED)
def send_test_of_alert(site: str) -> Response:
    """Test an alert of a site.

    Everybody whom it names is told at once that this is a test. Impossible while no password is
    set.
    """
    insist_on(site)
    return _tested(site)


@blueprint.get("/instance/alerts")
@described(Subject.OPERATING, Answer("The alerts by their order.", _EXAMPLE))
def list_alerts_of_instance() -> Response:
    """List the alerts of the instance.

    They are part of its document.
    """
    return _answer(NO_SITE)


@blueprint.post("/instance/alerts/test")
@described(Subject.OPERATING, _TEST, _TESTED, refuses=(404,))
def send_test_of_alert_of_instance() -> Response:
    """Test an alert of the instance.

    As with those of a site.
    """
    return _tested(NO_SITE)


def _answer(site_id: str) -> Response:
    key = parts().alerts().signing.key_of(site_id)
    return as_json(AlertsRow(key, alert_rows(site_id)))


def _tested(site_id: str) -> Response:
    found = test_alert(site_id, decoded(AlertToTest).name)
    if found is None:
        abort(404, "there is no such alert")
    return as_json([TestRow(one.to, one.trouble) for one in found])
