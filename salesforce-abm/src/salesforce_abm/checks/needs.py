"""Each object and field a configuration needs: there, readable, writable, of the right kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from salesforce_abm.checks.findings import Finding, State
from salesforce_abm.describe import nearest_name
from salesforce_abm.presence import Where
from salesforce_abm.requirements import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from salesforce_abm.describe import Field, SObject
    from salesforce_abm.presence import Presence
    from salesforce_abm.requirements import FieldNeed, ObjectNeed, Requirements

__all__ = ["look_at_needs", "look_at_probe"]

_PROVISION: Final = "`salesforce-abm provision --apply`"


def look_at_needs(
    requirements: Requirements,
    described: Mapping[str, SObject],
    presence: Presence,
    all_names: Callable[[], Iterable[str]],
) -> Iterator[Finding]:
    """Look at objects, each followed by its fields.

    Args:
        requirements: of the configuration.
        described: the objects the user can see, by lower-case name.
        presence: knows what is there but hidden.
        all_names: names of all objects, for the nearest one.
    """
    by_object: dict[str, list[FieldNeed]] = {}
    for one in requirements.fields:
        by_object.setdefault(one.sobject.lower(), []).append(one)
    for need in requirements.objects:
        found = described.get(need.name.lower())
        if found is None:
            yield _absent_object(need, presence, all_names)
            continue
        yield _object(need, found)
        for one in by_object.get(need.name.lower(), ()):
            # Nobody writes fields of an object he may not write: that is said once, of the object.
            rights = one.rights - {r for r in one.rights if r in need.rights and not _may(found)[r]}
            yield _field(replace(one, rights=rights), found, presence)


def look_at_probe(probed: Iterable[Finding], failed: Iterable[str]) -> Iterator[Finding]:
    """Add what the plugin's own look found and the table does not say yet.

    Args:
        probed: from `Plugin.probe`.
        failed: subjects that failed already.
    """
    told = {subject.lower() for subject in failed}
    for one in probed:
        # A lookup is searched through the object at its other end, which has failed already.
        follows = any(f" {name}," in f" {one.found.lower()}" for name in told if "points at" in one.found)
        if not follows and not {one.subject.lower(), one.subject.partition(".")[0].lower()} & told:
            yield one


def _object(need: ObjectNeed, found: SObject) -> Finding:
    may = _may(found)
    lacks = [right.value.capitalize() for right in Right if right in need.rights and not may[right]]
    has = ", ".join(right.value for right in Right if right in need.rights and may[right])
    if not lacks:
        return Finding(found.name, has)
    if lacks == ["Read"]:
        state = State.NOTE if need.optional else State.FAILED
        return Finding(found.name, "cannot be queried", f"Take it out of `{need.where}`.", state)
    words = ", ".join(lacks)
    remedy = (
        f"Give the user {words} on {found.label or found.name}: {_object_settings(found.label or found.name)}"
    )
    return Finding.failed(found.name, f"{has or 'nothing'}; may not {words.lower()}", f"{remedy}.")


def _may(found: SObject) -> dict[Right, bool]:
    return {
        Right.READ: found.queryable,
        Right.CREATE: found.createable,
        Right.EDIT: found.updateable,
        Right.DELETE: found.deletable,
    }


def _absent_object(need: ObjectNeed, presence: Presence, all_names: Callable[[], Iterable[str]]) -> Finding:
    rights = ", ".join(right.value.capitalize() for right in Right if right in need.rights)
    grant = f"Give the user {rights} on it: {_object_settings(need.name)}"
    where = presence.object(need.name)
    state = State.NOTE if need.optional else State.FAILED
    if where is Where.HIDDEN:
        return Finding(
            need.name, "exists, but the user may not see it", f"{grant}, or run {_PROVISION}.", state
        )
    near = nearest_name(need.name, all_names())
    hint = f" (nearest: {near})" if near and near.lower() != need.name.lower() else ""
    if where is Where.NOWHERE:
        fix = f"Run {_PROVISION}" if need.label else f"Correct `{need.where}`"
        return Finding(need.name, f"does not exist{hint}", f"{fix}.", state)
    found = f"missing, or hidden from the user{hint}"
    return Finding(need.name, found, f"{grant}; or correct the name in `{need.where}`.", state)


def _field(need: FieldNeed, sobject: SObject, presence: Presence) -> Finding:
    found = _find(need.name, sobject)
    at = f"Setup > Object Manager > {sobject.label or sobject.name} > Fields & Relationships"
    if found is None:
        return _absent_field(need, sobject, presence, at)
    setup = f"{at} > {found.label or found.name}"
    for look in (_written, _kind, _searched):
        problem = look(need, found, setup)
        if problem is not None:
            return problem
    rights = "read, write" if need.rights & {Right.EDIT, Right.CREATE} else "read"
    key = ", unique external Id" if need.key else ""
    return Finding(need.full_name, f"{found.type}; {rights}{key}")


def _find(name: str, sobject: SObject) -> Field | None:
    relationship, dot, _ = name.partition(".")
    if not dot:
        return sobject.field(name)
    wanted = relationship.lower()
    return next((f for f in sobject.fields if (f.relationship_name or "").lower() == wanted), None)


def _absent_field(need: FieldNeed, sobject: SObject, presence: Presence, at: str) -> Finding:
    edit = " and Edit" if need.rights & {Right.EDIT, Right.CREATE} else ""
    grant = f"Give the user Read{edit} on it: {at} > Set Field-Level Security, or Setup > Permission Sets"
    where = presence.field(need.sobject, need.name)
    name = need.full_name
    if where is Where.HIDDEN:
        found = "exists, but is hidden from the user by field-level security"
        return Finding.failed(name, found, f"{grant}, or run {_PROVISION}.")
    near = sobject.nearest(need.name)
    hint = f" (nearest: {near})" if near else ""
    if where is Where.NOWHERE:
        fix = f"Run {_PROVISION}, or correct" if need.type is not None else f"Make it in {at}, or correct"
        return Finding.failed(name, f"does not exist{hint}", f"{fix} `{need.where}`.")
    return Finding.failed(
        name, f"missing, or hidden from the user{hint}", f"{grant}; or correct `{need.where}`."
    )


def _written(need: FieldNeed, found: Field, setup: str) -> Finding | None:
    name = need.full_name
    if not need.rights & {Right.EDIT, Right.CREATE}:
        return None
    if found.calculated or found.auto_number:
        kind = "an auto-number" if found.auto_number else "a formula or roll-up"
        return Finding.failed(
            name, f"{kind} field, which nobody can write", f"Map another field in `{need.where}`."
        )
    if (Right.EDIT in need.rights and found.updateable) or (Right.CREATE in need.rights and found.createable):
        return None
    if not (found.permissionable or found.custom):
        return Finding.failed(
            name, "Salesforce lets nobody write it", f"Map another field in `{need.where}`."
        )
    return Finding.failed(
        name,
        "may be read, not written",
        f"Give the user Edit on it: {setup} > Set Field-Level Security, or Setup > Permission Sets.",
    )


def _kind(need: FieldNeed, found: Field, setup: str) -> Finding | None:
    misfit = need.type.misfit(found) if need.type is not None and need.exact else None
    if misfit is not None:
        return Finding.failed(
            need.full_name,
            misfit,
            f"Change its type ({setup} > Edit), or map another field in `{need.where}`.",
        )
    if not need.key:
        return None
    if not found.external_id:
        return Finding.failed(
            need.full_name, "not an external Id", f"Tick External ID and Unique: {setup} > Edit."
        )
    if not found.unique:
        found_words = "an external Id, but not unique: records could be made twice"
        return Finding.failed(need.full_name, found_words, f"Tick Unique: {setup} > Edit.")
    return None


def _searched(need: FieldNeed, found: Field, setup: str) -> Finding | None:
    if need.type is None and not found.filterable:
        return Finding.failed(
            need.full_name,
            f"a {found.type} field, which cannot be searched",
            f"Match on another field in `{need.where}`, or change its type ({setup} > Edit).",
        )
    return None


def _object_settings(label: str) -> str:
    return f"Setup > Permission Sets > Object Settings > {label}"
