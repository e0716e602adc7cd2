"""What the org has now: asked once, before anything is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from salesforce_abm.describe import Describer
from salesforce_abm.errors import AccessError, ApiError, ConfigError
from salesforce_abm.identity import Identity, identify
from salesforce_abm.provision.components import is_ours
from salesforce_abm.provision.grants import USER_PERMISSION, Grants
from salesforce_abm.query import Query
from salesforce_abm.requirements import Right
from salesforce_abm.soql import Select, any_of
from salesforce_abm.tooling import SetupField, SetupObject, Tooling, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from salesforce_abm.describe import Field, SObject
    from salesforce_abm.requirements import Requirements
    from salesforce_abm.session import Session

__all__ = ["PermissionSet", "Survey", "survey"]

_COLUMNS: Final = {
    Right.READ: "PermissionsRead",
    Right.CREATE: "PermissionsCreate",
    Right.EDIT: "PermissionsEdit",
    Right.DELETE: "PermissionsDelete",
}


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set that is there.

    Attributes:
        id: `0PS...`.
        label: how people see it.
        ours: whether it carries the mark.
        grants: what it gives.
        assignments: users who have it: their Id to the Id of the assignment.
    """

    id: str
    label: str
    ours: bool
    grants: Grants
    assignments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """The parts of an org a configuration is about.

    Attributes:
        user: who is signed in.
        assignee: who is to have the permission set.
        edition: `OrganizationType`, empty when unknown.
        described: objects the user can see, by lower-case name.
        objects: custom objects by lower-case name, seen or not.
        fields: every custom field of the objects, seen or not, by lower-case object and field.
        permission_set: the one by the wanted name, or None.
    """

    user: Identity
    assignee: Identity
    edition: str
    described: Mapping[str, SObject]
    objects: Mapping[str, SetupObject]
    fields: Mapping[tuple[str, str], SetupField]
    permission_set: PermissionSet | None

    def visible(self, sobject: str, name: str) -> Field | None:
        """Give a field the user can see."""
        described = self.described.get(sobject.lower())
        return described.field(name) if described else None

    def in_setup(self, sobject: str, name: str) -> SetupField | None:
        """Give a custom field that exists, seen or not."""
        return self.fields.get((owner_of(sobject).lower(), name.lower()))

    def has_object(self, name: str) -> bool:
        """Tell whether an object exists, as far as anybody can know."""
        return name.lower() in self.described or name.lower() in self.objects


def survey(session: Session, requirements: Requirements, assignee: str | None = None) -> Survey:
    """Look at the org.

    Args:
        session: the signed-in session.
        requirements: what to look for.
        assignee: user name of who is to have the permission set; None for who is signed in.

    Raises:
        ConfigError: there is no such active user.
        AccessError: the user may not see the setup, so nothing can be made safely.
    """
    user = identify(session)
    if user is None:
        raise AccessError(
            "the org does not tell who is signed in",
            remedy="Give the app the OAuth scope 'Access the identity URL service (id)'.",
        )
    names = list(
        dict.fromkeys([n.name for n in requirements.objects] + [f.sobject for f in requirements.fields])
    )
    described = {found.name.lower(): found for found in Describer(session).sobjects(names).values()}
    tooling = Tooling(session)
    try:
        objects = tooling.objects(names)
        fields = tooling.fields(names, objects)
        permission_set = _permission_set(session, requirements.permission_set)
    except ApiError as error:
        raise AccessError(
            f"the connected user {user.username or user.user_id} may not look at the org's setup: "
            f"{error.code}",
            remedy="Give it 'View Setup and Configuration', 'Customize Application' and 'Modify Metadata "
            "Through Metadata API Functions' (Setup > Permission Sets > System Permissions), or run this "
            "once as an administrator.",
        ) from error
    chosen = _user(session, assignee) if assignee else user
    return Survey(user, chosen, _edition(session), described, objects, fields, permission_set)


def _user(session: Session, username: str) -> Identity:
    chosen = Select(("Id", "Username"), "User", (any_of("Username", [username]), "IsActive = TRUE"))
    row = next(iter(Query(session).records(chosen.render())), None)
    if row is None:
        raise ConfigError(
            f"--assign-to {username}: there is no active user of that name",
            remedy="Give the Username of Setup > Users, not the e-mail address.",
        )
    return Identity(str(row["Id"]), str(row["Username"]))


def _edition(session: Session) -> str:
    try:
        rows = Query(session).records(Select(("OrganizationType",), "Organization").render())
        return str(next(iter(rows), {}).get("OrganizationType") or "")
    except ApiError:
        return ""


def _permission_set(session: Session, name: str) -> PermissionSet | None:
    query = Query(session)
    columns = ("Id", "Label", "Description", f"Permissions{USER_PERMISSION}")
    chosen = Select(columns, "PermissionSet", (any_of("Name", [name]), "IsOwnedByProfile = FALSE"))
    row = next(iter(query.records(chosen.render())), None)
    if row is None:
        return None
    set_id = str(row["Id"])
    objects = {
        str(granted["SobjectType"]): frozenset(r for r, column in _COLUMNS.items() if granted[column])
        for granted in query.records(_granted("ObjectPermissions", _COLUMNS.values(), set_id))
    }
    fields = {
        str(granted["Field"]): bool(granted["PermissionsEdit"])
        for granted in query.records(
            _granted("FieldPermissions", ("Field", "PermissionsRead", "PermissionsEdit"), set_id)
        )
        if granted["PermissionsRead"]
    }
    assigned = Select(("Id", "AssigneeId"), "PermissionSetAssignment", (any_of("PermissionSetId", [set_id]),))
    return PermissionSet(
        set_id,
        str(row["Label"]),
        is_ours(row.get("Description")),
        Grants(objects, fields, frozenset({USER_PERMISSION} if row[f"Permissions{USER_PERMISSION}"] else ())),
        {str(one["AssigneeId"]): str(one["Id"]) for one in query.records(assigned.render())},
    )


def _granted(table: str, columns: Iterable[str], set_id: str) -> str:
    # Salesforce wants the object in the answer, whatever else is asked.
    return Select(("SobjectType", *columns), table, (any_of("ParentId", [set_id]),)).render()
