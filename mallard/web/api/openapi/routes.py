"""The routes that are described, as Flask, the guards and the limits know them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask
from werkzeug.routing import Rule

from mallard.auth.keys import Scope
from mallard.reports.arguments import Parameter
from mallard.web import guards, rates
from mallard.web.api.described import DESCRIPTIONS, Description, Header

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
"""A part of a path that differs, as Flask writes it."""

UNSAID = frozenset(("HEAD", "OPTIONS"))
"""Methods that come with the others."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, and what is said of it."""

    method: str
    path: str
    """As OpenAPI writes it."""
    name: str
    """Of the function that serves it."""
    said: Description
    scope: Scope | None = None
    """What a key must be good for; None where nobody needs one."""
    is_for_people: bool = True
    """Whether being signed in is as good as a key."""
    reads_events: bool = False
    """Whether it asks for what may be too much at once."""
    is_limited: bool = False
    """Whether too many requests are refused."""

    @property
    def in_path(self) -> list[Parameter]:
        """The parameters that are parts of its path."""
        return [part for part in self.said.parameters if f"{{{part.name}}}" in self.path]

    @property
    def in_query(self) -> list[Parameter]:
        """Those behind the question mark of its address."""
        elsewhere = self.in_path
        return [
            part
            for part in self.said.parameters
            if part not in elsewhere and not isinstance(part, Header)
        ]


def routes_of(blueprints: Iterable[Blueprint]) -> Iterator[Route]:
    """The described routes in the order in which they are declared, aliases left out."""
    app = Flask("mallard", static_folder=None)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    rules = list(app.url_map.iter_rules())
    paths = {rule.rule for rule in rules}
    for rule in rules:
        said = DESCRIPTIONS.get(app.view_functions[rule.endpoint])
        if said is not None and f"/api{rule.rule}" not in paths:
            yield from _routes(rule, said)


def _routes(rule: Rule, said: Description) -> Iterator[Route]:
    """One for each method of a rule. Raises ValueError when part of its path is undeclared."""
    undeclared = rule.arguments - {parameter.name for parameter in said.parameters}
    if undeclared:
        raise ValueError(f"{rule.rule}: {', '.join(sorted(undeclared))} is not declared")
    blueprint, _, name = rule.endpoint.rpartition(".")
    reads_events = blueprint in rates.REPORTS
    for method in sorted((rule.methods or set()) - UNSAID):
        yield Route(
            method,
            _PLACE.sub(r"{\1}", rule.rule),
            name,
            said,
            scope=guards.scope_of(rule.endpoint, method),
            is_for_people=rule.endpoint not in guards.BY_KEY,
            reads_events=reads_events,
            is_limited=reads_events or rule.endpoint in rates.LIMITED,
        )
