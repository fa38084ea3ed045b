"""Listing: what is typed and chosen in a details view, a part of the page's address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mallard.reports.arguments import Args, BadQuery, WholeNumber
from mallard.reports.breakdown import SEARCH
from mallard.reports.breakdown_rows import DEFAULT_ORDER
from mallard.reports.listed import ORDER
from mallard.texts.said import said
from mallard.web.dashboard.questions import Fields


@dataclass(frozen=True, slots=True)
class Listing:
    """The search, the order and the page (from 1) of a list."""

    search: str = ""
    order: str = DEFAULT_ORDER
    page: int = 1

    LONGEST_SEARCH: ClassVar = 256
    PAGE: ClassVar = WholeNumber(
        "page", "The page of the list, from 1.", least=1, most=10_000, default=1
    )

    @classmethod
    def from_args(cls, args: Args) -> Listing:
        """The listing that request arguments spell. Raises BadQuery."""
        search = (SEARCH.of(args) or "").strip()
        if len(search) > cls.LONGEST_SEARCH:
            raise BadQuery(
                said(
                    "search must have at most %(most)s characters",
                    most=cls.LONGEST_SEARCH,
                )
            )
        return cls(search, ORDER.of(args), cls.PAGE.of(args))

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

    def unordered(self) -> Listing:
        """The same list from its start, in the usual order."""
        return replace(self, order=DEFAULT_ORDER, page=1)


AS_USUAL = Listing()
