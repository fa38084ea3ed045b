"""Listing: what is typed and chosen in a details view, a part of the page's address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mallard.reports.breakdown import DEFAULT_ORDER, order_from_args
from mallard.reports.query import Args, BadQuery, first, whole_number
from mallard.web.dashboard.questions import Fields


@dataclass(frozen=True, slots=True)
class Listing:
    """The search, the order and the page (from 1) of a list."""

    search: str = ""
    order: str = DEFAULT_ORDER
    page: int = 1

    LONGEST_SEARCH: ClassVar = 256
    LAST_PAGE: ClassVar = 10_000

    @classmethod
    def from_args(cls, args: Args) -> Listing:
        """The listing that request arguments spell. Raises BadQuery."""
        search = (first(args, "search") or "").strip()
        if len(search) > cls.LONGEST_SEARCH:
            raise BadQuery(f"search must have at most {cls.LONGEST_SEARCH} characters")
        return cls(search, order_from_args(args), whole_number(args, "page", 1, 1, cls.LAST_PAGE))

    @property
    def fields(self) -> Fields:
        """The arguments that spell this listing; what is as usual is left out."""
        search = (("search", self.search),) if self.search else ()
        order = (("order", self.order),) if self.order != DEFAULT_ORDER else ()
        page = (("page", str(self.page)),) if self.page > 1 else ()
        return (*search, *order, *page)

    def from_its_start(self) -> Listing:
        """The same list at its first page."""
        return replace(self, page=1)


AS_USUAL = Listing()
