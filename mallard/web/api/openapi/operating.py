"""Whether Mallard is well, and this description itself."""

from __future__ import annotations

from mallard import __version__
from mallard.web.api.openapi.operation import Access, Operation, answer, file, plain, ref

TAG = "Operating"

OPERATIONS = (
    Operation(
        method="get",
        path="/health",
        name="getHealth",
        tag=TAG,
        summary="Whether the process lives",
        answers={200: plain("It does.", "ok")},
        access=Access.ANYBODY,
    ),
    Operation(
        method="get",
        path="/health/ready",
        name="getReadiness",
        tag=TAG,
        summary="Whether the database answers",
        answers={200: plain("It does.", "ready"), 503: plain("It does not.", "database not ready")},
        access=Access.ANYBODY,
    ),
    Operation(
        method="get",
        path="/health/detailed",
        name="getDetailedHealth",
        tag=TAG,
        summary="The state of each part",
        answers={
            200: answer(
                "The state.",
                ref("Health"),
                {
                    "status": "ok",
                    "version": __version__,
                    "buffered_events": 42,
                    "auth_configured": True,
                    "geoip_loaded": True,
                    "behavioral_extension_loaded": False,
                    "filter_bots": True,
                    "cache_entries": 3,
                    "cache_empty": False,
                    "quarantined_files": 0,
                    "rollups_pending": 0,
                    "flush_failures": 0,
                    "cannot_store": None,
                    "cannot_read": None,
                    "missing_files": 0,
                    "events": {"accepted": 158432, "dropped_crawler": 911},
                },
            )
        },
        access=Access.ANYBODY,
    ),
    Operation(
        method="get",
        path="/metrics",
        name="getMetrics",
        tag=TAG,
        summary="Metrics for Prometheus",
        description="The token is asked for where `metrics_token` is set.",
        answers={200: plain("The metrics.", "mallard_buffered_events 42.0\n")},
        own_refusals={401: plain("The token is missing or wrong.", "a bearer token is needed\n")},
        access=Access.METRICS_TOKEN,
    ),
    Operation(
        method="get",
        path="/api/openapi.json",
        name="getDescription",
        tag=TAG,
        summary="This description, as OpenAPI 3.1",
        answers={200: answer("The description.", {"type": "object"}, {"openapi": "3.1.0"})},
        refusals=(500,),
    ),
    Operation(
        method="get",
        path="/api/docs",
        name="getDocs",
        tag=TAG,
        summary="This description, as a page",
        answers={200: file("The page.", "text/html")},
        refusals=(500,),
    ),
)
