"""Campaigns start with two member statuses; a person is a member of a campaign once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.dml import errors
from local_org.dml.outcome import RowError
from local_org.triggers import rows

if TYPE_CHECKING:
    from local_org.dml.batch import Batch

_ALREADY = RowError("DUPLICATE_VALUE", "Already a campaign member.", has_fields=False)
_STATUSES = (("Sent", 1, 0), ("Responded", 0, 1))


def after_campaign(batch: Batch) -> None:
    """Give new campaigns the usual member statuses."""
    made = [
        {
            "CampaignId": draft.id,
            "Label": label,
            "SortOrder": order,
            "IsDefault": default,
            "HasResponded": responded,
        }
        for draft in batch.good
        if draft.is_new
        for order, (label, default, responded) in enumerate(_STATUSES, 3)
    ]
    rows.insert(batch, "CampaignMemberStatus", made)


def before_member(batch: Batch) -> None:
    """Refuse doubles and members that are nobody; fill the status."""
    campaigns = {draft.value("CampaignId") for draft in batch.good}
    columns = ("CampaignId", "Label", "IsDefault", "HasResponded")
    known: dict[str, dict[str, tuple[str, int, int]]] = {}
    for campaign, label, default, responded in batch.fetch(
        "CampaignMemberStatus", columns, "CampaignId", campaigns
    ):
        known.setdefault(campaign, {})[label.lower()] = (label, default, responded)
    members = _members(batch)
    for draft in batch.good:
        campaign = draft.value("CampaignId")
        if draft.is_new:
            person = draft.value("ContactId") or draft.value("LeadId")
            if person is None:
                draft.errors.append(errors.required(["LeadId", "ContactId"]))
                continue
            if (campaign, person) in members:
                draft.errors.append(_ALREADY)
                continue
            members.add((campaign, person))
        statuses = known.get(campaign, {})
        wanted = statuses.get(str(draft.value("Status") or "").lower())
        if wanted is None:
            wanted = next((status for status in statuses.values() if status[1]), None)
        if wanted is None:
            continue
        if draft.is_new or draft.changes("Status"):
            draft.new["Status"] = wanted[0]
        if wanted[2] and draft.value("FirstRespondedDate") is None:
            draft.new["FirstRespondedDate"] = batch.stamp[:10]


def _members(batch: Batch) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for column in ("ContactId", "LeadId"):
        people = {draft.value(column) for draft in batch.good if draft.is_new and draft.value(column)}
        found.update(
            batch.fetch("CampaignMember", ("CampaignId", column), column, people, ' AND "IsDeleted" = 0')
        )
    return found
