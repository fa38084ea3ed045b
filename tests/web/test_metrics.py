"""/metrics: who may read it, its form, and that its figures agree with what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.metrics.figures import FIGURES
from mallard.wsgi import application
from tests.conftest import CHROME, post_event

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
STATS = "/api/stats/main?site_id=example.com"
TOKEN = "a token that nobody guesses"
PASSWORD = "correct horse"

# As the product's documents list them.
DOCUMENTED = {
    "mallard_buffered_events": ("gauge", "Number of events in the in-memory buffer"),
    "mallard_cache_entries": ("gauge", "Number of cached query results"),
    "mallard_auth_configured": ("gauge", "Whether admin password is set"),
    "mallard_geoip_loaded": ("gauge", "Whether GeoIP database is loaded"),
    "mallard_filter_bots": ("gauge", "Whether bot filtering is enabled"),
    "mallard_behavioral_extension": ("gauge", "Whether behavioral extension is loaded"),
    "mallard_events_ingested_total": ("counter", "Total events ingested"),
    "mallard_flush_failures_total": ("counter", "Total buffer flush failures"),
    "mallard_rate_limit_rejections_total": (
        "counter",
        "Total requests rejected by per-site rate limiter",
    ),
    "mallard_login_failures_total": ("counter", "Total failed login attempts"),
    "mallard_cache_hits_total": ("counter", "Total query cache hits"),
    "mallard_cache_misses_total": ("counter", "Total query cache misses"),
}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(client: Client) -> Samples:
    """Every sample of /metrics by its name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(client: Client, name: str, **labels: str) -> float:
    return samples(client)[(name, tuple(sorted(labels.items())))]


def answers(client: Client, **labels: str) -> float:
    """How many requests of a route, method and class of status were measured."""
    key = ("mallard_request_duration_seconds_count", tuple(sorted(labels.items())))
    return samples(client).get(key, 0)


@pytest.mark.parametrize(("name", "documented"), DOCUMENTED.items())
def test_the_documented_metrics_have_the_documented_form(onlooker, name, documented) -> None:
    kind, description = documented
    lines = onlooker.get("/metrics").text.splitlines()
    assert f"# TYPE {name} {kind}" in lines
    assert f"# HELP {name} {description}" in lines
    assert [line for line in lines if line.startswith(f"{name} ")], "one sample without labels"


def test_the_format_is_the_documented_text_format(client: Client) -> None:
    response = client.get("/metrics")
    assert response.content_type.startswith("text/plain; version=0.0.4")
    assert "_created" not in response.text
    assert list(text_string_to_metric_families(response.text))


def test_every_figure_has_a_name_and_unit_as_prometheus_wants_them() -> None:
    names = [figure.name for figure in FIGURES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("mallard_") for name in names)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        "Bearer ä",
        "bearer",
    ],
)
def test_without_the_token_there_are_no_metrics(start, header: str | None) -> None:
    client = Client(application(start(metrics_token=TOKEN)))
    headers = {} if header is None else {"Authorization": header}
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "mallard_" not in response.text


