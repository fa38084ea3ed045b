"""Log lines in one form, text or JSON, whoever writes them: structlog over the standard library."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being answered, which every log line written meanwhile carries."""

# Five letters at most, so that text lines align.
LEVELS = {"WARNING": "WARN", "CRITICAL": "ERROR"}
TIMELESS = ("event", "_record", "_from_structlog")

# What happens to a line before it is rendered, the same for our loggers and the libraries'.
_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def configure(
    log_format: Literal["text", "json"], log_level: str, stream: TextIO | None = None
) -> None:
    """Sends every logger's lines of at least this level to the stream, stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[as_json if log_format == "json" else as_text],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(log_level.upper())
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def as_json(_logger: object, _method: str, line: MutableMapping[str, Any]) -> str:
    """The line as one JSON object, in ASCII, so that no reader can split it."""
    record: logging.LogRecord = line["_record"]
    shape: dict[str, Any] = {
        "timestamp": _timestamp(record),
        "level": _level(record),
        "fields": {"message": str(line["event"])}
        | {key: _finite(value) for key, value in _fields(line).items()},
        "target": record.name,
    }
    if (current := request_id.get()) is not None:
        shape["request_id"] = current
    return json.dumps(shape, default=str, skipkeys=True, separators=(",", ":"))


def as_text(_logger: object, _method: str, line: MutableMapping[str, Any]) -> str:
    """The line for people: time, level, target, message, then the fields."""
    record: logging.LogRecord = line["_record"]
    fields = _fields(line)
    if (current := request_id.get()) is not None:
        fields["request_id"] = current
    message = _one_line(str(line["event"]))
    start = f"{_timestamp(record)} {_level(record):>5} {record.name}: {message}"
    return " ".join([start, *(f"{key}={_text_value(value)}" for key, value in fields.items())])


def _timestamp(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _level(record: logging.LogRecord) -> str:
    return LEVELS.get(record.levelname, record.levelname)


def _fields(line: MutableMapping[str, Any]) -> dict[str, Any]:
    """What the caller added, with the exception last."""
    fields = {key: value for key, value in line.items() if key not in TIMELESS}
    if "exception" in fields:
        fields["exception"] = fields.pop("exception")
    return fields


def _finite(value: Any) -> Any:
    """JSON has no word for infinity and not-a-number."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _text_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_one_line(quoted)}"'


def _one_line(text: str) -> str:
    """The text with everything unprintable escaped: no forged lines, no terminal codes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
