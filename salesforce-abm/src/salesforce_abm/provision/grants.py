"""What the permission set must say, and what it says now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.requirements import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salesforce_abm.describe import Field, SObject
    from salesforce_abm.requirements import FieldNeed, Requirements

__all__ = ["Grants", "grants_for"]

USER_PERMISSION: Final = "ApiEnabled"
# Who may see these is not for object permissions to say.
_WITHOUT_PERMISSIONS: Final = frozenset(
    {"user", "recordtype", "organization", "group", "profile", "userrole"}
)
# "Permission Read Contact depends on permission(s): Read Account", and so on.
_MASTERS: Final = {
    "contact": ("Account",),
    "opportunity": ("Account",),
    "case": ("Account", "Contact"),
    "contract": ("Account",),
    "order": ("Account",),
    "asset": ("Account", "Contact"),
}
_FLAGS: Final = {
    Right.READ: "allowRead",
    Right.CREATE: "allowCreate",
    Right.EDIT: "allowEdit",
    Right.DELETE: "allowDelete",
}


@dataclass(frozen=True, slots=True)
class Grants:
    """Rights, as a permission set gives them.

    Attributes:
        objects: object to rights.
        fields: full name of the field to whether it may be edited; every one may be read.
        system: names of system permissions.
    """

    objects: Mapping[str, frozenset[Right]] = field(default_factory=dict)
    fields: Mapping[str, bool] = field(default_factory=dict)
    system: frozenset[str] = frozenset()

    def folded(self) -> tuple[dict[str, frozenset[Right]], dict[str, bool], frozenset[str]]:
        """Give the rights under lower-case names, to compare."""
        return (
            {name.lower(): rights for name, rights in self.objects.items() if rights},
            {name.lower(): edit for name, edit in self.fields.items()},
            self.system,
        )

    def lacks(self, wanted: Grants) -> list[str]:
        """Name what is wanted and not granted: `Account: edit`, `Account.Score__c: read, edit`."""
        objects, fields, system = self.folded()
        missing = []
        for name, rights in wanted.objects.items():
            gone = rights - objects.get(name.lower(), frozenset())
            if gone:
                missing.append(f"{name}: {_words(gone)}")
        for name, edit in wanted.fields.items():
            has = fields.get(name.lower())
            if has is None:
                missing.append(f"{name}: read{', edit' if edit else ''}")
            elif edit and not has:
                missing.append(f"{name}: edit")
        return missing + sorted(wanted.system - system)

    def metadata(self) -> dict[str, Any]:
        """Give the attributes of the Metadata API's PermissionSet."""
        return {
            "objectPermissions": [
                {
                    "object": name,
                    **{flag: right in rights for right, flag in _FLAGS.items()},
                    "modifyAllRecords": False,
                    "viewAllRecords": False,
                }
                for name, rights in sorted(self.objects.items())
            ],
            "fieldPermissions": [
                {"field": name, "readable": True, "editable": edit}
                for name, edit in sorted(self.fields.items())
            ],
            "userPermissions": [{"name": name, "enabled": True} for name in sorted(self.system)],
        }


def grants_for(requirements: Requirements, described: Mapping[str, SObject]) -> Grants:
    """Work out exactly the rights a configuration needs.

    Args:
        requirements: of the configuration.
        described: the objects the user can see, by lower-case name.
    """
    objects: dict[str, frozenset[Right]] = {}
    for need in requirements.objects:
        name = _permission_object(need.name)
        if name.lower() not in _WITHOUT_PERMISSIONS:
            objects[name] = objects.get(name, frozenset()) | _with_dependencies(need.rights)
            for master in _MASTERS.get(name.lower(), ()):
                objects[master] = objects.get(master, frozenset()) | {Right.READ}
    fields: dict[str, bool] = {}
    for one in requirements.fields:
        full_name = _permission_field(one, described.get(one.sobject.lower()))
        if full_name is not None and one.sobject.lower() not in _WITHOUT_PERMISSIONS:
            fields[full_name] = fields.get(full_name, False) or bool(one.rights & {Right.CREATE, Right.EDIT})
    return Grants(objects, fields, frozenset({USER_PERMISSION}))


def _with_dependencies(rights: frozenset[Right]) -> frozenset[Right]:
    """Add what the server demands: delete needs edit, everything needs read."""
    return rights | {Right.READ} | ({Right.EDIT} if Right.DELETE in rights else frozenset())


def _permission_object(name: str) -> str:
    # Events share the permissions of tasks: both are activities.
    return "Task" if name.lower() in ("event", "activity") else name


def _permission_field(need: FieldNeed, described: SObject | None) -> str | None:
    """Name the field whose permission decides; None when everybody sees it who sees the object."""
    owner = _permission_object(need.sobject)
    found = _described(need.name, described) if described is not None else None
    if described is None or found is None:
        return None if "." in need.name else f"{owner}.{need.name}"
    # The parts of an address are granted through the address.
    whole = described.field(found.compound_field_name) if found.compound_field_name else None
    if whole is not None and whole.type in ("address", "location"):
        found = whole
    return f"{owner}.{found.name}" if found.permissionable else None


def _described(name: str, sobject: SObject) -> Field | None:
    """Find a field, or the lookup before the dot."""
    relationship, dot, _ = name.partition(".")
    if not dot:
        return sobject.field(name)
    wanted = relationship.lower()
    return next((f for f in sobject.fields if (f.relationship_name or "").lower() == wanted), None)


def _words(rights: frozenset[Right]) -> str:
    return ", ".join(right.value for right in Right if right in rights)
