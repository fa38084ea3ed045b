"""`make screenshots` finds every page, signs in, and writes a picture of each."""

from __future__ import annotations

import struct
from pathlib import Path

from playwright.sync_api import Browser

from screenshots.camera import take
from screenshots.scenes import SCENES, SIZES, THEMES, file_name
from screenshots.stage import stage

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_scene_is_pictured_at_its_width(browser: Browser, tmp_path: Path) -> None:
    with stage(events=2_000) as url:
        written = take(browser, url, tmp_path, widths=[390], themes=["dark"])
    assert {file.name for file in written} == {file_name(one, 390, "dark") for one in SCENES}
    for file in written:
        head = file.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        (width,) = struct.unpack(">I", head[16:20])
        assert 360 <= width <= 390, file.name


def test_the_pictures_in_the_documents_are_those_of_the_scenes() -> None:
    wanted = {file_name(one, width, theme) for one in SCENES for width in SIZES for theme in THEMES}
    kept = {file.name: file.stat().st_size for file in (DOCS / "screenshots").glob("*.png")}
    assert set(kept) == wanted
    assert sum(kept.values()) < 4_500_000
