"""The files that the pages about moving name, as other products would have written them."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

from tests.transfer.day_figures import exports
from tests.transfer.histories import products
from tests.transfer.histories.invented import invented
from tests.transfer.histories.log_lines import combined
from tests.transfer.histories.umami_rows import DATUM, WEBSITE, a_table


def lay_down_histories(folder: Path) -> None:
    """Writes each of them into the folder."""
    hits = invented(Random(0), 30)
    (goatcounter,) = products.goatcounter(folder, hits)
    packed = folder / "goatcounter-export.csv.gz"
    packed.write_bytes(gzip.compress(goatcounter.read_bytes()))
    products.umami_tables(folder, hits)
    for write in (
        products.plausible_json,
        products.matomo,
        products.simple_analytics,
        products.ga4,
    ):
        write(folder, hits)
    exports.plausible_zip(folder / "plausible-export.zip")
    exports.goatcounter_zip(folder / "goatcounter-export.zip")
    exports.fathom_database(folder / "fathom.db")
    exports.ga4_reports(folder)
    requests = "".join(f"{combined(hit.path, hit.at)}\n" for hit in hits)
    (folder / "access.log").write_text(requests, encoding="utf-8")
    (folder / "access.log.1.gz").write_bytes(gzip.compress(requests.encode()))
    a_table(folder / "event_data.csv", DATUM, [{"website_event_id": "e-1"}])
    website = {"website_id": WEBSITE, "name": "Ours", "domain": "example.com"}
    a_table(folder / "website.csv", website, [{}])
