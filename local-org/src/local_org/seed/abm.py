"""The fields, the object and the permissions account-based marketing needs in an org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.seed.loading import insert

if TYPE_CHECKING:
    from local_org.org import Org

PERMISSION_SET = "ABM_Integration"
SEGMENTS = "ABM_Account_Segment__c"

ACCOUNT_FIELDS: dict[str, dict[str, Any]] = {
    "ABM_Engagement_Score__c": {
        "label": "Engagement Score",
        "type": "Number",
        "precision": 18,
        "scale": 2,
        "inlineHelpText": "How much this company has engaged with us, from 0 to 100.",
    },
    "ABM_Last_Engaged__c": {
        "label": "Last Engaged",
        "type": "DateTime",
        "inlineHelpText": "When anybody of this company last engaged with us.",
    },
    "ABM_Intent_Score__c": {
        "label": "Intent Score",
        "type": "Number",
        "precision": 18,
        "scale": 2,
        "inlineHelpText": "How likely this company is to buy now, from 0 to 100.",
    },
    "ABM_Intent_Topics__c": {
        "label": "Intent Topics",
        "type": "Text",
        "length": 255,
        "inlineHelpText": "What this company reads about.",
    },
    "ABM_Memory__c": {
        "label": "ABM Memory",
        "type": "LongTextArea",
        "length": 32768,
        "visibleLines": 3,
        "inlineHelpText": "What the integration wrote last. Clear it to let the integration forget.",
    },
}
SEGMENT_FIELDS: dict[str, dict[str, Any]] = {
    "ABM_Key__c": {"label": "Key", "type": "Text", "length": 255, "unique": True, "externalId": True},
    "ABM_Account__c": {
        "label": "Account",
        "type": "Lookup",
        "referenceTo": "Account",
        "relationshipName": "ABM_Segments",
        "deleteConstraint": "SetNull",
    },
    "ABM_Segment_Id__c": {"label": "Segment Id", "type": "Text", "length": 100, "externalId": True},
    "ABM_Segment_Name__c": {"label": "Segment Name", "type": "Text", "length": 255},
    "ABM_Status__c": {"label": "Status", "type": "Text", "length": 40},
}


def install_abm(org: Org) -> str:
    """Adds everything above, and a permission set that lets the administrator use it.

    Args:
        org: an org that has none of it yet.

    Returns:
        Id of the permission set `ABM_Integration`. Nobody else sees the fields until they are granted.
    """
    stamp = org.clock.stamp()
    set_id = org.store.ids.next(org.schema.object("PermissionSet").id_prefix)
    permission_set = {
        "Id": set_id,
        "Name": PERMISSION_SET,
        "Label": "ABM Integration",
        # The mark lets `salesforce-abm provision` take it for its own and complete it.
        "Description": "Writes engagement, intent and segments. [made by salesforce-abm provision]",
        "Type": "Regular",
        "IsCustom": True,
    }
    insert(org, "PermissionSet", [permission_set], stamp=stamp)
    assignment = {"PermissionSetId": set_id, "AssigneeId": org.admin.id}
    insert(org, "PermissionSetAssignment", [assignment], stamp=stamp)
    for name, metadata in ACCOUNT_FIELDS.items():
        org.create_custom_field(f"Account.{name}", grant_to=(set_id,), **metadata)
    org.create_custom_object(
        SEGMENTS,
        grant_to=(set_id,),
        label="Account Segment",
        pluralLabel="Account Segments",
        nameField={"type": "AutoNumber", "label": "Segment Membership", "displayFormat": "SM-{000000}"},
        enableSearch=True,
    )
    for name, metadata in SEGMENT_FIELDS.items():
        org.create_custom_field(f"{SEGMENTS}.{name}", grant_to=(set_id,), **metadata)
    return set_id
