"""Whatever a file holds, its rows come in, are left out, or are bad, or it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest

from mallard.app import Mallard
from mallard.model import Event, microseconds
from mallard.transfer.histories.kinds import KINDS, Product
from mallard.transfer.histories.opening import Job, jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.importing import MOST_AHEAD, import_source
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable
from tests.builders import NOON
from tests.fuzz.size import so_many
from tests.transfer.histories import log_lines
from tests.transfer.histories.ga4_rows import a_parquet_file, a_row
from tests.transfer.histories.invented import invented
from tests.transfer.histories.log_lines import told_by
from tests.transfer.histories.products import PRODUCTS

pytestmark = pytest.mark.fuzz

LOGS: dict[Product, tuple[Callable[..., str], str]] = {
    Product.COMBINED: (log_lines.combined, ""),
    Product.CADDY: (log_lines.caddy, ""),
    Product.CLOUDFRONT: (log_lines.cloudfront, log_lines.CLOUDFRONT_HEADER),
}
NASTY = (
    b"", b"\0", b"\xff\xfe", b'"', b"'", b"\\", b",", b"\t", b"\n", b"\r\n", b"{", b"[", b"]}",
    b"null", b"-1", b"1e400", b"NaN", b"true", b"9" * 30, b"\xed\xa0\x80", b"\\ud800", b"%",
    b"//", b"https://[", b"https://a:99999/", b"\xe2\x80\xae", b"=cmd()", b"A" * 5000, b"\\x",
    b"0000-00-00", b"9999-12-31T23:59:59+14:00", b"[" * 2000,
)  # fmt: skip


def written(product: Product, folder: Path) -> Path:
    """A file of a product that is in order."""
    hits = invented(Random(3), 25)
    if product in LOGS:
        write, header = LOGS[product]
        file = folder / "access.log"
        file.write_text(header + "".join(f"{write(hit.path, hit.at)}\n" for hit in hits))
        return file
    name = next(name for name in PRODUCTS if name.startswith(product))
    return PRODUCTS[name](folder, hits)[0]


def spoiled(content: bytes, random: Random) -> bytes:
    """The content with some places of it taken out, said twice, or replaced by what is nasty."""
    for _ in range(random.choice((1, 1, 3, 20))):
        start = random.randrange(len(content) + 1)
        end = min(len(content), start + random.choice((0, 1, 1, 5, 40)))
        middle = random.choice((*NASTY, content[start:end] * 2))
        content = content[:start] + middle + content[end:]
    return content


@pytest.mark.parametrize("product", KINDS)
def test_a_spoiled_file_does_no_harm(mallard: Mallard, tmp_path: Path, product: Product):
    random = Random(product)
    file = written(product, tmp_path)
    whole = file.read_bytes()
    told = told_by(mallard, "example.com")
    latest_us = microseconds(NOON + MOST_AHEAD)
    accepted = 0
    for _ in range(so_many(60, 3000)):
        file.write_bytes(spoiled(whole, random))
        (job,) = jobs([file], random.choice((None, product)), told)
        if not isinstance(job, Job):
            assert isinstance(job, Unreadable)
            continue
        try:
            with job.opened() as (source, _):
                for _, row in source.rows():
                    assert isinstance(row, Event | BadRow | LeftOut | dict)
                    if isinstance(row, Event) and row.timestamp <= latest_us:
                        msgspec.json.encode(row)
                        accepted += 1
        except Unreadable:
            continue
    assert accepted


@pytest.mark.parametrize("product", KINDS)
def test_what_is_taken_of_a_spoiled_file_can_be_stored(
    mallard: Mallard, tmp_path: Path, product: Product
):
    random = Random(f"stored {product}")
    file = written(product, tmp_path)
    whole = file.read_bytes()
    told = told_by(mallard, "example.com")
    for _ in range(so_many(4, 100)):
        file.write_bytes(spoiled(whole, random))
        (job,) = jobs([file], product, told)
        if not isinstance(job, Job):
            continue
        try:
            with job.opened() as (source, known_by):
                import_source(
                    source, known_by, mallard.transfer, NOON, lambda *_: None, lambda: None
                )
        except Unreadable:
            continue


@pytest.mark.parametrize("product", [None, Product.GA4_BIGQUERY])
def test_a_spoiled_parquet_file_does_no_harm(tmp_path: Path, product: Product | None):
    random = Random(5)
    written = [a_row({"n": {"int_value": str(n)}}) for n in range(200)]
    file = a_parquet_file(tmp_path / "a.parquet", written, is_wrapped=True)
    whole = file.read_bytes()
    for _ in range(so_many(150, 3000)):
        content = bytearray(whole[: random.choice((None, None, None, -1, len(whole) // 2))])
        for _ in range(random.choice((1, 3, 20))):
            content[random.randrange(len(content))] = random.randrange(256)
        file.write_bytes(content)
        (job,) = jobs([file], product, Told("example.com"))
        try:
            if isinstance(job, Unreadable):
                raise job
            with job.opened() as (source, _):
                for _, row in source.rows():
                    assert isinstance(row, Event | BadRow | LeftOut | dict)
        except Unreadable:
            continue
