"""What the tap reads beside named objects, and what it will not see."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from salesforce_abm.checks.findings import Finding, State
from salesforce_abm.errors import SalesforceAbmError
from salesforce_abm.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from salesforce_abm.describe import SObject, SObjectSummary
    from salesforce_abm.presence import Presence
    from salesforce_abm.requirements import Requirements
    from salesforce_abm.session import Session

__all__ = ["look_at_reading"]

_NAMED: Final = 5
"""Hidden fields named in a line."""


def look_at_reading(
    session: Session,
    requirements: Requirements,
    described: Mapping[str, SObject],
    presence: Presence,
    listed: Sequence[SObjectSummary],
) -> Iterator[Finding]:
    """Look at patterns, reports and hidden fields.

    Args:
        session: the signed-in session.
        requirements: of the tap's configuration.
        described: the objects the user can see, by lower-case name.
        presence: knows what is there but hidden.
        listed: every object the user can see.
    """
    for pattern in requirements.patterns:
        count = sum(one.queryable and fnmatchcase(one.name.lower(), pattern.lower()) for one in listed)
        if count:
            yield Finding(f"objects {pattern}", f"{count} objects can be read")
        else:
            yield Finding.failed(
                f"objects {pattern}",
                "no object the user can read",
                "Correct the pattern in `objects`, or give the user Read (Setup > Permission Sets > Object "
                "Settings).",
            )
    for name in requirements.reports:
        yield _report(session, name)
    if requirements.all_fields:
        yield from _hidden(described, presence)


def _report(session: Session, name: str) -> Finding:
    try:
        found = Reports(session).find(name)
    except SalesforceAbmError as error:
        remedy = error.remedy or "Correct the name in `reports`."
        share = (
            ""
            if "folder" in remedy
            else " Share the report's folder with the user (Reports > Folders > Share)."
        )
        return Finding.failed(f"report {name}", error.message, f"{remedy}{share}")
    if found.format == "MULTI_BLOCK":
        return Finding.failed(
            f"report {name}",
            "a joined report, which no API can run",
            "Make a tabular or summary report of what you need.",
        )
    return Finding(f"report {name}", f"{found.format.lower()}, {found.id}")


def _hidden(described: Mapping[str, SObject], presence: Presence) -> Iterator[Finding]:
    """Tell fields that will be missing from the streams. An admin may want that, so it is no failure."""
    by_object: dict[str, list[str]] = {}
    for one in presence.fields():
        sobject = described.get(one.sobject.lower())
        if sobject is not None and sobject.field(one.name) is None:
            by_object.setdefault(sobject.name, []).append(one.name)
    for name, fields in by_object.items():
        more = f" and {len(fields) - _NAMED} more" if len(fields) > _NAMED else ""
        yield Finding(
            name,
            f"{len(fields)} custom {'field' if len(fields) == 1 else 'fields'} hidden from the user: "
            f"{', '.join(sorted(fields)[:_NAMED])}{more}",
            "If they belong in the warehouse, give the user Read on them (Setup > Permission Sets > Object "
            "Settings).",
            State.NOTE,
        )
