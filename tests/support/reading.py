"""Reads pages: the tree of elements, their text and their links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass
class Element:
    """One element; text lies between its children as strings."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, blanks folded."""
        return " ".join("".join(self._parts()).split())

    def _parts(self) -> list[str]:
        parts: list[str] = []
        for child in self.children:
            parts += [child] if isinstance(child, str) else child._parts()
        return parts

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """Elements inside with a tag and attributes (`class_` for class, one of several classes is enough)."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and all(child._has(name, value) for name, value in attributes.items()):
                    found.append(child)
                found += child.find(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> Element:
        """The only such element."""
        (found,) = self.find(tag, **attributes)
        return found

    def _has(self, name: str, value: str) -> bool:
        if name == "class_":
            return value in self.attributes.get("class", "").split()
        return self.attributes.get(name.replace("_", "-")) == value

    @property
    def links(self) -> list[str]:
        """Where the links inside lead."""
        return [link.attributes["href"] for link in self.find("a") if "href" in link.attributes]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self._open[-1].tag != tag:
            raise AssertionError(f"</{tag}> closes <{self._open[-1].tag}>")
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(html: str) -> Element:
    """A page as a tree.

    Raises:
        AssertionError: elements are not closed in order.
    """
    builder = _Builder()
    builder.feed(html)
    builder.close()
    if len(builder._open) != 1:
        raise AssertionError(f"<{builder._open[-1].tag}> is not closed")
    return builder.root
