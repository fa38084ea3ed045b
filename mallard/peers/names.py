"""What other products call a site."""

from __future__ import annotations

from collections.abc import Callable

Named = Callable[[str], str | None]
"""The site that a name stands for; None for a name of nobody."""
