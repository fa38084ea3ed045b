"""What a site leaves out, as the pipeline asks for it; who decides that is none of its business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mallard.model import DropReason


class Exclusions(Protocol):
    """What a site leaves out."""

    def reason(
        self, address: str, user_agent: str, country: str | None, hostname: str, pathname: str
    ) -> DropReason | None:
        """Why an event is left out; None for one that is not."""


Excluding = Callable[[str], Exclusions | None]
"""What a site leaves out; None where that is nothing."""


def excluding_nothing(_site_id: str) -> None:
    """Of no site anything is left out."""
