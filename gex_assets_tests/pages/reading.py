"""HTML as tests read it: a strict parser that fails on what browsers repair in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr", "col", "wbr"}


@dataclass
class Element:
    """An element, with texts and elements in their order."""

    name: str
    attributes: dict[str, str]
    nodes: list[Element | str] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        return [node for node in self.nodes if isinstance(node, Element)]

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Elements of this name and these attributes below this one, in order."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        found = []
        for child in self.children:
            if child.name == name and all(child.attributes.get(key) == value for key, value in wanted.items()):
                found.append(child)
            found += child.all(name, **attributes)
        return found

    def one(self, name: str, **attributes: str) -> Element:
        found = self.all(name, **attributes)
        assert len(found) == 1, (name, attributes, len(found))
        return found[0]

    @property
    def text(self) -> str:
        """All text below, in one line."""
        return " ".join("".join(self._pieces()).split())

    def _pieces(self) -> list[str]:
        inline = self.name in {"span", "a", "strong", "code", "abbr"}
        own = [piece for node in self.nodes for piece in ([node] if isinstance(node, str) else node._pieces())]
        return own if inline else [" ", *own, " "]


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"Expected each attribute of <{tag}> once, was {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].nodes.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].nodes.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"Expected </{self.open[-1].name}>, was </{tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].nodes.append(data)


def parsed(html: str) -> Element:
    """The elements of a page or a part of one. It is well-formed, and every id stands once."""
    reader = _Strict()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"Expected every element closed, was <{reader.open[-1].name}> open"
    ids = _ids(reader.root)
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
    return reader.root


def rows_of(table: Element) -> list[list[str]]:
    """The texts of a table's body."""
    return [[cell.text for cell in row.children] for row in table.one("tbody").children]


def _ids(element: Element) -> list[str]:
    own = [element.attributes["id"]] if "id" in element.attributes else []
    return own + [one for child in element.children for one in _ids(child)]
