"""Reads the dashboard's pages the way a person or a browser does: text, links, rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import Client

HTMX = {"HX-Request": "true"}
EMPTY_TAGS = frozenset(("br", "hr", "img", "input", "link", "meta"))


@dataclass(eq=False)
class Element:
    """A part of a page: its tag, its attributes, and what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    @property
    def text(self) -> str:
        """All text of it, parted by single blanks."""
        parts = (part if isinstance(part, str) else part.text for part in self.inside)
        return " ".join(" ".join(parts).split())

    def __iter__(self) -> Iterator[Element]:
        """Itself and all elements in it, in their order."""
        yield self
        for part in self.inside:
            if isinstance(part, Element):
                yield from part

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements with this tag, and these attributes if any; `class_` is one of several."""
        wanted = attributes.pop("class_", None)
        return [
            one
            for one in self
            if one.tag == tag
            and attributes.items() <= one.attributes.items()
            and (wanted is None or wanted in one.attributes.get("class", "").split())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, (tag, attributes, found)
        return found[0]

    def by_id(self, name: str) -> Element:
        """The only element of that id."""
        (found,) = (one for one in self if one.attributes.get("id") == name)
        return found

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [link["href"] for link in self.all("a") if "href" in link.attributes]


class _Reader(HTMLParser):
    """Builds the tree of a page, and complains about a tag that is closed but was not open."""

    def __init__(self) -> None:
        super().__init__()
        self.path = [Element("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in EMPTY_TAGS:
            made = self.path[-1].inside[-1]
            assert isinstance(made, Element)
            self.path.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.path[-1].inside.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.path[-1].tag == tag, f"</{tag}> closes <{self.path[-1].tag}>"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        self.path[-1].inside.append(data)


def parsed(markup: str) -> Element:
    """The tree of a page or a part of one; every element in it must be closed."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    assert len(reader.path) == 1, f"<{reader.path[-1].tag}> is not closed"
    return reader.path[0]


def page_of(client: Client, url: str) -> Element:
    """The page at an address that is well."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    return parsed(response.text)


def text_of(client: Client, url: str) -> str:
    """The page's text, without markup and runs of blanks."""
    return page_of(client, url).text


def links_of(client: Client, url: str) -> list[str]:
    """Where the page's links lead."""
    return page_of(client, url).links


def fields_of(client: Client, url: str, name: str) -> list[str]:
    """What stands in the visible fields of that name."""
    fields = parsed(client.get(url).text).all("input", name=name)
    return [field["value"] for field in fields if field.attributes.get("type") != "hidden"]


def table_of(table: Element) -> list[list[str]]:
    """The texts of a table's cells, row by row, its titles first."""
    return [[cell.text for cell in row if cell.tag in ("th", "td")] for row in table.all("tr")]
