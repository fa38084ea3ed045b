"""`mallard import` with files of other products: what it says, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from mallard.commands.importing import PRODUCTS
from mallard.transfer.histories.kinds import KINDS, Product
from tests.transfer.histories import goatcounter_rows, umami_rows

pytestmark = pytest.mark.thorough

Command = Callable[..., Result]


def test_every_product_can_be_named_and_read():
    assert tuple(Product) == tuple(KINDS) == PRODUCTS


def test_a_file_of_another_product_is_recognised(command: Command, tmp_path: Path):
    file = goatcounter_rows.a_file(tmp_path / "a.csv.gz", {}, {"Bot": "2"}, {"Bot": "9"})
    result = command("import", "--site", "example.com", file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("a.csv.gz: 1 event imported, 2 left out (robots)\n")
    (_, line) = command("export", "example.com").stdout.splitlines()
    assert ",pageview,/pricing,," in line


def test_a_dry_run_says_what_would_come_in_and_stores_nothing(
    command: Command, data_dir: Path, tmp_path: Path
):
    file = umami_rows.a_cloud_file(
        tmp_path / "a.csv",
        {},
        {"created_at": "2026-03-12 00:00:00"},
        {"hostname": "shop.example"},
        {"event_type": "5"},
        {"event_type": "?"},
    )
    result = command("import", "--dry-run", file)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{file}: 2 events of example.com, 2026-03-10 to 2026-03-12, 2 days",
        f"{file}: 1 event of shop.example, 2026-03-10 to 2026-03-10, 1 day",
        f"{file}: 3 events would come in, 1 bad row left out, 1 left out (measurements of speed)",
    ]
    assert result.stderr == f"{file}, line 6: event_type is none that is known: '?'\n"
    assert not data_dir.exists()


def test_a_dry_run_reads_files_of_our_own_too(command: Command, tmp_path: Path):
    file = tmp_path / "a.csv"
    columns = "site_id,visitor_id,timestamp,event_name,pathname"
    file.write_text(f"{columns}\nexample.com,v,2026-03-10,pageview,/\n")
    result = command("import", "--dry-run", file)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        f"{file}: 1 event would come in",
    )


def test_the_settings_tell_the_sites_of_websites(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    config = tmp_path / "mallard.toml"
    config.write_text(f'[umami.websites]\n"{umami_rows.WEBSITE.upper()}" = "docs"\n')
    file = umami_rows.a_cloud_file(tmp_path / "a.csv", {})
    result = command("import", "--config", config, "--dry-run", file)
    assert "1 event of docs, " in result.stdout


@pytest.mark.parametrize(
    ("content", "words", "reason"),
    [
        (
            "a,b\n1,2\n",
            ("--from", "goatcounter"),
            "expected CSV whose first column is 2Path, found",
        ),
        ("", ("--from", "umami"), "found a file that begins with ''"),
        ("PK\x03\x04..", (), "it is no zip archive that can be read"),
        ("site_id,x\n", (), "must have the column visitor_id"),
    ],
)
def test_a_wrong_file_is_refused_with_what_was_expected_and_found(
    command: Command, tmp_path: Path, content: str, words: tuple[str, ...], reason: str
):
    file = tmp_path / "a.csv"
    file.write_text(content)
    result = command("import", *words, file)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {file}: ")
    assert reason in result.stderr


def test_one_wrong_file_does_not_stop_the_others(command: Command, tmp_path: Path):
    wrong = umami_rows.a_table(tmp_path / "session.csv", umami_rows.SESSION, [{}])
    file = goatcounter_rows.a_file(tmp_path / "a.csv", {})
    result = command("import", "--site", "example.com", wrong, file)
    assert result.exit_code == 1
    assert "a.csv: 1 event imported" in result.stdout
    assert "name that, too" in result.stderr


def test_a_bad_site_is_refused(command: Command, tmp_path: Path):
    result = command("import", "--site", "a/b", goatcounter_rows.a_file(tmp_path / "a.csv", {}))
    assert result.exit_code == 2
    assert "--site" in result.stderr


def test_the_same_file_for_another_site_is_another_import(command: Command, tmp_path: Path):
    file = goatcounter_rows.a_file(tmp_path / "a.csv", {})
    for site in ("one", "two", "one"):
        command("import", "--site", site, file)
    for site in ("one", "two"):
        assert len(command("export", site).stdout.splitlines()) == 2


def test_only_some_days_may_come_in_and_the_others_later(command: Command, tmp_path: Path):
    days = [{"Date": f"2026-03-{day}T23:59:59Z"} for day in (10, 11, 12)]
    file = goatcounter_rows.a_file(tmp_path / "a.csv", *days, {"Bot": "1"})
    words = ("import", "--site", "example.com", file)
    tried = command(*words, "--dry-run", "--end", "2026-03-12")
    assert tried.stdout.endswith(
        "2 events would come in, 1 left out (days that were not asked for), 1 left out (robots)\n"
    )
    for _ in range(2):
        command(*words, "--end", "2026-03-12")
        assert len(command("export", "example.com").stdout.splitlines()) == 3
    assert command(*words, "--start", "2026-03-12").exit_code == 0
    assert len(command("export", "example.com").stdout.splitlines()) == 4


def test_days_may_be_chosen_of_files_of_our_own(command: Command, tmp_path: Path):
    file = tmp_path / "a.csv"
    columns = "site_id,visitor_id,timestamp,event_name,pathname"
    rows = [f"example.com,v,2026-03-{day}T00:00:00Z,pageview,/\n" for day in (10, 11)]
    file.write_text(f"{columns}\n{''.join(rows)}example.com,v,soon,pageview,/\n")
    result = command("import", "--start", "2026-03-11", file)
    assert result.exit_code == 1
    assert result.stdout.endswith(
        "1 event imported, 1 bad row left out, 1 left out (days that were not asked for)\n"
    )


def test_days_that_end_before_they_start_are_refused(command: Command, tmp_path: Path):
    file = goatcounter_rows.a_file(tmp_path / "a.csv", {})
    result = command("import", "--start", "2026-03-11", "--end", "2026-03-10", file)
    assert result.exit_code == 2
