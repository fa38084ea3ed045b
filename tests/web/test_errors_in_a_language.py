"""What is wrong is told in the language of whoever reads it; programs are told English."""

from __future__ import annotations

import pytest
from werkzeug.test import Client, TestResponse

from tests.conftest import Shared, post_event
from tests.web.reading import parsed

GERMAN = {"Accept-Language": "de"}
SITE = "/settings/sites/example.com"


@pytest.fixture(scope="module")
def client(shared: Shared) -> Client:
    shared.visit("/pricing")
    shared.client.post("/settings/sites", data={"site": "example.com"})
    return shared.client


def alerted(answer: TestResponse) -> str:
    page = parsed(answer.text)
    assert page.one("html")["lang"] == "de"
    return " ".join(one.text for one in page if one.attributes.get("role") == "alert")


@pytest.mark.parametrize(
    ("wrong", "told", "english"),
    [
        ("period=age", "period: möglich ist eines von", "period must be one of day"),
        ("filter=colour==red", "Filter: die Dimension muss", "filter: the dimension must be one"),
        ("filter=page", "die Form DIMENSION==WERT", "filter must have the form DIMENSION==VALUE"),
        ("goal=none", "goal: die Website hat keines namens", "has none of the name 'none'"),
        ("compare=monday", "zwei Tage in der Form JJJJ", "compare must be previous, year or FROM"),
        ("segment=none", "keines namens 'none'; sie hat keines", "name 'none'; it has none"),
    ],
)
def test_what_is_wrong_with_an_address(client: Client, wrong: str, told: str, english: str) -> None:
    page = client.get(f"/?site_id=example.com&{wrong}", headers=GERMAN)
    assert page.status_code == 400
    assert told in parsed(page.text).one("main").text
    answer = client.get(f"/api/stats/main?site_id=example.com&{wrong}", headers=GERMAN)
    assert answer.status_code == 400
    assert english in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("form", "given", "told"),
    [
        ("goals", {"name": "Bought"}, "Ein Ziel braucht entweder ein Ereignis oder eine Seite."),
        ("goals", {"name": "x" * 129, "event": "buy"}, "Name: höchstens 128 Zeichen sind möglich."),
        ("segments", {"name": "A", "filters": "page=/"}, "Ein Filter hat die Form DIMENSION==WERT"),
        ("funnels", {"name": "A", "steps": "/"}, "Schritte: '/' ist weder page:/pfad noch event"),
        ("exclude", {"countries": "Rome"}, "Länder: 'ROME' ist kein Ländercode: zwei Großbuch"),
        ("exclude", {"addresses": "here"}, "Adressen: 'here' ist keine Adresse, und kein Netz"),
        ("timezone", {"timezone": "Mars"}, "Zeitzone: 'Mars' ist keine Zeitzone; sie heißt wie in"),
        ("aliases", {"aliases": "a b"}, "Aliasse: 'a b' kann kein Alias sein: darin ist ein"),
        ("annotations/new", {"at": "monday", "text": "x"}, "Wann: ein Tag, oder ein Zeitpunkt wie"),
        ("alerts", {"name": "A", "on": "drop"}, "Ein Alarm muss jemandem gemeldet werden"),
    ],
)
def test_what_is_wrong_with_a_form(
    client: Client, form: str, given: dict[str, str], told: str
) -> None:
    version = parsed(client.get(SITE).text).all("input", name="version")[0]["value"]
    answer = client.post(f"{SITE}/{form}", data=given | {"version": version}, headers=GERMAN)
    assert answer.status_code == 400
    assert told in alerted(answer)


def test_why_events_were_refused(client: Client) -> None:
    post_event(client, {"d": "example.com", "n": "pageview", "u": "https://"})
    page = parsed(client.get("/diagnostics", headers=GERMAN).text)
    assert "u (page URL): die URL hat keinen Host" in page.by_id("refusals").text
    assert "ungültig 1" in page.by_id("counts").text
    assert "der Verbindung" in page.by_id("address").text
    (refusal, *_) = client.get("/api/diagnostics", headers=GERMAN).get_json()["refusals"]
    assert refusal["reason"] == "u (page URL): the URL has no host"
