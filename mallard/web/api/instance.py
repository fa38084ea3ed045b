"""What is decided about the instance: read, and replaced as one document."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from mallard.register.instance import Instance
from mallard.register.port import Changed
from mallard.register.reading import BadDocument, parsed
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.versions import ETAG, IF_MATCH, check_replaceable, document_answer
from mallard.web.deciding import note_address
from mallard.web.state import parts

blueprint = Blueprint("instance", __name__, url_prefix="/api/instance")

_EXAMPLE = Instance(name="Figures of the shop", default_timezone="Europe/Berlin")


@blueprint.get("")
@described(Subject.SITES, Answer("The document.", _EXAMPLE, headers=ETAG))
def get_instance() -> Response:
    """What is decided about the instance.

    `{}`, and no `ETag`, as long as nothing is.
    """
    known = parts().instance.known
    return document_answer(known.instance, known.version)


@blueprint.put("")
@described(
    Subject.SITES,
    IF_MATCH,
    Body(Instance, _EXAMPLE),
    Answer("The document.", _EXAMPLE, headers=ETAG),
    refuses=(409, 412, 428),
)
def put_instance() -> Response:
    """Replace what is decided about the instance.

    A document that is there is replaced only if `If-Match` names its version, so that nobody
    undoes what somebody else has changed. What is left out of the new one is no longer decided.
    """
    try:
        wanted = parsed(request.get_data(), Instance)
    except BadDocument as error:
        abort(400, str(error))
    version = parts().instance.known.version
    check_replaceable(version, "the instance")
    if wanted.alerts:
        note_address()
    try:
        known = parts().instance.replace(wanted, version)
    except Changed as error:
        abort(412, str(error))
    return document_answer(known.instance, known.version)
