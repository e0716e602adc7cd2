"""Rows, fields and rights that change under a reader's hands.

Each acts right after a matching request was answered, so that "between page one and page two" is exact: match
page one with `path`, or let some requests pass with `skip`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from local_org.clock import stored
from local_org.faults.core import Fault

if TYPE_CHECKING:
    from local_org.http.messages import Request, Response
    from local_org.org import Org


@dataclass(slots=True)
class Between(Fault, ABC):
    """Something happens in the org right after a matching request."""

    def after(self, request: Request, response: Response) -> Response:
        """Let it happen; the answer stays as it is."""
        self.act(request.org)
        return response

    @abstractmethod
    def act(self, org: Org) -> None:
        """What happens."""


@dataclass(slots=True)
class ChangeRow(Between):
    """Somebody changes a row (an empty `id` makes a new one).

    Attributes:
        sobject: object of the row.
        id: the row; empty inserts one.
        values: what is written.
    """

    kind: ClassVar[str] = "change-row"
    sobject: str = "Account"
    id: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def act(self, org: Org) -> None:
        """Write as the administrator."""
        _write(org, self.sobject, self.id, self.values)


@dataclass(slots=True)
class DeleteRow(Between):
    """Somebody deletes a row.

    Attributes:
        sobject: object of the row.
        id: the row.
    """

    kind: ClassVar[str] = "delete-row"
    sobject: str = "Account"
    id: str = ""

    def act(self, org: Org) -> None:
        """Delete as the administrator."""
        outcome = org.dml.delete(org.admin, self.sobject, self.id)
        if not outcome.success:
            raise ValueError(f"{self.sobject} {self.id}: {outcome.errors[0].message}")


@dataclass(slots=True)
class LateCommit(Between):
    """A long transaction ends: a row becomes visible whose `SystemModstamp` lies in the past.

    Attributes:
        sobject: object of the row.
        id: the row that changes; empty inserts one.
        values: what is written.
        modified: the moment its stamps carry, ISO 8601 with time zone.
    """

    kind: ClassVar[str] = "late-commit"
    sobject: str = "Account"
    id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    modified: str | datetime = ""

    def act(self, org: Org) -> None:
        """Write as the administrator, then set the stamps back."""
        moment = self.modified
        if not isinstance(moment, datetime):
            moment = datetime.fromisoformat(moment)
        record_id = _write(org, self.sobject, self.id, self.values)
        backdate(org, self.sobject, record_id, moment, created=not self.id)


@dataclass(slots=True)
class RemoveField(Between):
    """An admin deletes a custom field.

    Attributes:
        sobject: its object.
        name: its API name.
    """

    kind: ClassVar[str] = "remove-field"
    sobject: str = "Account"
    name: str = ""

    def act(self, org: Org) -> None:
        """Delete it with its values."""
        org.customiser.delete_field(f"{self.sobject}.{self.name}")


@dataclass(slots=True)
class HideField(Between):
    """An admin takes away everybody's right to a field.

    Attributes:
        sobject: its object.
        name: its API name.
    """

    kind: ClassVar[str] = "hide-field"
    sobject: str = "Account"
    name: str = ""

    def act(self, org: Org) -> None:
        """Remove its FieldPermissions rows."""
        with org.store.write() as connection:
            connection.execute(
                'DELETE FROM "FieldPermissions" WHERE "Field" = ?', (f"{self.sobject}.{self.name}",)
            )
        org.security.changed()


@dataclass(slots=True)
class HideObject(Between):
    """An admin takes away everybody's right to an object.

    Attributes:
        sobject: the object.
    """

    kind: ClassVar[str] = "hide-object"
    sobject: str = "Account"

    def act(self, org: Org) -> None:
        """Remove its ObjectPermissions rows."""
        with org.store.write() as connection:
            connection.execute('DELETE FROM "ObjectPermissions" WHERE "SobjectType" = ?', (self.sobject,))
        org.security.changed()


def backdate(org: Org, sobject: str, record_id: str, moment: datetime, *, created: bool = False) -> None:
    """Set the stamps of a row, past all rules.

    Args:
        org: the org.
        sobject: object of the row.
        record_id: the row.
        moment: with time zone; whole seconds are kept.
        created: set `CreatedDate` too.
    """
    item = org.schema.object(sobject)
    names = ["SystemModstamp", "LastModifiedDate", *(["CreatedDate"] if created else [])]
    present = [name for name in names if name in item]
    assignments = ", ".join(f'"{name}" = ?' for name in present)
    text = stored(moment.astimezone(UTC))
    with org.store.write() as connection:
        connection.execute(
            f'UPDATE "{item.name}" SET {assignments} WHERE "Id" = ?', (*[text] * len(present), record_id)
        )


def _write(org: Org, sobject: str, record_id: str, values: dict[str, Any]) -> str:
    if record_id:
        outcome = org.dml.update(org.admin, sobject, record_id, values)
    else:
        outcome = org.dml.create(org.admin, sobject, values)
    if not outcome.success or outcome.id is None:
        raise ValueError(f"{sobject} {record_id}: {outcome.errors[0].message}")
    return outcome.id
