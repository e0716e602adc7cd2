"""The metadata of what is made. Every description ends in a mark, so that it is known again later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.tooling import owner_of

if TYPE_CHECKING:
    from salesforce_abm.provision.grants import Grants
    from salesforce_abm.requirements import FieldNeed, ObjectNeed

__all__ = ["MARK", "custom_field", "custom_object", "is_ours", "label_of", "permission_set"]

MARK: Final = "[made by salesforce-abm provision]"
_LONGEST_LABEL: Final = 40
_LONGEST_DESCRIPTION: Final = 1_000


def is_ours(description: object) -> bool:
    """Tell whether something was made here."""
    return str(description or "").rstrip().endswith(MARK)


def label_of(name: str) -> str:
    """Make a label of an API name: `ABM_Engagement_Score__c` reads `ABM Engagement Score`."""
    return name.removesuffix("__c").replace("_", " ").strip()[:_LONGEST_LABEL]


def custom_object(need: ObjectNeed) -> dict[str, Any]:
    """Write an object: its records are numbered, reportable, and searched by nobody."""
    return {
        "fullName": need.name,
        "label": need.label,
        "pluralLabel": f"{need.label}s",
        "nameField": {"type": "AutoNumber", "label": "Number", "displayFormat": "N-{000000}"},
        "deploymentStatus": "Deployed",
        "sharingModel": "ReadWrite",
        "enableReports": True,
        "enableSearch": False,
        "description": _marked("Rows are written and removed by an integration"),
    }


def custom_field(need: FieldNeed) -> dict[str, Any]:
    """Write a field.

    Raises:
        ValueError: the need does not say what to make.
    """
    if need.type is None:
        raise ValueError(f"{need.full_name} has no type to make it of")
    made: dict[str, Any] = {
        "fullName": f"{owner_of(need.sobject)}.{need.name}",
        "label": label_of(need.name),
        "description": _marked(need.help or "Written by an integration"),
        **need.type.metadata(),
    }
    if need.help:
        made["inlineHelpText"] = need.help[:510]
    if need.key:
        made |= {"externalId": True, "unique": True, "caseSensitive": False}
    if need.type.reference_to:
        # Unique among the children of the parent, and readable in its related lists.
        stem = need.sobject.removesuffix("__c")
        made |= {
            "relationshipName": f"{stem}s"[:_LONGEST_LABEL],
            "relationshipLabel": f"{label_of(stem)}s"[:40],
        }
    return made


def permission_set(name: str, grants: Grants) -> dict[str, Any]:
    """Write the permission set."""
    return {
        "fullName": name,
        "label": label_of(name),
        "description": _marked("Exactly the rights an integration needs")[:255],
        "hasActivationRequired": False,
        **grants.metadata(),
    }


def _marked(text: str) -> str:
    stop = "" if text.endswith((".", "!", "?")) else "."
    return f"{text[: _LONGEST_DESCRIPTION - len(MARK) - 2]}{stop} {MARK}"
