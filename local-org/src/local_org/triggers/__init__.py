"""What single objects do beyond the rules all objects share: derived fields, side rows, their own refusals.

`BEFORE` functions see a batch when references are checked and before required fields are; they set values and
put errors on rows. `AFTER` functions see it when the rows are written and add rows elsewhere. `REMOVED`
functions get the ids of rows that are about to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.triggers import (
    activities,
    campaigns,
    files,
    opportunities,
    people,
    permissions,
    products,
    tracking,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local_org.dml.batch import Batch
    from local_org.org import Org

    Behaviour = Callable[[Batch], None]
    Removal = Callable[[Org, list[str]], None]

__all__ = ["AFTER", "BEFORE", "REMOVED", "tracking"]

BEFORE: Mapping[str, tuple[Behaviour, ...]] = {
    "Attachment": (files.before_attachment,),
    "CampaignMember": (campaigns.before_member,),
    "Case": (people.before_case,),
    "ContentVersion": (files.before_version,),
    "Event": (activities.before_event,),
    "FieldPermissions": (permissions.before_field,),
    "Lead": (people.before_lead,),
    "ObjectPermissions": (permissions.before_object,),
    "Opportunity": (opportunities.before,),
    "OpportunityLineItem": (products.before_line,),
    "PermissionSet": (permissions.before_set,),
    "PermissionSetAssignment": (permissions.before_assignment,),
    "PricebookEntry": (products.before_price,),
    "Task": (activities.before_task,),
    "User": (people.before_user,),
}
AFTER: Mapping[str, tuple[Behaviour, ...]] = {
    "Campaign": (campaigns.after_campaign,),
    "ContentVersion": (files.after_version,),
    "FieldPermissions": (permissions.after,),
    "ObjectPermissions": (permissions.after,),
    "Opportunity": (opportunities.after,),
    "OpportunityContactRole": (opportunities.primary_role,),
    "OpportunityLineItem": (products.after_line,),
}
REMOVED: Mapping[str, tuple[Removal, ...]] = {
    "OpportunityLineItem": (products.line_removed,),
}
