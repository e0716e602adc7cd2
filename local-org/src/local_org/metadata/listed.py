"""What `listMetadata` says of a component."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """One component.

    Attributes:
        full_name: its name.
        id: its id, empty for what has none.
        created: moment, as stored text; empty for what the org was born with.
        modified: likewise.
    """

    full_name: str
    id: str = ""
    created: str = ""
    modified: str = ""