def test_with_the_token_there_are(start) -> None:
    client = Client(application(start(metrics_token=TOKEN)))
    for scheme in ("Bearer", "bearer"):
        response = client.get("/metrics", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert response.status_code == 200


def test_a_password_does_not_close_the_metrics(start) -> None:
    client = Client(application(start(admin_password=PASSWORD)))
    assert value(client, "mallard_auth_configured") == 1


def test_two_instances_count_for_themselves(start, tmp_path) -> None:
    first, second = (Client(application(start(data_dir=tmp_path / name))) for name in "ab")
    post_event(first, EVENT)
    assert value(first, "mallard_events_ingested_total") == 1
    assert value(second, "mallard_events_ingested_total") == 0


def test_accepted_events_are_counted_however_they_came(client: Client) -> None:
    for _ in range(3):
        assert post_event(client, EVENT).status_code == 202
    client.get("/api/event?d=example.com&u=/", headers={"User-Agent": CHROME})
    found = samples(client)
    assert found["mallard_events_ingested_total", ()] == 4
    assert found["mallard_buffered_events", ()] == 4


REFUSED: list[tuple[str, Any, dict[str, Any]]] = [
    ("invalid", EVENT | {"d": "a/b"}, {}),
    ("invalid", b"{", {}),
    ("wrong_type", EVENT | {"u": 1}, {}),
    ("too_large", b" " * 65_537, {}),
    ("forbidden", EVENT | {"d": "other.org"}, {"site_ids": ("example.com",)}),
]


@pytest.mark.parametrize(("reason", "body", "changes"), REFUSED)
def test_a_refused_event_is_counted_by_reason(start, reason, body, changes) -> None:
    client = Client(application(start(**changes)))
    assert post_event(client, body).status_code >= 400
    found = samples(client)
    refused = {labels: n for (name, labels), n in found.items() if "events_rejected" in name and n}
    assert refused == {(("reason", reason),): 1}
    assert found["mallard_events_ingested_total", ()] == 0


def test_a_refused_pixel_counts_although_it_gets_its_picture(client: Client) -> None:
    assert client.get("/api/event?d=../&u=/").status_code == 200
    assert value(client, "mallard_events_rejected_total", reason="invalid") == 1


def test_the_rate_limit_counts_what_it_refuses(start) -> None:
    client = Client(application(start(rate_limit_per_site=2)))
    statuses = [post_event(client, EVENT).status_code for _ in range(5)]
    assert statuses == [202, 202, 429, 429, 429]
    assert value(client, "mallard_rate_limit_rejections_total") == 3
    assert value(client, "mallard_events_rejected_total", reason="rate_limited") == 3
    assert value(client, "mallard_events_ingested_total") == 2


def test_a_dropped_event_is_counted_by_reason(client: Client) -> None:
    post_event(client, EVENT, User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)")
    post_event(client, EVENT, User_Agent="curl/8")
    assert value(client, "mallard_events_dropped_total", reason="crawler") == 1
    assert value(client, "mallard_events_dropped_total", reason="http_client") == 1
    assert value(client, "mallard_events_dropped_total", reason="opted_out") == 0
    assert value(client, "mallard_events_ingested_total") == 0


def test_failed_logins_are_counted(start) -> None:
    client = Client(application(start(admin_password=PASSWORD)))
    for password in ("wrong one", "wrong two", PASSWORD):
        client.post("/api/auth/login", json={"password": password})
    assert value(client, "mallard_login_failures_total") == 2


def test_the_cache_counts_hits_and_misses(start) -> None:
    client = Client(application(start(cache_ttl_secs=60)))
    post_event(client, EVENT)
    for _ in range(3):
        client.get(STATS)
    assert value(client, "mallard_cache_misses_total") == 1
    assert value(client, "mallard_cache_hits_total") == 2
    assert value(client, "mallard_cache_entries") == 1


def test_events_move_from_the_journal_to_parquet(client: Client, mallard: Mallard) -> None:
    post_event(client, EVENT)
    before = samples(client)
    assert before["mallard_journal_bytes", ()] > 0
    assert before["mallard_hot_rows", ()] == before["mallard_parquet_files", ()] == 0
    assert mallard.flusher.flush()
    assert value(client, "mallard_hot_rows") == 1
    assert mallard.flusher.roll()
    after = samples(client)
    assert (after["mallard_hot_rows", ()], after["mallard_buffered_events", ()]) == (0, 0)
    (file,) = mallard.store.cold.partitions.root.rglob("*.parquet")
    assert after["mallard_parquet_files", ()] == 1
    assert after["mallard_parquet_bytes", ()] == file.stat().st_size
    for step in ("store", "roll"):
        assert after["mallard_flush_duration_seconds_count", (("step", step),)] == 1


def test_a_failed_flush_is_counted(
    client: Client, mallard: Mallard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.IOException("the disk is full")

    post_event(client, EVENT)
    with monkeypatch.context() as patched:
        patched.setattr(mallard.store, "append", fail)
        assert not mallard.flusher.flush()
    assert value(client, "mallard_flush_failures_total") == 1
    assert mallard.flusher.flush()
    assert value(client, "mallard_flush_failures_total") == 1


def test_an_unreadable_file_degrades(client: Client, mallard: Mallard) -> None:
    post_event(client, EVENT)
    assert mallard.flusher.roll()
    assert value(client, "mallard_degraded") == 0
    (file,) = mallard.store.cold.partitions.root.rglob("*.parquet")
    file.write_bytes(b"PAR1 nothing of use")
    client.get(STATS)
    found = samples(client)
    assert (found["mallard_degraded", ()], found["mallard_quarantined_files", ()]) == (1, 1)
    assert found["mallard_query_duration_seconds_count", ()] == 2


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", STATS, {"route": "/api/stats/main", "method": "GET", "status": "2xx"}),
        (
            "GET",
            "/api/stats/breakdown/pages?site_id=a",
            {"route": "/api/stats/breakdown/<dimension>", "method": "GET", "status": "2xx"},
        ),
        ("GET", "/api/stats/main", {"route": "/api/stats/main", "method": "GET", "status": "4xx"}),
        ("GET", "/nowhere", {"route": "other", "method": "GET", "status": "4xx"}),
        ("BREW", "/api/event", {"route": "/api/event", "method": "other", "status": "4xx"}),
        ("OPTIONS", "/api/event", {"route": "/api/event", "method": "OPTIONS", "status": "2xx"}),
        ("POST", "/api/event", {"route": "/api/event", "method": "POST", "status": "4xx"}),
    ],
)
def test_requests_are_measured_by_route_method_and_class_of_status(
    client: Client, method: str, path: str, labels: dict[str, str]
) -> None:
    client.open(path, method=method)
    assert answers(client, **labels) == 1


def test_invented_addresses_do_not_make_new_series(client: Client) -> None:
    client.get("/x")
    before = len(samples(client))
    for number in range(5):
        client.get(f"/x/{number}")
        client.open(f"/api/{number}", method=f"M{number}")
    assert len(samples(client)) <= before + 2 * 17, "404 and 405 by an unknown method, no more"


def test_buckets_add_up(client: Client, visit: Callable[..., None]) -> None:
    visit(times=5)
    found = samples(client)
    labels = {"route": "/api/event", "method": "POST", "status": "2xx"}
    everything = tuple(sorted((labels | {"le": "+Inf"}).items()))
    assert found["mallard_request_duration_seconds_bucket", everything] == 5
    assert found["mallard_request_duration_seconds_sum", tuple(sorted(labels.items()))] > 0


def test_the_process_shows_its_memory(client: Client) -> None:
    assert value(client, "process_resident_memory_bytes") > 10_000_000
