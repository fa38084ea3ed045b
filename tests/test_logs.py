"""Log lines: one form for everyone, one line each, nothing forged."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mallard import logs

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def written(log_format: Any, write: Callable[[], object], level: str = "info") -> list[str]:
    stream = io.StringIO()
    logs.configure(log_format, level, stream)
    write()
    return stream.getvalue().split("\n")[:-1]


def log(name: str = "mallard.server") -> Any:
    return structlog.get_logger(name)


def test_a_text_line_has_time_level_target_message_and_fields():
    (line,) = written(
        "text", lambda: log().info("Listening", addr="0.0.0.0:8000", threads=16, tls=False)
    )
    expected = r'  INFO mallard\.server: Listening addr="0\.0\.0\.0:8000" threads=16 tls=false'
    assert re.fullmatch(TIME + expected, line)


def test_levels_align_in_text():
    lines = written("text", lambda: [log().warning("a"), log().error("b")])
    assert [line[24:31] for line in lines] == ["  WARN ", " ERROR "]


def test_a_json_line_has_exactly_the_documented_keys():
    (line,) = written("json", lambda: log("mallard.ingest.flusher").info("Flushed", count=42))
    shape = json.loads(line)
    assert list(shape) == ["timestamp", "level", "fields", "target"]
    assert re.fullmatch(TIME, shape["timestamp"])
    assert shape["level"] == "INFO"
    assert shape["fields"] == {"message": "Flushed", "count": 42}
    assert shape["target"] == "mallard.ingest.flusher"


def test_lines_of_a_request_carry_its_id():
    token = logs.request_id.set("a3f2")
    try:
        (as_json,) = written("json", lambda: log().info("asked"))
        (as_text,) = written("text", lambda: log().info("asked"))
    finally:
        logs.request_id.reset(token)
    assert list(json.loads(as_json))[-1] == "request_id"
    assert as_text.endswith('asked request_id="a3f2"')


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_library_lines_take_the_same_form(log_format: str):
    (line,) = written(
        log_format, lambda: logging.getLogger("waitress").warning("depth %d", 3, extra={"peak": 9})
    )
    if log_format == "json":
        assert json.loads(line)["fields"] == {"message": "depth 3", "peak": 9}
    else:
        assert line.endswith("  WARN waitress: depth 3 peak=9")


def test_lines_below_the_level_are_not_written_for_libraries_either():
    def write() -> None:
        log().info("quiet")
        logging.getLogger("waitress").info("quiet")
        log().warning("loud")

    assert len(written("text", write, level="warning")) == 1


def fail() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log().exception("broken", batch=7)


def test_an_exception_is_a_field_in_json():
    (line,) = written("json", fail)
    fields = json.loads(line)["fields"]
    assert list(fields) == ["message", "batch", "exception"]
    assert fields["exception"].endswith("ValueError: first\nsecond")


def test_an_exception_is_appended_to_the_text_line():
    (line,) = written("text", fail)
    assert ' broken batch=7 exception="Traceback' in line
    assert line.endswith(r'ValueError: first\nsecond"')


def test_what_json_cannot_hold_is_still_written():
    (line,) = written("json", lambda: log().info("odd", ratio=float("nan"), path=b"\xff"))
    assert json.loads(line)["fields"]["ratio"] == "nan"


@given(st.text(), st.text())
def test_no_text_can_break_a_line(message: str, value: str):
    for log_format in ("text", "json"):
        (line,) = written(log_format, lambda: log().info(message, value=value))
        assert len(line.splitlines()) == 1
