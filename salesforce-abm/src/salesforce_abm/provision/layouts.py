"""Fields on page layouts: an own section on every layout of an object, taken away again on removal.

https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_layouts.htm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from salesforce_abm.metadata import local_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from salesforce_abm.metadata import Metadata

__all__ = ["SECTION", "add_fields", "missing_fields", "take_fields_away"]

SECTION: Final = "Account-based marketing"
"""Label of the section."""


def missing_fields(metadata: Metadata, shown: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Find the layouts that do not show some fields.

    Args:
        metadata: the Metadata API.
        shown: fields by object.

    Returns:
        Fields by full name of the layout.
    """
    found = {}
    for name, sobject, layout in _layouts(metadata, shown):
        there = {field.lower() for _, field in _items(layout)}
        lacks = [field for field in shown[sobject] if field.lower() not in there]
        if lacks:
            found[name] = lacks
    return found


def add_fields(metadata: Metadata, shown: Mapping[str, Collection[str]]) -> list[str]:
    """Put fields that a layout does not show into our section, made at its end when there is none.

    Returns:
        Full names of the layouts that were changed.
    """
    changed = []
    for name, sobject, layout in _layouts(metadata, shown):
        there = {field.lower() for _, field in _items(layout)}
        lacks = [field for field in shown[sobject] if field.lower() not in there]
        if lacks:
            column = _own_column(layout)
            for field in lacks:
                item = ET.SubElement(column, "layoutItems")
                ET.SubElement(item, "behavior").text = "Readonly"
                ET.SubElement(item, "field").text = field
            metadata.update_elements("Layout", [layout])
            changed.append(name)
    return changed


def take_fields_away(metadata: Metadata, gone: Mapping[str, Collection[str]]) -> list[str]:
    """Take fields off every layout, and our section when nothing is left in it.

    Returns:
        Full names of the layouts that were changed.
    """
    changed = []
    for name, sobject, layout in _layouts(metadata, gone):
        names = {field.lower() for field in gone[sobject]}
        wanted = [(column, item) for column, item in _columns_with(layout, names)]
        for column, item in wanted:
            column.remove(item)
        for section in _children(layout, "layoutSections"):
            if _text(section, "label") == SECTION and not list(_items(section)):
                layout.remove(section)
        if wanted:
            metadata.update_elements("Layout", [layout])
            changed.append(name)
    return changed


def _layouts(metadata: Metadata, by_object: Iterable[str]) -> Iterator[tuple[str, str, ET.Element]]:
    objects = {name.lower(): name for name in by_object}
    if not objects:
        return
    names = [name for name in metadata.names("Layout") if name.partition("-")[0].lower() in objects]
    for name, layout in metadata.read("Layout", names).items():
        yield name, objects[name.partition("-")[0].lower()], layout


def _own_column(layout: ET.Element) -> ET.Element:
    sections = _children(layout, "layoutSections")
    for section in sections:
        columns = _children(section, "layoutColumns")
        if _text(section, "label") == SECTION and columns:
            return columns[0]
    section = ET.Element("layoutSections")
    for tag, text in (
        ("customLabel", "true"),
        ("detailHeading", "true"),
        ("editHeading", "true"),
        ("label", SECTION),
    ):
        ET.SubElement(section, tag).text = text
    column = ET.SubElement(section, "layoutColumns")
    ET.SubElement(section, "style").text = "OneColumn"
    # The elements of a layout come in a fixed order: beside the other sections.
    at = list(layout).index(sections[-1]) + 1 if sections else len(layout)
    layout.insert(at, section)
    return column


def _items(element: ET.Element) -> Iterator[tuple[ET.Element, str]]:
    for item in element.iter():
        if local_name(item) == "layoutItems":
            name = _text(item, "field")
            if name:
                yield item, name


def _columns_with(layout: ET.Element, names: set[str]) -> Iterator[tuple[ET.Element, ET.Element]]:
    for column in layout.iter():
        if local_name(column) == "layoutColumns":
            for item in _children(column, "layoutItems"):
                if _text(item, "field").lower() in names:
                    yield column, item


def _children(element: ET.Element, name: str) -> list[ET.Element]:
    return [child for child in element if local_name(child) == name]


def _text(element: ET.Element, name: str) -> str:
    return next(((child.text or "").strip() for child in element if local_name(child) == name), "")
