"""Tasks and events: whose account they count for, when they are done, how long they take."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from local_org.clock import from_stored, stored
from local_org.dml import errors
from local_org.triggers import rows

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft

# Objects an activity can be about that belong to an account.
_OWNED = ("Opportunity", "Case", "Contract", "Asset", "Order")


def before_task(batch: Batch) -> None:
    """Note when a task is completed, and the account it belongs to."""
    closed = {
        row[0].lower()
        for row in batch.connection.execute('SELECT "ApiName" FROM "TaskStatus" WHERE "IsClosed" = 1')
    }
    for draft in batch.good:
        if draft.is_new or draft.changes("Status"):
            done = str(draft.value("Status") or "").lower() in closed
            draft.new["CompletedDateTime"] = (
                (draft.before("CompletedDateTime") or batch.stamp) if done else None
            )
    _accounts(batch)


def before_event(batch: Batch) -> None:
    """Derive an event's times from one another, and the account it belongs to."""
    for draft in batch.good:
        _times(draft)
    _accounts(batch)


def _times(draft: Draft) -> None:
    touched = (
        "ActivityDateTime",
        "StartDateTime",
        "EndDateTime",
        "DurationInMinutes",
        "ActivityDate",
        "IsAllDayEvent",
    )
    if not draft.is_new and not any(draft.changes(name) for name in touched):
        return
    if draft.value("IsAllDayEvent"):
        day = draft.value("ActivityDate") or str(draft.value("StartDateTime") or "")[:10]
        if not day:
            draft.errors.append(errors.required(["ActivityDate"]))
            return
        draft.new.update(ActivityDate=day, EndDate=draft.value("EndDate") or day)
        draft.new.setdefault("DurationInMinutes", 1440)
        return
    names = ("StartDateTime", "ActivityDateTime")
    start = next((draft.new[name] for name in names if draft.new.get(name)), None) or draft.value(
        "StartDateTime"
    )
    end = draft.new.get("EndDateTime")
    minutes = draft.value("DurationInMinutes")
    if start is None:
        draft.errors.append(errors.required(["ActivityDateTime"]))
        return
    if end is None and minutes is None:
        draft.errors.append(errors.required(["DurationInMinutes"]))
        return
    if end is None:
        end = stored(from_stored(start) + timedelta(minutes=minutes))
    else:
        minutes = int((from_stored(end) - from_stored(start)).total_seconds() // 60)
        if minutes < 0:
            draft.errors.append(errors.integrity("Event duration can not be negative", "DurationInMinutes"))
            return
    draft.new.update(
        StartDateTime=start,
        ActivityDateTime=start,
        EndDateTime=end,
        DurationInMinutes=minutes,
        ActivityDate=start[:10],
        EndDate=end[:10],
    )


def _accounts(batch: Batch) -> None:
    drafts = [draft for draft in batch.good if draft.changes("WhatId") or draft.changes("WhoId")]
    account_of: dict[str, str | None] = {}
    for name in (*_OWNED, "Contact"):
        prefix = batch.org.schema.object(name).id_prefix
        wanted = {
            value
            for draft in drafts
            for value in (draft.value("WhatId"), draft.value("WhoId"))
            if value and value[:3] == prefix
        }
        if wanted:
            account_of.update(
                (record_id, row[0])
                for record_id, row in rows.lookup(batch, name, ("AccountId",), wanted).items()
            )
    for draft in drafts:
        what, who = draft.value("WhatId"), draft.value("WhoId")
        own = what if what and what[:3] == "001" else None
        draft.new["AccountId"] = own or account_of.get(what or "") or account_of.get(who or "")
