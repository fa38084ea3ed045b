"""Makes the Flask application: the blueprints, the errors, the headers."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from htmx_flask import Htmx

from mallard.texts.templates import mark
from mallard.web import audited, cors, errors, guards, headers, rates, reading
from mallard.web.base_path import address
from mallard.web.blueprints import BLUEPRINTS
from mallard.web.hearing import hear
from mallard.web.monitoring import name_route
from mallard.web.rooms import Room
from mallard.web.script_loads import noting
from mallard.web.state import Parts

MAX_BODY_BYTES = 65_536


def create_flask_app(parts: Parts, rooms: Iterable[Room] = ()) -> Flask:
    """The application that serves everything but the collecting of single events."""
    app = Flask("mallard", static_folder=None)
    # A redirect to the spelling with one slash would name the scheme and host that we believe in.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    mark(app.jinja_env)
    app.add_template_global(address)
    Htmx(app)
    app.extensions["mallard"] = parts
    errors.register(app)
    reading.register(app)
    app.before_request(rates.turn_away)
    app.before_request(guards.admit)
    app.before_request(hear)
    app.after_request(audited.note)
    app.after_request(headers.finish)
    app.after_request(name_route)
    app.after_request(cors.allow)
    app.after_request(noting(parts.script_loads))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for room in rooms:
        app.extensions[room.name] = room.parts
        for blueprint in room.blueprints:
            app.register_blueprint(blueprint)
    rates.register(app, parts.timer, parts.settings.stats_rate_limit, parts.servers)
    return app
