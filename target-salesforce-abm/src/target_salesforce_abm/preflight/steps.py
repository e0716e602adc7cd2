"""Bind the ways a load finds records: the field, or the verified web domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_salesforce_abm.bind import BoundStep
from target_salesforce_abm.loads import MatchStep
from target_salesforce_abm.preflight.findings import words_for
from target_salesforce_abm.values import codec_for

if TYPE_CHECKING:
    from salesforce_abm.describe import Field, SObject
    from target_salesforce_abm.loads import FieldMap
    from target_salesforce_abm.preflight.findings import Findings, Objects

__all__ = ["bind_step", "lookup_field", "lookup_target"]


def bind_step(
    sobject: SObject, step: MatchStep, objects: Objects, findings: Findings, where: str
) -> BoundStep | None:
    """Bind one way to find records of an object; None, with a finding, when it cannot work."""
    if step.field is None:
        return _domain_step(sobject, step, objects, findings, where)
    found = sobject.field(step.field)
    codec = codec_for(found) if found else None
    if found is None:
        findings.lack(sobject.name, step.field, where)
    elif codec is None or not found.filterable:
        findings.say(sobject, found, f"a field of type {words_for(found)} cannot be searched", where)
    else:
        return BoundStep(
            step.source,
            sobject.name,
            found.name,
            codec,
            found.case_sensitive,
            key_prefix=sobject.key_prefix if found.name == "Id" else None,
            also=_also(sobject, step, objects, findings, where),
            masters=found.name == "Id" and sobject.field("MasterRecordId") is not None,
        )
    return None


def _also(
    sobject: SObject, step: MatchStep, objects: Objects, findings: Findings, where: str
) -> tuple[BoundStep, ...]:
    others = (MatchStep(source, name) for source, name in step.also)
    made = (bind_step(sobject, other, objects, findings, where) for other in others)
    return tuple(other for other in made if other is not None)


def _domain_step(
    sobject: SObject, step: MatchStep, objects: Objects, findings: Findings, where: str
) -> BoundStep | None:
    if sobject.name != "Account":
        findings.say(sobject, None, "by: domain finds Accounts only", where)
        return None
    for name, fields in (("Account", ("Website",)), ("Contact", ("AccountId", "Email"))):
        described = objects.get(name)
        if described is None:
            findings.lack(name, None, f"{where}, by: domain")
            continue
        for one in fields:
            if described.field(one) is None:
                findings.lack(name, one, f"{where}, by: domain")
    return BoundStep(step.source, "Account", None, None, prefer=step.prefer)


def lookup_field(described: SObject, mapped: FieldMap) -> Field | None:
    """Find the field a mapping writes: the one named, or the lookup before the dot."""
    relationship, dot, _ = mapped.field.partition(".")
    if not dot:
        return described.field(mapped.field)
    wanted = relationship.lower()
    return next((f for f in described.fields if (f.relationship_name or "").lower() == wanted), None)


def lookup_target(lookup: Field, step: MatchStep, objects: Objects) -> SObject | None:
    """Choose the object at the other end of a lookup that can be searched in this way."""
    known = [found for name in lookup.reference_to if (found := objects.get(name))]
    if step.by_domain:
        return next((one for one in known if one.name == "Account"), None)
    only = known[0] if len(known) == 1 else None
    return next((one for one in known if one.field(step.field or "")), only)
