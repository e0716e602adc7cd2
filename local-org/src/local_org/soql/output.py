"""Builds REST's JSON objects out of the flat rows SQLite returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = tuple[Any, ...]
# What reads one key's value: given the row and the URL prefix of all sobjects.
Reader = "Callable[[Row, str], Any]"


@dataclass
class Leaf:
    """A single value."""

    at: int
    decode: Callable[[Any], Any] | None = None

    def read(self, row: Row, _base: str) -> Any:
        """Return the value."""
        value = row[self.at]
        return value if value is None or self.decode is None else self.decode(value)


@dataclass
class Compound:
    """An address or location, built from its parts; null when all of them are."""

    parts: Sequence[tuple[str, int]]

    def read(self, row: Row, _base: str) -> dict[str, Any] | None:
        """Return the object."""
        made = {name: row[at] for name, at in self.parts}
        return made if any(value is not None for value in made.values()) else None


@dataclass
class Binary:
    """A base64 field: REST gives the address to fetch it from."""

    at: int
    id_at: int
    sobject: str
    name: str

    def read(self, row: Row, base: str) -> str | None:
        """Return the relative URL, or None where there is no body."""
        return f"{base}{self.sobject}/{row[self.id_at]}/{self.name}" if row[self.at] else None


@dataclass
class Record:
    """A record with its attributes: the row itself or a parent.

    Attributes:
        type: Object name in `attributes`.
        id_at: Where the record's id is in the row; a parent without one is null.
        url_types: Object names by key prefix where the record may be of several types.
    """

    type: str
    id_at: int
    url_types: Mapping[str, str] | None = None
    entries: dict[str, Leaf | Compound | Binary | Record | TypeOf] = field(default_factory=dict)

    def read(self, row: Row, base: str) -> dict[str, Any] | None:
        """Return the record as JSON, or None."""
        record_id = row[self.id_at]
        if record_id is None:
            return None
        in_url = self.type if self.url_types is None else self.url_types.get(record_id[:3], self.type)
        made: dict[str, Any] = {"attributes": {"type": self.type, "url": f"{base}{in_url}/{record_id}"}}
        for key, entry in self.entries.items():
            made[key] = entry.read(row, base)
        return made


@dataclass
class TypeOf:
    """A parent whose fields depend on its type."""

    id_at: int
    branches: Mapping[str, Record]
    otherwise: Record

    def read(self, row: Row, base: str) -> dict[str, Any] | None:
        """Return the parent as JSON, or None."""
        record_id = row[self.id_at]
        if record_id is None:
            return None
        return self.branches.get(record_id[:3], self.otherwise).read(row, base)
