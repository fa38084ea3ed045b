"""What the parts of all documents have in common."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

LONGEST_NAME = 128

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Short = Annotated[str, Meta(min_length=1, max_length=256)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a document."""
