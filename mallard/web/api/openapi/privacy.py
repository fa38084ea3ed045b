"""Erasing, handing over, and looking at what is stored."""

from __future__ import annotations

from mallard.web.api.openapi.downloads import EVENTS, EVENTS_ANSWER
from mallard.web.api.openapi.operation import Access, Operation, answer, ref

TAG = "Privacy"

OPERATIONS = (
    Operation(
        method="delete",
        path="/api/gdpr/erase",
        name="eraseEvents",
        tag=TAG,
        summary="Erase a site's days",
        description="Everything accepted before, wherever it is: journal, database, Parquet files,"
        " quarantine. Both days are included. Impossible while no password is set.",
        parameters=("site_id", "erase_from", "erase_to"),
        answers={
            200: answer(
                "It is gone.",
                ref("Erased"),
                {
                    "site_id": "example.com",
                    "start_date": "2026-01-01",
                    "end_date": "2026-01-31",
                    "db_records_deleted": 42,
                    "parquet_partitions_deleted": 31,
                    "events_deleted": 9127,
                },
            )
        },
        refusals=(400, 500, 503),
        access=Access.ADMIN,
    ),
    Operation(
        method="get",
        path="/api/gdpr/export",
        name="exportEventsForGdpr",
        tag=TAG,
        summary="Every event of a site",
        description="The same as `/api/export/events`.",
        parameters=EVENTS,
        answers={200: EVENTS_ANSWER},
        refusals=(400, 429, 500, 503),
    ),
    Operation(
        method="get",
        path="/api/diagnostics",
        name="getDiagnostics",
        tag=TAG,
        summary="Whose request this is, and what would be stored of it",
        description="What a pageview from the caller would become, with the address that was found"
        " and how; and what became of the events of the last days. Nothing is stored.",
        parameters=("sample_site", "sample_url", "sample_referrer", "sample_width"),
        answers={
            200: answer(
                "What was found.",
                ref("Diagnostics"),
                {
                    "address": {
                        "client": "203.0.113.9",
                        "taken_from": "the connection",
                        "peer": {
                            "sent": "203.0.113.9",
                            "address": "203.0.113.9",
                            "is_trusted": False,
                        },
                        "forwarded_for": [],
                        "real_ip": None,
                    },
                    "sample": {"outcome": "dropped", "reason": "http_client", "event": None},
                    "days": [
                        {
                            "day": "2026-01-31",
                            "accepted": 9127,
                            "dropped": {"crawler": 311},
                            "rejected": {"invalid": 2},
                        }
                    ],
                },
            )
        },
        refusals=(500,),
        access=Access.ADMIN,
    ),
)
