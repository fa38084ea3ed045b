"""Reads the settings page of a site, and sends its forms, as a browser without JavaScript does."""

from __future__ import annotations

from werkzeug.test import Client, TestResponse

from tests.web.reading import Element, parsed

SITE = "example.com"
PAGE = f"/settings/sites/{SITE}"


def page(client: Client) -> Element:
    response = client.get(PAGE)
    assert response.status_code == 200, response.text
    return parsed(response.text)


def form_of(found: Element, action: str, number: int = 0) -> tuple[str, dict[str, str]]:
    """A form's address and what it would send, as it stands."""
    form = found.all("form", action=f"{PAGE}/{action}")[number]
    sent = {
        one["name"]: one.attributes.get("value", "")
        for one in form.all("input")
        if one.attributes.get("type") != "checkbox" or "checked" in one.attributes
    }
    for area in form.all("textarea"):
        sent[area["name"]] = "".join(part for part in area.inside if isinstance(part, str))
    for choice in form.all("select"):
        options = choice.all("option")
        chosen = [one for one in options if "selected" in one.attributes] or options
        sent[choice["name"]] = chosen[0]["value"]
    return form["action"], sent


def send(
    client: Client, action: str, typed: dict[str, str] | None = None, number: int = 0
) -> TestResponse:
    address, sent = form_of(page(client), action, number)
    return client.post(address, data=sent | (typed or {}))
