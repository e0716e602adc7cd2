"""Leads, cases and users: refusals and derived fields of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.dml.outcome import RowError

if TYPE_CHECKING:
    from local_org.dml.batch import Batch

_CONVERTED = RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
_USERNAME_TAKEN = RowError(
    "DUPLICATE_USERNAME",
    "Duplicate Username.<br>The username already exists in this or another Salesforce organization."
    " Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it"
    " doesn't need to match the user's email address).",
    ("Username",),
)


def before_lead(batch: Batch) -> None:
    """Leave converted leads as they are."""
    for draft in batch.good:
        if draft.before("IsConverted"):
            draft.errors.append(_CONVERTED)


def before_case(batch: Batch) -> None:
    """Note when a case is closed; take the account from the contact."""
    closed = {
        row[0].lower()
        for row in batch.connection.execute('SELECT "ApiName" FROM "CaseStatus" WHERE "IsClosed" = 1')
    }
    contacts = {
        row[0]: row[1]
        for row in batch.fetch(
            "Contact", ("Id", "AccountId"), "Id", (d.value("ContactId") for d in batch.good)
        )
    }
    for draft in batch.good:
        if draft.is_new or draft.changes("Status"):
            done = str(draft.value("Status") or "").lower() in closed
            draft.new["ClosedDate"] = (draft.before("ClosedDate") or batch.stamp) if done else None
        if draft.changes("ContactId") and not draft.sent("AccountId"):
            draft.new["AccountId"] = contacts.get(draft.value("ContactId"))


def before_user(batch: Batch) -> None:
    """Keep usernames unique in any case; new users are active and have a nickname."""
    for draft in batch.good:
        if draft.is_new and not draft.sent("IsActive"):
            draft.new["IsActive"] = 1
        if draft.is_new and draft.value("CommunityNickname") is None:
            draft.new["CommunityNickname"] = str(draft.value("Username") or "").partition("@")[0][:40] or None
    wanted = [draft for draft in batch.good if draft.changes("Username") and draft.new["Username"]]
    taken = {
        row[1].lower(): row[0]
        for row in batch.fetch("User", ("Id", "Username"), "Username", (d.new["Username"] for d in wanted))
    }
    for draft in wanted:
        name = draft.new["Username"].lower()
        if taken.setdefault(name, draft.id or f"new {draft.position}") not in {
            draft.id,
            f"new {draft.position}",
        }:
            draft.errors.append(_USERNAME_TAKEN)
