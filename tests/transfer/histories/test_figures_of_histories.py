"""What came in from another product gives the figures that its rows add up to, and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import MallardError
from mallard.transfer import importing
from mallard.wsgi import application
from tests.conftest import stored_events
from tests.transfer.figures import all_reports
from tests.transfer.histories.conftest import Take
from tests.transfer.histories.invented import Hit, figures, invented
from tests.transfer.histories.products import PRODUCTS, Write

pytestmark = pytest.mark.thorough

BREAKDOWNS = ("pages", "sources", "countries", "regions", "browsers", "devices")


def reported(mallard: Mallard, site_id: str = "example.com") -> dict[str, Any]:
    """What the API says, in the form of `figures`."""
    client = Client(application(mallard))
    asked = f"site_id={site_id}&period=7d"
    main = client.get(f"/api/stats/main?{asked}").json
    assert main is not None
    found = {name: main[name] for name in ("unique_visitors", "total_pageviews")}
    for name in BREAKDOWNS:
        rows = client.get(f"/api/stats/breakdown/{name}?{asked}&limit=1000").json or []
        found[name] = {row["value"]: row["visitors"] for row in rows}
    return found


def as_kept(product: str, hit: Hit) -> Hit:
    """A hit without what the product does not keep of it."""
    return replace(hit, path="/") if product == "goatcounter" and hit.event else hit


@pytest.fixture(params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def write(product: str) -> Write:
    return PRODUCTS[product]


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_the_rows(
    mallard: Mallard, take: Take, write: Write, product: str, tmp_path: Path, seed: int
):
    hits = invented(Random(seed), 120)
    (outcome,) = take(*write(tmp_path, hits))
    assert (outcome.stored, outcome.bad) == (120, 0)
    found, expected = reported(mallard), figures([as_kept(product, hit) for hit in hits])
    if product == "simple-analytics":  # it keeps no regions
        assert set(found.pop("regions")) == {"(unknown)"}
        expected.pop("regions")
    assert found == expected


def test_the_same_file_again_changes_nothing(
    mallard: Mallard, take: Take, write: Write, tmp_path: Path
):
    files = write(tmp_path, invented(Random(1), 40))
    take(*files)
    before = stored_events(mallard)
    (again,) = take(*files)
    assert (again.before, again.stored) == (40, 0)
    assert stored_events(mallard) == before


def test_an_import_that_was_cut_short_ends_as_one_that_was_not(
    start: Callable[..., Mallard],
    mallard: Mallard,
    take: Take,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(importing, "BATCH_ROWS", 7)
    files = write(tmp_path, invented(Random(2), 60))
    other = start(data_dir=tmp_path / "other")
    take(*files, into=other)
    add, calls = mallard.transfer.import_batch, []

    def fail_at_every_second(*args: Any) -> None:
        calls.append(args)
        if len(calls) % 2 == 0:
            raise MallardError("cut short")
        add(*args)

    monkeypatch.setattr(mallard.transfer, "import_batch", fail_at_every_second)
    for _ in range(60):
        try:
            take(*files)
            break
        except MallardError:
            continue
    whole = all_reports(Client(application(other)), "example.com")
    assert all_reports(Client(application(mallard)), "example.com") == whole
    assert len(stored_events(mallard)) == len(stored_events(other)) == 60
