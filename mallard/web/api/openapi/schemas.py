"""The forms of bodies and answers; those of reports are read off their row types."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import msgspec

from mallard.auth.keys import LONGEST_NAME, ApiKey, NewKey, Scope
from mallard.auth.passwords import LONGEST, SHORTEST
from mallard.erasure import Erased
from mallard.ingest.batches import MAX_EVENTS, Taken
from mallard.ingest.submission import (
    MAX_EVENT_NAME,
    MAX_PROPS,
    MAX_REVENUE,
    MAX_URL,
)
from mallard.reports.export import ExportRow
from mallard.reports.realtime import Realtime
from mallard.reports.retention import Cohort
from mallard.web.api.compared import FIGURES, KEYS
from mallard.web.api.openapi.operation import Json, ref
from mallard.web.api.openapi.parameters import SITE_ID, TEXT
from mallard.web.diagnostics import Diagnostics

ROWS = (
    *KEYS,
    Cohort,
    Realtime,
    ExportRow,
    ApiKey,
    NewKey,
    Erased,
    Diagnostics,
    Taken,
)
FLAG: Json = {"type": "boolean"}
COUNT: Json = {"type": "integer", "minimum": 0}


def schemas() -> Json:
    """The components that operations refer to."""
    _, found = msgspec.json.schema_components(ROWS, ref_template="#/components/schemas/{name}")
    for schema in found.values():
        if "description" in schema:
            schema["description"] = " ".join(cleandoc(schema["description"]).split())
    for kind in KEYS:
        found[kind.__name__]["properties"] |= _compared(kind, found[kind.__name__]["properties"])
    return found | WRITTEN


def _compared(kind: type[Any], properties: Json) -> Json:
    """What a row has as well when it is compared."""
    before = {"type": "object", "properties": dict(properties), "required": list(properties)}
    changes = {name: {"type": ["number", "null"]} for name in FIGURES[kind]}
    return {
        "comparison": {
            "description": "With `compare`: the same of the other period.",
            "anyOf": [before, {"type": "null"}],
        },
        "change": {
            "description": "With `compare`: the fraction by which each figure grew; null from 0.",
            "type": "object",
            "properties": changes,
            "required": list(changes),
        },
    }


def record(description: str, required: Json, optional: Json | None = None) -> Json:
    """An object with these properties."""
    return {
        "type": "object",
        "description": description,
        "properties": required | (optional or {}),
        "required": list(required),
    }


EVENT = record(
    "One event. Unknown keys are ignored, and null means that a key is absent.",
    {
        "d": SITE_ID | {"description": "The site."},
        "n": TEXT
        | {
            "minLength": 1,
            "maxLength": MAX_EVENT_NAME,
            "description": "The event's name, `pageview` for a page that was viewed.",
        },
        "u": TEXT | {"minLength": 1, "maxLength": MAX_URL, "description": "The page's URL."},
    },
    {
        "r": {
            "type": ["string", "null"],
            "maxLength": MAX_URL,
            "description": "The referrer's URL.",
        },
        "w": {"type": ["number", "null"], "description": "The screen's width in pixels."},
        "p": {
            "type": ["object", "string", "null"],
            "description": "Properties of your own: an object, or a string that holds one, of at"
            f" most {MAX_PROPS} characters.",
        },
        "ra": {
            "type": ["number", "null"],
            "minimum": -float(MAX_REVENUE),
            "maximum": float(MAX_REVENUE),
            "description": "Revenue; it is rounded to two decimals.",
        },
        "rc": {
            "type": ["string", "null"],
            "pattern": "^[A-Za-z]{3}$",
            "description": "The currency, as in ISO 4217.",
        },
    },
)

BATCH_EVENT = EVENT | {
    "description": "One event of several: as a single one, and what only its browser could tell.",
    "properties": EVENT["properties"]
    | {
        "timestamp": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When it happened, as RFC 3339 says, with an offset or Z; not more than"
            " five minutes ahead. Absent: now.",
        },
        "client_ip": {
            "type": ["string", "null"],
            "description": "The visitor's address, which is never stored. Absent: the sender's.",
        },
        "user_agent": {
            "type": ["string", "null"],
            "description": "The visitor's user agent. Absent: the sender's.",
        },
    },
}

PASSWORD = record(
    "The dashboard's password.",
    {"password": TEXT | {"description": f"{SHORTEST} to {LONGEST} characters when it is set."}},
)

STATUS = record(
    "Who the caller is. `authenticated` is true for everybody while no password is set.",
    {"setup_required": FLAG, "authenticated": FLAG},
)

KEY_WISH = record(
    "The key to make.",
    {
        "name": TEXT | {"minLength": 1, "maxLength": LONGEST_NAME},
        "scope": TEXT | {"enum": list(Scope)},
    },
)

HEALTH = record(
    "The state of each part. `status` is `degraded` when something needs the operator.",
    {
        "status": TEXT | {"enum": ["ok", "degraded"]},
        "version": TEXT,
        "buffered_events": COUNT | {"description": "Accepted events that are not in Parquet yet."},
        "auth_configured": FLAG,
        "geoip_loaded": FLAG,
        "behavioral_extension_loaded": FLAG,
        "filter_bots": FLAG,
        "cache_entries": COUNT,
        "cache_empty": FLAG,
        "quarantined_files": COUNT,
        "rollups_pending": COUNT,
        "flush_failures": COUNT,
        "cannot_store": TEXT | {"type": ["string", "null"]},
        "cannot_read": TEXT | {"type": ["string", "null"]},
        "missing_files": COUNT,
        "events": {
            "type": "object",
            "description": "Events since the start, by what became of them.",
            "additionalProperties": COUNT,
        },
    },
)

WRITTEN: Json = {
    "Error": record("What is wrong, for people.", {"error": TEXT}),
    "Event": EVENT,
    "BatchEvent": BATCH_EVENT,
    "Batch": {
        "type": "array",
        "description": "Events in the order in which they are to be taken.",
        "items": ref("BatchEvent"),
        "minItems": 1,
        "maxItems": MAX_EVENTS,
    },
    "Password": PASSWORD,
    "Token": record("A session, which the cookie mm_session holds too.", {"token": TEXT}),
    "Status": STATUS,
    "KeyWish": KEY_WISH,
    "ApiKeyList": {"type": "array", "items": ref("ApiKey")},
    "LoggedOut": record("It is done.", {"status": TEXT | {"const": "logged_out"}}),
    "Revoked": record("It is done.", {"status": TEXT | {"const": "revoked"}}),
    "Health": HEALTH,
}
