"""Saved reports: a row of the Report object each, and the report's metadata next to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org import ids
from local_org.reports.errors import bad_request, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.org import Org
    from local_org.security import User

Json = dict[str, Any]
PUBLIC_FOLDER = "Public Reports"
# How the Report row spells a format, and the describe.
_FORMATS = {"TABULAR": "Tabular", "SUMMARY": "Summary", "MATRIX": "Matrix", "MULTI_BLOCK": "MultiBlock"}
_TABLE = "_report (id TEXT PRIMARY KEY COLLATE BINARY, metadata TEXT NOT NULL) WITHOUT ROWID"
_EMPTY: Json = {
    "aggregates": ["RowCount"],
    "chart": None,
    "crossFilters": [],
    "currency": None,
    "dashboardSetting": None,
    "description": None,
    "detailColumns": [],
    "division": None,
    "groupingsAcross": [],
    "groupingsDown": [],
    "hasDetailRows": True,
    "hasRecordCount": True,
    "historicalSnapshotDates": [],
    "presentationOptions": {"hasStackedSummaries": True},
    "reportBooleanFilter": None,
    "reportFilters": [],
    "reportFormat": "TABULAR",
    "scope": "organization",
    "showGrandTotal": True,
    "showSubtotals": True,
    "sortBy": [],
    "standardDateFilter": {"column": None, "durationValue": "CUSTOM", "endDate": None, "startDate": None},
    "standardFilters": None,
    "supportsRoleHierarchy": False,
    "userOrHierarchyFilterId": None,
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One saved report.

    Attributes:
        id: 18-character Id.
        name: as people see it.
        metadata: `reportMetadata`, complete.
    """

    id: str
    name: str
    metadata: Json


class Definitions:
    """The saved reports of an org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._ready = False

    def create(self, user: User, metadata: Mapping[str, Any], *, viewed: bool = True) -> Definition:
        """Saves a new report.

        Args:
            user: who makes it.
            metadata: `name` and `reportType` are needed, the rest has defaults.
            viewed: whether it counts as recently viewed, as after saving in the browser.

        Raises:
            ReportError: 400 without a name.
        """
        if not metadata.get("name"):
            raise bad_request("The report name can't be null.")
        report = self._org.schema.object("Report")
        report_id = self._org.store.ids.next(report.id_prefix)
        stamp = self._org.clock.stamp()
        whole = self._complete(report_id, metadata)
        row = {
            "Id": report_id,
            "Name": whole["name"],
            "DeveloperName": whole["developerName"],
            "Description": whole["description"],
            "FolderName": metadata.get("folderName") or PUBLIC_FOLDER,
            "OwnerId": whole["folderId"],
            "Format": _FORMATS.get(whole["reportFormat"], "Tabular"),
            "LastViewedDate": stamp if viewed else None,
            "LastReferencedDate": stamp if viewed else None,
        }
        self._prepare()
        with self._org.store.write() as connection:
            self._org.store.bulk_insert(report, list(row), [list(row.values())], stamp=stamp, user_id=user.id)
            connection.execute("INSERT INTO _report VALUES (?, ?)", (report_id, json.dumps(whole)))
        return Definition(report_id, whole["name"], whole)

    def get(self, report_id: str) -> Definition:
        """One saved report by its 15- or 18-character Id.

        Raises:
            ReportError: 404 when there is none.
        """
        if not ids.is_id(report_id):
            raise not_found()
        whole_id = ids.normalise(report_id)
        self._prepare()
        row = self._org.store.read().execute(
            'SELECT m.metadata FROM _report m JOIN "Report" r ON r."Id" = m.id'
            ' WHERE m.id = ? AND r."IsDeleted" = 0',
            (whole_id,),
        )
        found = row.fetchone()
        if found is None:
            raise not_found()
        metadata = json.loads(found[0])
        return Definition(whole_id, metadata["name"], metadata)

    def change(self, user: User, report_id: str, changes: Mapping[str, Any]) -> Definition:
        """Saves other metadata for a report.

        Raises:
            ReportError: 404 when there is none.
        """
        old = self.get(report_id)
        whole = self._complete(old.id, {**old.metadata, **changes})
        stamp = self._org.clock.stamp()
        with self._org.store.write() as connection:
            connection.execute("UPDATE _report SET metadata = ? WHERE id = ?", (json.dumps(whole), old.id))
            connection.execute(
                'UPDATE "Report" SET "Name" = ?, "Description" = ?, "Format" = ?, "LastModifiedDate" = ?,'
                ' "LastModifiedById" = ?, "SystemModstamp" = ? WHERE "Id" = ?',
                (
                    whole["name"],
                    whole["description"],
                    _FORMATS.get(whole["reportFormat"], "Tabular"),
                    stamp,
                    user.id,
                    stamp,
                    old.id,
                ),
            )
        return Definition(old.id, whole["name"], whole)

    def delete(self, report_id: str) -> None:
        """Moves a report to the recycle bin.

        Raises:
            ReportError: 404 when there is none.
        """
        found = self.get(report_id)
        with self._org.store.write() as connection:
            connection.execute(
                'UPDATE "Report" SET "IsDeleted" = 1, "SystemModstamp" = ? WHERE "Id" = ?',
                (self._org.clock.stamp(), found.id),
            )

    def recent(self) -> list[Definition]:
        """Reports somebody has viewed, the latest first, at most 200."""
        self._prepare()
        rows = self._org.store.read().execute(
            'SELECT m.id, m.metadata FROM "Report" r JOIN _report m ON m.id = r."Id" WHERE r."IsDeleted" = 0'
            ' AND r."LastViewedDate" IS NOT NULL ORDER BY r."LastViewedDate" DESC, r."Id" LIMIT 200'
        )
        found = [(report_id, json.loads(text)) for report_id, text in rows.fetchall()]
        return [Definition(report_id, metadata["name"], metadata) for report_id, metadata in found]

    def ran(self, report_id: str) -> None:
        """Notes that a report was run just now."""
        stamp = self._org.clock.stamp()
        with self._org.store.write() as connection:
            connection.execute(
                'UPDATE "Report" SET "LastRunDate" = ?, "LastViewedDate" = ?, "LastReferencedDate" = ?'
                ' WHERE "Id" = ?',
                (stamp, stamp, stamp, report_id),
            )

    def _complete(self, report_id: str, metadata: Mapping[str, Any]) -> Json:
        name = str(metadata["name"])
        whole = {**_EMPTY, **{key: value for key, value in metadata.items() if key != "folderName"}}
        whole["id"] = report_id
        whole["developerName"] = metadata.get("developerName") or developer_name(name)
        whole["folderId"] = metadata.get("folderId") or self._org.id
        whole["reportFormat"] = str(whole["reportFormat"]).upper()
        return whole

    def _prepare(self) -> None:
        if not self._ready:
            with self._org.store.write() as connection:
                connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE}")
            self._ready = True


def developer_name(name: str) -> str:
    """An API name made from a name, as the report builder proposes it."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "Report"
    return text if text[0].isalpha() else f"X{text}"
