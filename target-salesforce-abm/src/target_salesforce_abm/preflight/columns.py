"""Bind the fields a load writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_salesforce_abm.bind import Column
from target_salesforce_abm.loads import FieldMap, Load, MatchStep, Operation, Overwrite
from target_salesforce_abm.preflight.steps import bind_step, lookup_field, lookup_target
from target_salesforce_abm.values import codec_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesforce_abm.describe import Field, SObject
    from target_salesforce_abm.bind import BoundStep
    from target_salesforce_abm.preflight.findings import Findings, Objects
    from target_salesforce_abm.values import Codec

__all__ = ["bind_columns"]


def bind_columns(
    load: Load, sobject: SObject, schema: Mapping[str, Any] | None, objects: Objects, findings: Findings
) -> tuple[Column, ...]:
    """Bind every mapping of a load; those that cannot work are findings."""
    columns = []
    for mapped, segment in _maps(load, schema):
        found = lookup_field(sobject, mapped)
        codec = codec_for(found, mapped.too_long) if found else None
        if found is None:
            findings.lack(sobject.name, mapped.field, mapped.where)
        elif codec is None:
            findings.say(
                sobject, found, f"fields of type {found.type} cannot be written by value", mapped.where
            )
        elif (refusal := _refusal(load, found, mapped)) is not None:
            findings.say(sobject, found, refusal, mapped.where)
        else:
            lookup = _lookup(sobject, found, mapped, objects, findings)
            columns.append(_column(found, codec, mapped, lookup, segment))
    return tuple(columns)


def _maps(load: Load, schema: Mapping[str, Any] | None) -> Iterator[tuple[FieldMap, str | None]]:
    policy = (load.overwrite, load.nulls, load.too_long)
    if load.pivot is not None:
        for segment, name in load.pivot.fields.items():
            where = f"{load.where}.pivot.fields.{segment}"
            yield FieldMap(load.pivot.value, name, *policy, where=where), segment
    elif load.fields is not None or load.operation is Operation.DELETE:
        for mapped in load.fields or ():
            yield mapped, None
    else:
        # With no `fields`, every property goes to the field of the same name.
        matched = {step.source for step in load.match} | {"Id"} | set(load.key_from)
        for name in (schema or {}).get("properties") or {}:
            if name not in matched and not name.startswith("_sdc_"):
                yield FieldMap(name, name, *policy, where=f"{load.where}, property {name}"), None


def _column(
    found: Field, codec: Codec, mapped: FieldMap, lookup: tuple[BoundStep, ...], segment: str | None
) -> Column:
    return Column(
        source=mapped.source,
        field=found.name,
        codec=codec,
        overwrite=mapped.overwrite,
        nulls=mapped.nulls,
        createable=found.createable,
        updateable=found.updateable,
        lookup=lookup,
        segment=segment,
    )


def _refusal(load: Load, found: Field, mapped: FieldMap) -> str | None:
    """Say why a field cannot be written, or None."""
    operation = load.operation
    if mapped.overwrite is Overwrite.NEVER or operation is Operation.DELETE:
        return None
    if found.calculated:
        return "a formula or roll-up field, which nobody can write"
    if found.auto_number:
        return "an auto-number field, which nobody can write"
    if (found.updateable and operation.updates) or (found.createable and operation.creates):
        return None
    verb = "update" if operation is Operation.UPDATE else "write"
    if found.permissionable or found.custom:
        return (
            f"the connected user may not {verb} this field: give it Edit in the field's field-level security"
        )
    return f"Salesforce does not let anybody {verb} this field"


def _lookup(
    sobject: SObject, found: Field, mapped: FieldMap, objects: Objects, findings: Findings
) -> tuple[BoundStep, ...]:
    match = mapped.match
    if "." in mapped.field:
        match = (MatchStep(mapped.source, mapped.field.partition(".")[2]),)
    if match and (found.type != "reference" or not found.reference_to):
        findings.say(sobject, found, "not a lookup, so match has nothing to find", mapped.where)
        return ()
    steps = []
    for step in match:
        target = lookup_target(found, step, objects)
        if target is None:
            ends = " or ".join(found.reference_to[:5])
            what = f"points at {ends}, where there is no {step.field or 'web domain'} to look in"
            findings.say(sobject, found, what, mapped.where)
            continue
        made = bind_step(target, step, objects, findings, mapped.where)
        if made is not None:
            steps.append(made)
    return tuple(steps)
