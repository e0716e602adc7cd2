"""Record pages: highlights, fields under headings, related lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.pages.layout import HIGHLIGHTS, RELATED, list_fields, sections, shown_when_empty
from local_org.pages.lists import label
from local_org.pages.values import EMPTY, Shown
from local_org.reports.filters import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_org.pages.fetch import Entry, Line, Viewer
    from local_org.schema import ChildRelationship, ObjectDef

FIRST_ROWS = 6
ALL_ROWS = 200
_TECHNICAL = ("History", "Share", "Feed", "ChangeEvent")
_ABM_FIELDS = (
    "ABM_Engagement_Score__c",
    "ABM_Last_Engaged__c",
    "ABM_Intent_Score__c",
    "ABM_Intent_Topics__c",
)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields under a heading, with their values."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Rows of another object that point at the record.

    Attributes:
        name: relationship name, part of the list's address.
        item: the other object.
        label: heading.
        headings: column labels.
        lines: the first rows.
        total: how many there are.
        href: where all of them are.
    """

    name: str
    item: ObjectDef
    label: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    total: int
    href: str


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the marketing fields of an Account say, for the card at the top.

    Attributes:
        score: engagement score as text, empty without one.
        share: the score as a share of 100, for the meter; None without one.
        last: when the company last engaged.
        intent: intent score as text.
        topics: what it is interested in.
        segments: names of the segments it is in.
    """

    score: str
    share: float | None
    last: Shown
    intent: str
    topics: tuple[str, ...]
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything a record page shows."""

    item: ObjectDef
    id: str
    name: str
    deleted: bool
    highlights: tuple[Entry, ...]
    groups: tuple[FieldGroup, ...]
    related: tuple[RelatedList, ...]
    engagement: Engagement | None


def record_page(viewer: Viewer, item: ObjectDef, record_id: str) -> RecordPage | None:
    """A record's page; None when the org has no such record.

    Args:
        viewer: who looks.
        item: the object.
        record_id: 18-character Id.
    """
    fields = [field for field in viewer.access.fields(item) if field.type != "base64"]
    record = viewer.record(item, record_id, fields)
    if record is None:
        return None
    groups = tuple(
        FieldGroup(section.heading, tuple(viewer.entry(field, record) for field in section.fields))
        for section in sections(item, fields)
    )
    highlights = tuple(
        viewer.entry(field, record)
        for name in HIGHLIGHTS.get(item.name, ())
        if (field := viewer.access.field(item, name)) is not None
    )
    name = str(record.get(item.name_field.name) or record_id) if item.name_field else record_id
    related = tuple(_related(viewer, item, record_id))
    return RecordPage(
        item=item,
        id=record_id,
        name=name,
        deleted=bool(record.get("IsDeleted")),
        highlights=highlights,
        groups=groups,
        related=related,
        engagement=_engagement(viewer, item, record, related),
    )


def related_list(
    viewer: Viewer, item: ObjectDef, record_id: str, name: str, rows: int = ALL_ROWS
) -> RelatedList | None:
    """One related list; None when the object has none of that name.

    Args:
        viewer: who looks.
        item: the parent's object.
        record_id: the parent's Id.
        name: relationship name, such as `Contacts`.
        rows: how many rows to show.
    """
    child = viewer.org.schema.child(item.name, name)
    return _rows(viewer, item, record_id, child, rows) if child is not None else None


def _related(viewer: Viewer, item: ObjectDef, record_id: str) -> Iterable[RelatedList]:
    children = {child.name: child for child in viewer.org.schema.children(item.name) if child.name}
    own = [name for name, child in children.items() if child.child.endswith("__c")]
    order = RELATED.get(item.name, ("*",))
    names = [name for entry in order for name in (own if entry == "*" else (entry,)) if name in children]
    for name in dict.fromkeys(names):
        child = children[name]
        if child.child.endswith(_TECHNICAL):
            continue
        found = _rows(viewer, item, record_id, child, FIRST_ROWS)
        if found is not None and (found.total or shown_when_empty(name, custom=child.child.endswith("__c"))):
            yield found


def _rows(
    viewer: Viewer, parent: ObjectDef, record_id: str, child: ChildRelationship, count: int
) -> RelatedList | None:
    item = viewer.object(child.child)
    pointer = viewer.access.field(item, child.field) if item is not None else None
    if item is None or pointer is None or not pointer.filterable:
        return None
    fields = [field for field in list_fields(item, viewer.access.fields(item)) if field.name != child.field]
    latest = "CreatedDate DESC, Id" if "CreatedDate" in item else "Id"
    records, total = viewer.rows(
        item, fields, where=f"{pointer.name} = {quote(record_id)}", order=latest, size=count
    )
    heading = item.label_plural
    if item.name == parent.name or pointer.name not in {f"{parent.name}Id", "WhatId", "WhoId"}:
        heading = f"{item.label_plural} ({label(pointer)})" if not item.custom else item.label_plural
    return RelatedList(
        name=child.name or "",
        item=item,
        label=heading,
        headings=tuple(label(field) for field in fields),
        lines=tuple(viewer.line(item, fields, record) for record in records),
        total=total,
        href=f"/lightning/r/{parent.name}/{record_id}/related/{child.name}/view",
    )


def _engagement(
    viewer: Viewer, item: ObjectDef, record: dict[str, Any], related: Iterable[RelatedList]
) -> Engagement | None:
    """None when the org has no engagement fields or nobody has filled them for this record."""
    entries = {
        name: viewer.entry(field, record).shown
        for name in _ABM_FIELDS
        if (field := viewer.access.field(item, name)) is not None
    }
    segments = next((entry for entry in related if entry.item.name == "ABM_Account_Segment__c"), None)
    names = _segment_names(viewer, segments) if segments is not None else ()
    if not entries or (not names and all(shown.kind == "empty" for shown in entries.values())):
        return None
    score, last, intent, topics = (entries.get(name, EMPTY) for name in _ABM_FIELDS)
    value = record.get(_ABM_FIELDS[0])
    return Engagement(
        score=score.text,
        share=min(max(float(value), 0.0), 100.0) if value is not None else None,
        last=last,
        intent=intent.text,
        topics=tuple(part.strip() for part in topics.text.replace(";", ",").split(",") if part.strip()),
        segments=names,
    )


def _segment_names(viewer: Viewer, segments: RelatedList) -> tuple[str, ...]:
    fields = list_fields(segments.item, viewer.access.fields(segments.item))
    at = [field.name for field in fields if field.name != "ABM_Account__c"]
    if "ABM_Segment_Name__c" not in at:
        return ()
    index = at.index("ABM_Segment_Name__c")
    return tuple(line.cells[index].text for line in segments.lines if line.cells[index].text)
