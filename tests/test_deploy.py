"""The dashboard for Grafana and the alerts for Prometheus name only metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Shared

DEPLOY = Path(__file__).parent.parent / "deploy"
STRINGS = re.compile(r'"[^"]*"')
SELECTORS = re.compile(r"\{[^}]*\}")
GROUPINGS = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")
RANGES = re.compile(r"\[[^\]]*\]")
NAMES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])")

# As the product's documents recommend them, and how bad each is.
DOCUMENTED = {
    'up{job="mallard_metrics"} == 0': "critical",
    "mallard_buffered_events > 5000": "warning",
    "increase(mallard_flush_failures_total[5m]) > 0": "warning",
    "mallard_auth_configured == 0": "warning",
    "rate(mallard_rate_limit_rejections_total[5m]) > 10": "info",
    "mallard_geoip_loaded == 0": "info",
    "mallard_behavioral_extension == 0": "info",
}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    yield from (rule["expr"] for rule in rules())


def names(expression: str) -> set[str]:
    """The metrics that an expression names."""
    for unwanted in (STRINGS, SELECTORS, GROUPINGS, RANGES):
        expression = unwanted.sub(" ", expression)
    return set(NAMES.findall(expression))


def labels(expression: str) -> dict[str, str]:
    """The labels that an expression selects by, and the values it wants exactly."""
    selected = "".join(SELECTORS.findall(expression))
    return dict(re.findall(r'(\w+)="([^"]*)"', selected))


def label_names(expression: str) -> set[str]:
    """The labels that an expression selects or groups by."""
    selectors = STRINGS.sub("", "".join(SELECTORS.findall(expression)))
    selected = re.findall(r"(\w+)\s*[!=]~?", selectors)
    groups = re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", expression)
    return {*selected, *re.findall(r"\w+", " ".join(groups))}


@pytest.fixture(scope="module")
def samples(shared: Shared) -> list[Any]:
    shared.visit()
    shared.client.get("/api/stats/main?site_id=example.com")
    families = text_string_to_metric_families(shared.client.get("/metrics").text)
    return [sample for family in families for sample in family.samples]


def test_names_are_found_in_expressions() -> None:
    found = names('sum by (le, a) (rate(x_bucket{b="c"}[5m])) / (up + y_total) > 0.5')
    assert found == {"x_bucket", "up", "y_total"}


def test_labels_are_found_in_expressions() -> None:
    assert label_names('sum by (le, a) (rate(x{b="c=d", e!~"f"}[5m]))') == {"le", "a", "b", "e"}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_only_labels_that_exist_are_named(samples: list[Any], expression: str) -> None:
    known = {label for s in samples if s.name in names(expression) for label in s.labels}
    assert label_names(expression) <= known | ({"job"} if "up" in names(expression) else set())


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_only_metrics_that_exist_are_named(samples: list[Any], expression: str) -> None:
    known = {sample.name for sample in samples} | {"up"}
    assert names(expression), expression
    assert names(expression) <= known
    wanted = labels(expression)
    if "route" in wanted:
        assert wanted["route"] in {sample.labels.get("route") for sample in samples}


def test_every_metric_is_on_the_dashboard_or_obvious(samples: list[Any]) -> None:
    shown = {name for expression in expressions() for name in names(expression)}
    ours = {re.sub(r"_(bucket|count|sum)$", "_bucket", s.name) for s in samples}
    silent = {name for name in ours if name.startswith("mallard_")} - shown
    # Settings rather than states.
    assert silent == {"mallard_build_info", "mallard_cache_entries", "mallard_filter_bots"}


@pytest.mark.parametrize(("expression", "severity"), DOCUMENTED.items())
def test_the_documented_alerts_are_there(expression: str, severity: str) -> None:
    found = {rule["expr"]: rule["labels"]["severity"] for rule in rules()}
    assert found[expression] == severity


def test_a_low_hit_rate_of_the_cache_is_an_alert() -> None:
    (found,) = [rule for rule in rules() if "cache" in rule["expr"]]
    assert found["expr"].endswith("< 0.5")
    assert found["labels"]["severity"] == "info"


def test_alerts_say_what_to_do() -> None:
    for rule in rules():
        assert rule["alert"].startswith("Mallard")
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_dashboard_can_be_imported() -> None:
    panels = dashboard()["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels]
    assert len(places) == len(set(places))
    for documented in ("Ingestion Rate", "Buffered Events", "Cache Hit Rate"):
        assert documented in [panel["title"] for panel in panels]
