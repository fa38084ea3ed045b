"""The description of the JSON API, declared as data; `document` puts it together."""

from mallard.web.api.openapi.document import document

__all__ = ["document"]
