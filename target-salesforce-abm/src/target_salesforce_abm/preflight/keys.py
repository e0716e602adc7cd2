"""Bind the external Id of the records a load makes: it is what makes a repeated write harmless."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_salesforce_abm.bind import KeyField
from target_salesforce_abm.loads import Load, Operation
from target_salesforce_abm.values import codec_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.describe import SObject
    from target_salesforce_abm.bind import BoundStep, Column
    from target_salesforce_abm.preflight.findings import Findings

__all__ = ["bind_key", "source_of_key", "step_key"]

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})


def bind_key(
    load: Load, sobject: SObject, stream: str | None, columns: Sequence[Column], findings: Findings
) -> KeyField | None:
    """Bind the key a load names; None, with a finding, when the field cannot be one."""
    if load.key is None:
        return None
    made = _key_field(load, sobject, load.key, f"{load.where}.key", findings)
    if made is None:
        return None
    by_name: dict[str, int] = {}
    for number, column in enumerate(columns):
        by_name |= dict.fromkeys((column.field, column.source), number)
        by_name |= dict.fromkeys((step.source for step in column.lookup), number)
    parts = tuple(by_name.get(part, part) for part in load.key_from)
    owner = load.owner or stream or ""
    return replace(made, parts=parts, owner=owner if load.operation is Operation.MIRROR else "")


def step_key(load: Load, sobject: SObject, steps: Sequence[BoundStep], findings: Findings) -> KeyField | None:
    """For an upsert that names no key: the last external Id it matches on."""
    for step in reversed(steps):
        found = sobject.field(step.field or "")
        if found is not None and found.external_id:
            made = _key_field(load, sobject, found.name, f"{load.where}.match", findings)
            return replace(made, source=step.source) if made else None
    findings.say(
        sobject,
        None,
        "an upsert needs a unique external Id, in match or key, or records could be made twice",
        load.where,
    )
    return None


def source_of_key(
    key: KeyField,
    sobject: SObject,
    schema: Mapping[str, Any] | None,
    columns: Sequence[Column],
    steps: Sequence[BoundStep],
) -> KeyField | None:
    """Find the property that holds the whole key, when the key is not built; None when no property does."""
    sources = [step.source for step in steps if step.field == key.field and step.sobject == sobject.name]
    sources += [column.source for column in columns if column.field == key.field]
    if sources:
        return replace(key, source=sources[0])
    if schema is None or key.field in (schema.get("properties") or {}):
        return replace(key, source=key.field)
    return None


def _key_field(load: Load, sobject: SObject, name: str, where: str, findings: Findings) -> KeyField | None:
    found = sobject.field(name)
    if found is None:
        findings.lack(sobject.name, name, where)
        return None
    codec = codec_for(found)
    problem = None
    if not found.external_id or codec is None:
        problem = "not an external Id, so it cannot be the key"
    elif not found.unique:
        problem = "an external Id but not unique: records could be made twice"
    elif load.operation.creates and not found.createable:
        problem = "the connected user may not set it on new records"
    elif load.key_from and codec.kind in _NUMBERS:
        problem = "a number, but key_from builds a text"
    if problem is not None or codec is None:
        findings.say(sobject, found, problem or "", where)
        return None
    return KeyField(found.name, codec, found.length, found.case_sensitive)
