"""From what is needed and what is there to what is to be done, or why it cannot be."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from salesforce_abm.describe import nearest_name
from salesforce_abm.errors import ConfigError
from salesforce_abm.provision import limits
from salesforce_abm.provision.components import is_ours
from salesforce_abm.provision.grants import Grants, grants_for
from salesforce_abm.requirements import Right
from salesforce_abm.tooling import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesforce_abm.describe import Field
    from salesforce_abm.field_types import FieldType
    from salesforce_abm.provision.survey import Survey
    from salesforce_abm.requirements import FieldNeed, ObjectNeed, Requirements

__all__ = ["Action", "Options", "Plan", "Step", "make_plan"]


class Action(enum.StrEnum):
    """What happens to one thing."""

    MAKE = "make"
    CHANGE = "change"
    NOTHING = "there"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the plan.

    Attributes:
        action: what happens.
        kind: `object`, `field`, `permission set`, `assignment`, `page layout` or `limit`.
        name: of the thing.
        detail: its type or rights; for a blocked one, why and what to do.
    """

    action: Action
    kind: str
    name: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Give the line for machines."""
        return {"action": self.action.value, "kind": self.kind, "name": self.name, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for beside the configuration.

    Attributes:
        types: full names of fields, lower case, to the type to make.
        layouts: put the fields on the page layouts.
    """

    types: Mapping[str, FieldType] = field(default_factory=dict)
    layouts: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        steps: every line, in order.
        objects: objects to make.
        fields: fields to make.
        permission_set: its API name.
        grants: what it must say.
        set_action: whether to make, change or leave the permission set.
        assign_to: Id of the user to assign it to; None when that is done.
        shown: fields to put on page layouts, by object; empty unless asked.
    """

    steps: tuple[Step, ...]
    objects: tuple[ObjectNeed, ...]
    fields: tuple[FieldNeed, ...]
    permission_set: str
    grants: Grants
    set_action: Action
    assign_to: str | None
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """Lines that keep everything from being done."""
        return tuple(step for step in self.steps if step.action is Action.BLOCKED)

    @property
    def to_do(self) -> tuple[Step, ...]:
        """Lines that change the org."""
        return tuple(step for step in self.steps if step.action in (Action.MAKE, Action.CHANGE))

    def as_dict(self) -> dict[str, Any]:
        """Give the plan for machines."""
        return {
            "permission_set": self.permission_set,
            "to_do": len(self.to_do),
            "blocked": len(self.blocked),
            "steps": [step.as_dict() for step in self.steps],
        }


def make_plan(requirements: Requirements, found: Survey, options: Options = Options()) -> Plan:
    """Compare what is needed with what is there.

    Args:
        requirements: of the configuration.
        found: the org.
        options: what else the user asked for.

    Raises:
        ConfigError: `options.types` names a field the configuration does not need.
    """
    needs = _typed(requirements, options)
    objects = [_object_step(need, found) for need in requirements.objects]
    new_objects = {need.name.lower() for need, step in objects if step.action is Action.MAKE}
    fields = [_field_step(need, found, new_objects) for need in needs]
    make = tuple(need for need, step in fields if step.action is Action.MAKE)
    grants = grants_for(replace(requirements, fields=needs), found.described)
    set_step = _set_step(requirements.permission_set, grants, found)
    steps = [step for _, step in objects] + [step for _, step in fields]
    steps += [Step(Action.BLOCKED, "limit", *said.split(": ", 1)) for said in limits.too_many(found, make)]
    steps.append(set_step)
    known = found.permission_set
    assigned = known is not None and found.assignee.user_id in known.assignments
    who = found.assignee.username or found.assignee.user_id
    steps.append(
        Step(Action.NOTHING if assigned else Action.MAKE, "assignment", requirements.permission_set, who)
    )
    return Plan(
        tuple(steps),
        tuple(need for need, step in objects if step.action is Action.MAKE),
        make,
        requirements.permission_set,
        grants,
        set_step.action,
        None if assigned else found.assignee.user_id,
        _shown(needs) if options.layouts else {},
    )


def _typed(requirements: Requirements, options: Options) -> tuple[FieldNeed, ...]:
    """Put the types the user gave in the place of the defaults."""
    known = {need.full_name.lower(): need.full_name for need in requirements.fields}
    for name in options.types:
        if name.lower() not in known:
            near = nearest_name(name, known.values())
            raise ConfigError(
                f"--type {name}: the configuration does not write such a field"
                + (f" (nearest: {near})" if near else "")
            )
    chosen = {name.lower(): kind for name, kind in options.types.items()}
    return tuple(
        replace(need, type=chosen[need.full_name.lower()]) if need.full_name.lower() in chosen else need
        for need in requirements.fields
    )


def _object_step(need: ObjectNeed, found: Survey) -> tuple[ObjectNeed, Step]:
    rights = ", ".join(right.value for right in Right if right in need.rights)
    if found.has_object(need.name):
        setup = found.objects.get(need.name.lower())
        whose = "" if setup is None else "made here, " if is_ours(setup.description) else "made by others, "
        hidden = "" if need.name.lower() in found.described else " (hidden from the user so far)"
        return need, Step(Action.NOTHING, "object", need.name, f"{whose}needs {rights}{hidden}")
    if need.label:
        return need, Step(Action.MAKE, "object", need.name, f"{need.label}; {rights}")
    if not need.name.lower().endswith("__c"):
        # A standard object that the user cannot see is there; the permission set shows it.
        return need, Step(
            Action.NOTHING, "object", need.name, f"needs {rights} (hidden from the user so far)"
        )
    return need, Step(
        Action.BLOCKED, "object", need.name, f"does not exist, and nothing says how to make it [{need.where}]"
    )


def _field_step(need: FieldNeed, found: Survey, new_objects: set[str]) -> tuple[FieldNeed, Step]:
    return need, Step(*_field_verdict(need, found, new_objects))


def _field_verdict(need: FieldNeed, found: Survey, new_objects: set[str]) -> tuple[Action, str, str, str]:
    name, there = need.full_name, found.visible(need.sobject, need.name)
    at = f" [{need.where}]" if need.where else ""
    if there is not None:
        return _present(need, there, found, at)
    if found.in_setup(need.sobject, need.name) is not None:
        return Action.NOTHING, "field", name, "hidden from the user so far; the permission set will show it"
    if not need.name.lower().endswith("__c") or "." in need.name:
        return _absent_standard(need, found, at)
    if need.type is None:
        text = f"does not exist; it has to hold what rows are found by, so nobody can make it up{at}"
        return Action.BLOCKED, "field", name, text
    if not found.has_object(need.sobject) and need.sobject.lower() not in new_objects:
        return Action.BLOCKED, "field", name, f"its object cannot be made{at}"
    owner = f" on {owner_of(need.sobject)}" if owner_of(need.sobject) != need.sobject else ""
    detail = f"{need.type}{', unique external Id' if need.key else ''}{owner}"
    return Action.MAKE, "field", name, detail


def _present(need: FieldNeed, there: Field, found: Survey, at: str) -> tuple[Action, str, str, str]:
    problem = need.type.misfit(there) if need.type is not None and need.exact else None
    if problem is None and need.key and not (there.external_id and there.unique):
        problem = "is not a unique external Id"
    if problem is None:
        return Action.NOTHING, "field", need.full_name, there.type
    setup = found.in_setup(need.sobject, need.name)
    if setup is not None and is_ours(setup.description):
        fix = "it was made here for another configuration: remove it first (--remove), or map another field"
    else:
        fix = (
            "it was not made here, so it is not touched: change or rename it in Setup > Object Manager > "
            f"{need.sobject} > Fields & Relationships, or map another field"
        )
    return Action.BLOCKED, "field", need.full_name, f"{problem}; {fix}{at}"


def _absent_standard(need: FieldNeed, found: Survey, at: str) -> tuple[Action, str, str, str]:
    described = found.described.get(need.sobject.lower())
    near = described.nearest(need.name) if described else None
    if described is not None and "." in need.name:
        return Action.BLOCKED, "field", need.full_name, f"{need.sobject} has no such relationship{at}"
    if near is not None and near.lower() != need.name.lower() and described is not None:
        hint = f"no such standard field, or it is hidden from the user (nearest: {near}){at}"
        return Action.BLOCKED, "field", need.full_name, hint
    return (
        Action.NOTHING,
        "field",
        need.full_name,
        "hidden from the user so far; the permission set will show it",
    )


def _set_step(name: str, grants: Grants, found: Survey) -> Step:
    known = found.permission_set
    if known is None:
        counts = f"{len(grants.objects)} objects, {len(grants.fields)} fields, {', '.join(grants.system)}"
        return Step(Action.MAKE, "permission set", name, counts)
    lacks, excess = known.grants.lacks(grants), grants.lacks(known.grants)
    if known.ours:
        if not lacks and not excess:
            return Step(Action.NOTHING, "permission set", name, "grants exactly what is needed")
        more = [f"grant {_some(lacks)}"] * bool(lacks) + [f"take back {_some(excess)}"] * bool(excess)
        return Step(Action.CHANGE, "permission set", name, "; ".join(more))
    if not lacks:
        return Step(Action.NOTHING, "permission set", name, "not made here; grants what is needed")
    return Step(
        Action.BLOCKED,
        "permission set",
        name,
        f"was not made here, so it is not touched, and it lacks {_some(lacks)}: grant these in Setup > "
        "Permission Sets, or choose another name with --permission-set",
    )


def _some(names: list[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def _shown(needs: tuple[FieldNeed, ...]) -> dict[str, tuple[str, ...]]:
    by_object: dict[str, tuple[str, ...]] = {}
    for sobject, name in _for_pages(needs):
        by_object[sobject] = (*by_object.get(sobject, ()), name)
    return by_object


def _for_pages(needs: tuple[FieldNeed, ...]) -> Iterator[tuple[str, str]]:
    for need in needs:
        if need.type is not None and need.shown and need.name.lower().endswith("__c"):
            yield need.sobject, need.name
