"""Carry a plan out, in the order in which things need each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesforce_abm.collections import Collections
from salesforce_abm.errors import ConfigError, SalesforceAbmError
from salesforce_abm.metadata import MOST_ITEMS, Metadata
from salesforce_abm.provision import components, layouts
from salesforce_abm.provision.plan import Action
from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from salesforce_abm.provision.plan import Plan
    from salesforce_abm.session import Session

__all__ = ["apply"]


def apply(session: Session, plan: Plan, progress: Callable[[str], None] = lambda _: None) -> None:
    """Make what is missing. What is made stays when something later fails; run it again to go on.

    Args:
        session: the signed-in session.
        plan: what to do.
        progress: told in a few words what happens now.

    Raises:
        ConfigError: the plan has blocked lines.
        MetadataError: Salesforce refused something; the message names it.
    """
    if plan.blocked:
        raise ConfigError.of([f"{step.kind} {step.name}: {step.detail}" for step in plan.blocked])
    metadata = Metadata(session)
    if plan.objects:
        progress(f"making {', '.join(need.name for need in plan.objects)}")
        metadata.create("CustomObject", map(components.custom_object, plan.objects))
    fields = [components.custom_field(need) for need in plan.fields]
    for start in range(0, len(fields), MOST_ITEMS):
        some = fields[start : start + MOST_ITEMS]
        progress(f"making {some[0]['fullName']}" + (f" and {len(some) - 1} more" if len(some) > 1 else ""))
        metadata.create("CustomField", some)
    if plan.set_action in (Action.MAKE, Action.CHANGE):
        progress(f"granting rights in {plan.permission_set}")
        document = components.permission_set(plan.permission_set, plan.grants)
        save = metadata.create if plan.set_action is Action.MAKE else metadata.update
        save("PermissionSet", [document])
    if plan.assign_to is not None:
        progress(f"assigning {plan.permission_set}")
        _assign(session, plan.permission_set, plan.assign_to)
    if plan.shown:
        progress("putting fields on page layouts")
        layouts.add_fields(metadata, plan.shown)


def _assign(session: Session, name: str, user_id: str) -> None:
    chosen = Select(("Id",), "PermissionSet", (any_of("Name", [name]), "IsOwnedByProfile = FALSE"))
    row = next(iter(Query(session).records(chosen.render())), None)
    if row is None:
        raise SalesforceAbmError(
            f"permission set {name} was made, but the connected user cannot find it",
            remedy="Give the user 'View Setup and Configuration' (Setup > Permission Sets).",
        )
    record = {
        "attributes": {"type": "PermissionSetAssignment"},
        "AssigneeId": user_id,
        "PermissionSetId": str(row["Id"]),
    }
    [result] = Collections(session).create([record])
    # Somebody else may have assigned it in the meantime, which is as good.
    if not result.success and result.errors[0].code != "DUPLICATE_VALUE":
        error = result.errors[0]
        raise SalesforceAbmError(
            f"permission set {name} could not be assigned to user {user_id}: {error.code}: {error.message}",
            remedy="Assign it in Setup > Permission Sets > Manage Assignments; that needs 'Assign Permission "
            "Sets'.",
            code=error.code,
        )
