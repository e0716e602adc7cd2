"""Files and attachments: sizes, checksums, and the document behind the versions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from local_org.dml import errors
from local_org.triggers import rows

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft


def before_attachment(batch: Batch) -> None:
    """Measure the body."""
    for draft in batch.good:
        if draft.changes("Body"):
            draft.new["BodyLength"] = len(draft.new["Body"] or b"")


def before_version(batch: Batch) -> None:
    """Measure the data, name the file, and make the document of a first version."""
    for draft in batch.good:
        if not draft.is_new:
            continue
        path = draft.value("PathOnClient")
        if path is None and draft.value("ContentUrl") is None:
            draft.errors.append(errors.required(["PathOnClient"]))
            continue
        name, _, extension = str(path or "").rpartition("/")[2].rpartition(".")
        if draft.value("Title") is None:
            draft.new["Title"] = name or extension
        data = draft.value("VersionData") or b""
        draft.new.update(
            ContentSize=len(data),
            Checksum=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            FileExtension=extension if name else None,
            FileType=(extension.upper() if name else "UNKNOWN")[:20],
            IsLatest=1,
            PublishStatus="P",
            ContentModifiedDate=draft.value("ContentModifiedDate") or batch.stamp,
            ContentModifiedById=batch.user.id,
        )
        _attach(batch, draft)


def after_version(batch: Batch) -> None:
    """Let the document know its latest version, and link it to where it was first published."""
    for draft in batch.good:
        if not draft.is_new:
            continue
        document = draft.value("ContentDocumentId")
        batch.connection.execute(
            'UPDATE "ContentVersion" SET "IsLatest" = 0 WHERE "ContentDocumentId" = ? AND "Id" <> ?',
            (document, draft.id),
        )
        rows.touch(
            batch, "ContentDocument", document, {"LatestPublishedVersionId": draft.id, **_shown(draft)}
        )
        place = draft.value("FirstPublishLocationId")
        if place and draft.value("VersionNumber") == "1":
            link = {
                "ContentDocumentId": document,
                "LinkedEntityId": place,
                "ShareType": "V",
                "Visibility": "AllUsers",
            }
            rows.insert(batch, "ContentDocumentLink", [link])


def _attach(batch: Batch, draft: Draft) -> None:
    document = draft.value("ContentDocumentId")
    if document is None:
        made = {"OwnerId": draft.value("OwnerId"), "PublishStatus": "P", **_shown(draft)}
        draft.new["ContentDocumentId"] = rows.insert(batch, "ContentDocument", [made])[0]
        draft.new["VersionNumber"] = "1"
        return
    count = batch.connection.execute(
        'SELECT count(*) FROM "ContentVersion" WHERE "ContentDocumentId" = ?', (document,)
    ).fetchone()[0]
    draft.new["VersionNumber"] = str(count + 1)


def _shown(draft: Draft) -> dict[str, Any]:
    names = ("Title", "ContentSize", "FileType", "FileExtension", "ContentModifiedDate")
    return {name: draft.value(name) for name in names}
