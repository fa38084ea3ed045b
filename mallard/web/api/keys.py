"""API keys: make, list, revoke."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, abort, jsonify

from mallard.auth.keys import BadKey
from mallard.web.api.body import decoded
from mallard.web.api.stats import as_json
from mallard.web.state import parts

blueprint = Blueprint("keys", __name__, url_prefix="/api/keys")


class Wish(msgspec.Struct):
    """What a new key should be."""

    name: str
    scope: str


@blueprint.post("")
def create() -> Response:
    """Makes a key, and shows it this once."""
    wish = decoded(Wish)
    try:
        response = as_json(parts().access.keys.create(wish.name, wish.scope))
    except BadKey as error:
        abort(400, str(error))
    response.status_code = 201
    return response


@blueprint.get("")
def every() -> Response:
    """All keys, without what would let one use them."""
    return as_json(parts().access.keys.all())


@blueprint.delete("/<key_hash>")
def revoke(key_hash: str) -> Response:
    """Makes a key useless."""
    if not parts().access.keys.revoke(key_hash):
        abort(404, "Key not found")
    return jsonify({"status": "revoked"})
