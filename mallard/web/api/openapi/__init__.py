"""The description of the JSON API in OpenAPI 3.1, made of what its routes say of themselves.

Read `document` first. How a route says it is in `mallard.web.api.described`.
"""

from mallard.web.api.openapi.document import describe, document

__all__ = ["describe", "document"]
