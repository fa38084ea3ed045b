"""`mallard import` and `mallard export` at the command line: words and exit codes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from click.testing import Result
from pyarrow import parquet

from mallard.app import Mallard
from mallard.commands.complaints import MOST_REPORTED
from mallard.store.parquet.columns import COLUMNS

pytestmark = pytest.mark.thorough

HEADER = "site_id,visitor_id,timestamp,event_name,pathname"
GOOD = "example.com,v,2026-03-18T10:00:00Z,pageview,/"
CUT = gzip.compress(HEADER.encode(), mtime=0)[:-9]

Command = Callable[..., Result]


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines below a header to a file."""

    def write(*lines: str, header: str = HEADER, name: str = "a.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


def test_what_was_imported_is_exported(command: Command, csv_file: Callable[..., Path]):
    result = command("import", csv_file(GOOD))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("a.csv: 1 event imported\n")
    lines = command("export", "example.com").stdout.splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1].startswith("example.com,v,2026-03-18T10:00:00.000000Z,pageview,/,")
    assert len(lines) == 2


def test_bad_rows_end_with_code_1_also_when_they_were_left_out_before(
    command: Command, csv_file: Callable[..., Path]
):
    file = csv_file(GOOD, GOOD.replace("pageview", ""))
    result = command("import", file)
    assert result.exit_code == 1
    assert result.stderr == f"{file}, line 3: event_name is missing\n"
    assert result.stdout == f"{file}: 1 event imported, 1 bad row left out\n"
    again = command("import", file)
    assert again.exit_code == 1
    assert again.stdout.endswith("0 events imported, 2 rows done before, 1 bad row left out\n")


def test_only_so_many_bad_rows_are_printed(command: Command, csv_file: Callable[..., Path]):
    result = command("import", csv_file(*["nonsense"] * (MOST_REPORTED + 1005)))
    assert len(result.stderr.splitlines()) == MOST_REPORTED + 1
    assert result.stderr.endswith("a.csv: 1,005 more like these\n")


def test_unknown_columns_are_ignored_with_one_warning(
    command: Command, csv_file: Callable[..., Path]
):
    result = command("import", csv_file(*[f"{GOOD},1,2"] * 3, header=f"\ufeff{HEADER},mood,age"))
    assert result.exit_code == 0
    assert result.stderr.endswith("a.csv: ignored what is no column of ours: age, mood\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.csv", None, "No such file or directory"),
        ("empty.csv", b"", "the header cannot be read: the file is empty"),
        ("short.csv", b"site_id,visitor_id\n", "must have the column timestamp"),
        ("a.txt", b"", "the name must end in .csv"),
        ("a.parquet.gz", b"", "the name must end in .csv"),
        ("a.parquet", b"PAR1", "it is no Parquet file"),
        ("a.csv.gz", b"plain", "Not a gzipped file"),
        ("cut.csv.gz", CUT, "Compressed file ended before"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_ends_with_code_2(
    command: Command, tmp_path: Path, name: str, content: bytes | None, reason: str
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = command("import", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {tmp_path / name}: ")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1


def test_one_unreadable_file_does_not_stop_the_others(
    command: Command, csv_file: Callable[..., Path], tmp_path: Path
):
    result = command("import", tmp_path / "absent.csv", csv_file(GOOD))
    assert result.exit_code == 1
    assert "a.csv: 1 event imported" in result.stdout


def test_parquet_of_other_makers_is_understood(command: Command, tmp_path: Path):
    file = tmp_path / "a.parquet"
    cells = dict(zip(HEADER.split(","), [[value] for value in GOOD.split(",")], strict=True))
    nanoseconds = pyarrow.array([1773828000_000_000_999], pyarrow.timestamp("ns", "Europe/Berlin"))
    price = pyarrow.array([12.5])
    broken = pyarrow.array([b"\xff"]).cast(pyarrow.string(), safe=False)
    table = pyarrow.table(cells | {"timestamp": nanoseconds, "revenue_amount": price, "mood": [1]})
    parquet.write_table(table, file)
    assert command("import", file).exit_code == 0
    parquet.write_table(table.append_column("city", broken), file)
    result = command("import", file)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        1,
        f"{file}, row 1: city is not a text",
    )
    (line,) = command("export", "example.com").stdout.splitlines()[1:]
    assert line.startswith("example.com,v,2026-03-18T10:00:00.000000Z,pageview,/,")
    assert line.endswith(",12.50,")


def test_again_brings_back_nothing_that_is_there(command: Command, csv_file: Callable[..., Path]):
    file = csv_file(GOOD)
    command("import", file)
    assert command("import", "--again", file).exit_code == 0
    assert len(command("export", "example.com").stdout.splitlines()) == 2


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.csv.gz"])
def test_the_name_of_the_output_decides_the_format(
    command: Command, csv_file: Callable[..., Path], tmp_path: Path, name: str
):
    command("import", csv_file(GOOD, name="origin.csv"))
    out = tmp_path / name
    assert command("export", "example.com", "--output", out).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert command("import", out, data_dir=tmp_path / "other").exit_code == 0
    there = command("export", "example.com", data_dir=tmp_path / "other").stdout
    assert there == command("export", "example.com").stdout


def test_a_period_can_be_exported(command: Command, csv_file: Callable[..., Path]):
    command("import", csv_file(GOOD, GOOD.replace("18T", "19T")))
    words = ("export", "example.com", "--start", "2026-03-19", "--end", "2026-03-20")
    assert len(command(*words).stdout.splitlines()) == 2
    reversed_ = command("export", "example.com", "--start", "2026-03-19", "--end", "2026-03-18")
    assert reversed_.exit_code == 2


def test_a_directory_without_data_is_named_and_left_alone(command: Command, data_dir: Path):
    result = command("export", "example.com")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"there is no data in {data_dir}" in result.stderr
    assert not data_dir.exists()


def test_a_bad_site_id_is_refused(command: Command):
    assert command("export", "a/b").exit_code == 2


def test_an_import_leaves_finished_figures(
    command: Command, csv_file: Callable[..., Path], start: Callable[..., Mallard]
) -> None:
    days = [GOOD.replace("-18T", f"-{day}T") for day in (15, 16, 17)]
    assert command("import", csv_file(*days)).exit_code == 0
    assert start().store.without_rollups() == []
