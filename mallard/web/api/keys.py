"""API keys: make, list, revoke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response, abort, jsonify
from msgspec import Meta

from mallard.auth.keys import LONGEST_NAME, ApiKey, BadKey, NewKey, Scope, owner_of, sites_of
from mallard.reports.arguments import Text
from mallard.web import own
from mallard.web.api.asking import as_json
from mallard.web.api.body import decoded
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.people import SOME_SITES
from mallard.web.state import parts

blueprint = Blueprint("keys", __name__, url_prefix="/api/keys")


KEY_HASH = Text(
    "key_hash",
    "The key's SHA-256, as the list of keys tells it.",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    bounds={"minLength": 1},
)


class KeyWish(msgspec.Struct):
    """The key to make."""

    name: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": LONGEST_NAME})]
    scope: Annotated[str, Meta(extra_json_schema={"enum": list(Scope)})]
    sites: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="The only sites that it is good for; all, where it is left out.",
            extra_json_schema=SOME_SITES,
        ),
    ] = None


class KeyRow(ApiKey, frozen=True, kw_only=True, omit_defaults=True):
    """What is known about a key, which is not the key."""

    owner: Annotated[
        str, Meta(description="The name of the person whose it is, if it is somebody's.")
    ] = ""
    sites: Annotated[
        tuple[str, ...] | None, Meta(description="The only sites that it is good for, if it is so.")
    ] = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """It is done."""

    status: Literal["revoked"]


_HASH = str(KEY_HASH.example)
_NAME = "nightly report"
_KEY = KeyRow(
    key_hash=_HASH,
    name=_NAME,
    scope=Scope.READ_ONLY,
    created_at=datetime(2026, 1, 15, 10, tzinfo=UTC),
    revoked=False,
    last_used=date(2026, 2, 1),
)


@blueprint.post("")
@described(
    Subject.KEYS,
    Body(KeyWish, KeyWish(_NAME, Scope.READ_ONLY)),
    Answer("The key.", NewKey("mm_4f2a…", _HASH, _NAME, Scope.READ_ONLY), status=201),
)
def create_key() -> Response:
    """Make a key.

    `ReadOnly` reads figures and exports, `Ingest` sends batches of events, `Admin` may do
    everything, or as much as the person may who makes it. One that is limited to sites decides
    about these as an Editor does. The key is shown this once. Impossible while no password is set.
    """
    wish = decoded(KeyWish)
    try:
        response = as_json(own.create_key(wish.name, wish.scope, wish.sites))
    except BadKey as error:
        abort(400, str(error))
    response.status_code = 201
    return response


@blueprint.get("")
@described(Subject.KEYS, Answer("The keys, revoked ones too, oldest first.", [_KEY]))
def list_keys() -> Response:
    """List all keys.

    Whoever may not do everything sees those that are his.
    """
    return as_json([_row(key) for key in own.seen_keys()])


@blueprint.delete("/<key_hash>")
@described(Subject.KEYS, KEY_HASH, Answer("Revoked.", Revoked("revoked")))
def revoke_key(key_hash: str) -> Response:
    """Revoke a key for ever."""
    if not own.revoke_key(key_hash):
        abort(404, "Key not found")
    return jsonify(Revoked("revoked"))


def _row(key: ApiKey) -> KeyRow:
    known = {name: getattr(key, name) for name in ApiKey.__struct_fields__}
    return KeyRow(**known, owner=owner_name(key), sites=sites_of(key))


def owner_name(key: ApiKey) -> str:
    """What the person is called whose key it is; empty for the one password."""
    person = parts().accounts.people.get(owner_of(key))
    return person.name if person else ""
