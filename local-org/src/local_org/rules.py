"""What an admin adds to a save: validation, duplicate and assignment rules, field history.

They are switched on per org; a fresh org has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_org import defaults
from local_org.dml import errors
from local_org.dml.outcome import RowError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from local_org.dml.batch import Batch, Draft

    Condition = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses rows for which a condition holds.

    Attributes:
        object: API name of the object.
        name: the rule's name.
        condition: SQL over the row's values as named parameters (`:Amount > 1000000 AND :NextStep IS NULL`),
            or a function of the row's values.
        message: text the user sees.
        field: field the message stands at, None for the whole row.
        code: Salesforce's code; triggers, flows and approvals refuse rows with codes of their own
            (`CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY`, `CANNOT_EXECUTE_FLOW_TRIGGER`, `ENTITY_IS_LOCKED`).
    """

    object: str
    name: str
    condition: str | Condition
    message: str
    field: str | None = None
    code: str = "FIELD_CUSTOM_VALIDATION_EXCEPTION"

    def broken(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> bool:
        """Return whether the row breaks the rule."""
        if callable(self.condition):
            return bool(self.condition(values))
        return bool(connection.execute(f"SELECT {self.condition}", values).fetchone()[0])


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Finds rows that look like one another.

    Attributes:
        object: API name of the object.
        name: developer name of the rule.
        fields: fields that must all be equal (text without case) and not empty.
        message: alert text.
        block: refuse always; otherwise `allowSave=true` saves anyway.
        on_update: look at changed rows too, not only at new ones.
    """

    object: str
    name: str
    fields: tuple[str, ...]
    message: str = "Use one of these records?"
    block: bool = False
    on_update: bool = True


@dataclass(slots=True)
class Rules:
    """The rules of one org.

    Attributes:
        validations: refuse rows.
        duplicates: find doubles.
        assignments: who gets new rows of an object (Lead, Case) when assignment rules run.
        tracked: fields by object whose changes go to the object's history table.
    """

    validations: list[ValidationRule] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    assignments: dict[str, str] = field(default_factory=dict)
    tracked: dict[str, frozenset[str]] = field(default_factory=dict)

    def clear(self) -> None:
        """Drop every rule."""
        self.validations.clear()
        self.duplicates.clear()
        self.assignments.clear()
        self.tracked.clear()

    def assign(self, batch: Batch) -> None:
        """Give new rows to whom the assignment rule says, when the request lets it run."""
        owner = self.assignments.get(batch.item.name)
        if owner is None or not batch.options.assignment_rules:
            return
        for draft in batch.good:
            if draft.is_new:
                draft.new["OwnerId"] = owner

    def validate(self, batch: Batch) -> None:
        """Put the errors of broken validation rules on the rows."""
        rules = [rule for rule in self.validations if rule.object.lower() == batch.item.name.lower()]
        if not rules:
            return
        names = [f.name for f in batch.item.stored_fields]
        for draft in batch.good:
            values = {name: draft.value(name) for name in names}
            draft.errors.extend(
                errors.validation(rule.code, rule.message, rule.field)
                for rule in rules
                if rule.broken(batch.connection, values)
            )

    def detect(self, batch: Batch) -> None:
        """Put the errors of duplicate rules on the rows."""
        for rule in self.duplicates:
            if rule.object.lower() != batch.item.name.lower():
                continue
            if batch.options.allow_duplicates and not rule.block:
                continue
            for draft in batch.good:
                if draft.is_new or (rule.on_update and any(draft.changes(name) for name in rule.fields)):
                    found = _doubles(batch, rule, draft)
                    if found:
                        draft.errors.append(_detected(batch, rule, found))


def _doubles(batch: Batch, rule: DuplicateRule, draft: Draft) -> list[str]:
    values = [draft.value(name) for name in rule.fields]
    if any(value is None for value in values):
        return []
    condition = " AND ".join(f'"{name}" = ?' for name in rule.fields)
    rows = batch.connection.execute(
        f'SELECT "Id" FROM "{batch.item.name}" WHERE {condition} AND "IsDeleted" = 0 AND "Id" <> ?'
        ' ORDER BY "Id"',
        [*values, draft.id or ""],
    )
    return [row[0] for row in rows]


def _detected(batch: Batch, rule: DuplicateRule, found: list[str]) -> RowError:
    name = batch.item.name
    match = {
        "entityType": name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": [
            {
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": _record(batch, rule, record_id),
            }
            for record_id in found
        ],
        "rule": rule.name,
        "size": len(found),
        "success": True,
    }
    # The misspelt key is Salesforce's own.
    result = {
        "allowSave": not rule.block,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": name,
        "errorMessage": rule.message,
        "matchResults": [match],
    }
    return RowError("DUPLICATES_DETECTED", rule.message, extra={"duplicateResut": result})


def _record(batch: Batch, rule: DuplicateRule, record_id: str) -> dict[str, Any]:
    name = batch.item.name
    url = f"/services/data/v{defaults.NEWEST_API_VERSION}/sobjects/{name}/{record_id}"
    record: dict[str, Any] = {"attributes": {"type": name, "url": url}, "Id": record_id}
    if batch.options.include_record_details:
        row = next(batch.fetch(name, rule.fields, "Id", [record_id]))
        record.update(zip(rule.fields, row, strict=True))
    return record
