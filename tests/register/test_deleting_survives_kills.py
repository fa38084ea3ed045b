"""A deleted site goes as a whole, or is still there to be deleted, whenever it is killed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mallard import app
from mallard.config import Settings
from mallard.erasure import erase_site
from mallard.register.site import Site
from tests.builders import NOON, an_event, store_events
from tests.conftest import Clock, abandon, some_settings, stored_events
from tests.killing import killed_before_each_step

pytestmark = pytest.mark.thorough

SITE = "example.com"


def opened(data_dir: Path) -> app.Mallard:
    return app.build(Settings(**some_settings(data_dir)), Clock())


def delete(mallard: app.Mallard) -> None:
    entry = mallard.sites.entry(SITE)
    erase_site(mallard.erasure, mallard.sites, SITE, entry.version if entry else None)


def test_killed_at_any_step_it_can_be_deleted_again(data_dir: Path) -> None:
    mallard = opened(data_dir)
    store_events(mallard.store, "b1", [an_event(NOON), an_event(NOON, site_id="other.example")])
    mallard.store.roll()
    store_events(mallard.store, "b2", [an_event(NOON, "/hot")])
    mallard.sites.replace(SITE, Site(name="Shop"), None)
    mallard.journal.close()
    abandon(mallard)
    before = data_dir.with_name("before")
    shutil.copytree(data_dir, before)
    left = []
    for _ in killed_before_each_step(delete, lambda: opened(data_dir)):
        mallard = opened(data_dir)
        sites = [event["site_id"] for event in stored_events(mallard)]
        assert sites.count("other.example") == 1
        assert sites.count(SITE) in (0, 2)
        left.append((SITE in sites, mallard.sites.entry(SITE) is not None))
        if mallard.sites.entry(SITE):
            delete(mallard)
        assert {event["site_id"] for event in stored_events(mallard)} == {"other.example"}
        assert mallard.sites.ids() == []
        mallard.journal.close()
        abandon(mallard)
        shutil.rmtree(data_dir)
        shutil.copytree(before, data_dir)
    shutil.rmtree(before)
    assert left == sorted(left, reverse=True)
    assert set(left) == {(True, True), (False, True), (False, False)}
