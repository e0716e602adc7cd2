"""Opportunities: what the stage decides, and the history that every change of a deal leaves.

<https://developer.salesforce.com/docs/atlas.en-
us.object_reference.meta/object_reference/sforce_api_objects_opportunity.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.triggers import rows

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft

_TRACKED = ("StageName", "Amount", "CloseDate", "Probability", "ForecastCategoryName")


def before(batch: Batch) -> None:
    """Take probability and forecast category from the stage; note moved stages and pushed dates."""
    stages = {
        name.lower(): (probability, category)
        for name, probability, category in batch.connection.execute(
            'SELECT "ApiName", "DefaultProbability", "ForecastCategoryName" FROM "OpportunityStage"'
        )
    }
    with_products = _with_products(batch)
    for draft in batch.good:
        if draft.id in with_products and not draft.is_new:
            # The amount is the sum of the products; a value sent is ignored, not refused.
            draft.new.pop("Amount", None)
        if draft.changes("StageName") and draft.new["StageName"] is not None:
            probability, category = stages.get(draft.new["StageName"].lower(), (None, None))
            if not draft.sent("Probability"):
                draft.new["Probability"] = probability
            if not draft.sent("ForecastCategoryName"):
                draft.new["ForecastCategoryName"] = category
            if not draft.is_new:
                draft.new["LastStageChangeDate"] = batch.stamp
        if not draft.is_new and draft.changes("CloseDate") and _pushed(draft):
            draft.new["PushCount"] = (draft.before("PushCount") or 0) + 1


def after(batch: Batch) -> None:
    """Write a history row for each deal that is new or changed in what the history keeps."""
    changed = [draft for draft in batch.good if draft.is_new or any(draft.changes(name) for name in _TRACKED)]
    record_ids = rows.insert(batch, "OpportunityHistory", [_history(draft) for draft in changed])
    for draft, history_id in zip(changed, record_ids, strict=True):
        marks = {}
        if draft.changes("Amount") and not draft.is_new:
            marks["LastAmountChangedHistoryId"] = history_id
        if draft.changes("CloseDate") and not draft.is_new:
            marks["LastCloseDateChangedHistoryId"] = history_id
        if marks:
            rows.touch(batch, "Opportunity", draft.id or "", marks)
    contacts = [
        {"OpportunityId": draft.id, "ContactId": draft.new["ContactId"], "IsPrimary": 1}
        for draft in batch.good
        if draft.is_new and draft.new.get("ContactId")
    ]
    rows.insert(batch, "OpportunityContactRole", contacts)


def primary_role(batch: Batch) -> None:
    """Keep one primary contact role per deal: a new primary one takes it from the old."""
    for draft in batch.good:
        if draft.changes("IsPrimary") and draft.new["IsPrimary"]:
            batch.connection.execute(
                'UPDATE "OpportunityContactRole" SET "IsPrimary" = 0, "SystemModstamp" = ?'
                ' WHERE "OpportunityId" = ? AND "IsPrimary" = 1 AND "Id" <> ?',
                (batch.stamp, draft.value("OpportunityId"), draft.id),
            )


def _history(draft: Draft) -> dict[str, Any]:
    amount, probability = draft.value("Amount"), draft.value("Probability")
    expected = None if amount is None or probability is None else round(amount * probability / 100.0, 2)
    category = draft.value("ForecastCategoryName")
    return {
        "OpportunityId": draft.id,
        "StageName": draft.value("StageName"),
        "Amount": amount,
        "ExpectedRevenue": expected,
        "CloseDate": draft.value("CloseDate"),
        "Probability": probability,
        "ForecastCategory": {"Best Case": "BestCase", "Commit": "Forecast"}.get(category, category),
        "PrevAmount": draft.before("Amount"),
        "PrevCloseDate": draft.before("CloseDate"),
    }


def _pushed(draft: Draft) -> bool:
    """Return whether the close date moved to a later month."""
    old, new = draft.before("CloseDate"), draft.new["CloseDate"]
    return bool(old and new and new[:7] > old[:7])


def _with_products(batch: Batch) -> set[str]:
    wanted = [draft.id for draft in batch.good if not draft.is_new and "Amount" in draft.new]
    found = batch.fetch(
        "OpportunityLineItem", ("OpportunityId",), "OpportunityId", wanted, ' AND "IsDeleted" = 0'
    )
    return {row[0] for row in found}
