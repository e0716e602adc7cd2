"""Find, describe and run reports: the requests behind `reports`.

https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/sforce_analytics_rest_api_resource_reference.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from salesforce_abm.bulk.jobs import delays
from salesforce_abm.codes import Action
from salesforce_abm.describe import nearest_name
from salesforce_abm.errors import (
    AccessError,
    ApiError,
    ConfigError,
    DataError,
    NotFound,
    NotSupported,
    QuotaError,
    TransientError,
)
from salesforce_abm.ids import is_id, to18
from salesforce_abm.query import Query
from salesforce_abm.reports.document import ReportDescription, ReportRun, parse_description, parse_run
from salesforce_abm.soql import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from salesforce_abm.session import Session

_FORMATS = {"Tabular": "TABULAR", "Summary": "SUMMARY", "Matrix": "MATRIX", "MultiBlock": "MULTI_BLOCK"}
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")

LONGEST_WAIT: Final = 3600.0
"""Seconds an asynchronous run may take."""


@dataclass(frozen=True, slots=True)
class ReportRef:
    """A report that exists.

    Attributes:
        id: 18-character Id.
        name: what people call it; not unique.
        developer_name: API name; unique.
        format: `TABULAR`, `SUMMARY`, `MATRIX`, or `MULTI_BLOCK` (joined: cannot be run through the API).
    """

    id: str
    name: str
    developer_name: str
    format: str


class Reports:
    """Reads reports.

    Args:
        session: the signed-in session; reports run as its user, who must see them and their folder.
        sleep: pauses between polls, seconds; default: the session's own.
    """

    def __init__(self, session: Session, *, sleep: Callable[[float], object] | None = None) -> None:
        self._session = session
        self._sleep = sleep or session.sleep

    def find(self, name_or_id: str) -> ReportRef:
        """Find a report by Id, API name or name: one API call.

        Raises:
            AccessError: there is none the user may see; the nearest name is in the remedy.
            ConfigError: several have this name; their Ids are in the message.
        """
        if is_id(name_or_id):
            condition = f"Id = {quote(to18(name_or_id))}"
        else:
            condition = f"DeveloperName = {quote(name_or_id)} OR Name = {quote(name_or_id)}"
        found = self._select(f" WHERE {condition}")
        exact = [ref for ref in found if ref.developer_name.lower() == name_or_id.lower()] or found
        if len(exact) == 1:
            return exact[0]
        if exact:
            ids = ", ".join(ref.id for ref in exact)
            raise ConfigError(
                f"report {name_or_id!r}: {len(exact)} reports have this name ({ids})", remedy="Give the Id."
            )
        every = {name: ref for ref in self._select("") for name in (ref.name, ref.developer_name)}
        nearest = nearest_name(name_or_id, every)
        raise AccessError(
            f"report {name_or_id!r}: no such report, or its folder is not shared with the connected user",
            remedy=f"Did you mean {nearest!r}?" if nearest else "Share the report's folder with the user.",
        )

    def describe(self, report_id: str) -> ReportDescription:
        """Read a report's columns and definition: one API call."""
        return parse_description(self._get(f"analytics/reports/{report_id}/describe", report_id))

    def run(self, report_id: str, *, metadata: Mapping[str, Any] | None = None) -> ReportRun:
        """Run a report and read its first 2,000 rows: one API call.

        When the hour's synchronous runs (500) are used up, it is run asynchronously (1,200).

        Args:
            report_id: its Id.
            metadata: the definition to run instead of the saved one, from `metadata`; nothing is saved.

        Raises:
            NotSupported: a joined report, or one on historical trends.
            AccessError: no such report, or not for this user.
            QuotaError: too many runs this hour.
            DataError: fewer rows came than the report counts.
        """
        path = f"analytics/reports/{report_id}"
        details = {"includeDetails": "true"}
        try:
            if metadata is None:
                return parse_run(self._get(path, report_id, details))
            return parse_run(self._post(path, report_id, metadata, details))
        except QuotaError:
            return self.run_async(report_id, metadata=metadata)

    def run_async(self, report_id: str, *, metadata: Mapping[str, Any] | None = None) -> ReportRun:
        """Run a report in the background and wait for it; without the two minutes a plain run may take."""
        path = f"analytics/reports/{report_id}/instances"
        handle = self._post(path, report_id, metadata, {"includeDetails": "true"})
        waited = 0.0
        for pause in delays():
            self._sleep(pause)
            waited += pause
            document = self._get(f"{path}/{handle['id']}", report_id)
            status = (document.get("attributes") or {}).get("status")
            if status in {None, "Success"}:
                return parse_run(document)
            if status == "Error":
                raise ApiError(200, "REPORT_FAILED", f"the run of report {report_id} failed")
            if waited > LONGEST_WAIT:
                break
        raise TransientError(f"the run of report {report_id} has not finished after an hour")

    def _select(self, where: str) -> list[ReportRef]:
        soql = f"SELECT Id, Name, DeveloperName, Format FROM Report{where}"
        return [
            ReportRef(
                id=record["Id"],
                name=record["Name"] or "",
                developer_name=record["DeveloperName"] or "",
                format=_FORMATS.get(record["Format"], str(record["Format"]).upper()),
            )
            for record in Query(self._session).records(soql)
        ]

    def _get(self, path: str, report_id: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._session.request("GET", path, kind="report", params=params)
        except ApiError as error:
            better = _better(error, report_id)
            if better is error:
                raise
            raise better from error
        return _decode(answer.content)

    def _post(
        self, path: str, report_id: str, metadata: Mapping[str, Any] | None, params: Mapping[str, str]
    ) -> dict[str, Any]:
        # A run changes nothing, so a lost answer is simply asked for again.
        try:
            answer = self._session.request(
                "POST",
                path,
                kind="report",
                params=params,
                data=b"" if metadata is None else _ENCODER.encode({"reportMetadata": metadata}),
                headers={"Content-Type": "application/json"},
                idempotent=True,
            )
        except ApiError as error:
            better = _better(error, report_id)
            if better is error:
                raise
            raise better from error
        return _decode(answer.content)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise DataError(f"the answer about a report is unreadable: {error}") from error


def _better(error: ApiError, report_id: str) -> ApiError | AccessError | QuotaError:
    """Say what a refused report request means."""
    about = f"report {report_id}: {error.detail}"
    if error.action is Action.WAIT:
        return QuotaError(about, remedy=error.remedy, code=error.code)
    if error.status == 501:
        return NotSupported(
            501, error.code, error.detail, request_id=error.request_id, operation=f"report {report_id}"
        )
    if isinstance(error, NotFound) or error.status == 403:
        return AccessError(
            about,
            remedy="Check the Id, share its folder with the connected user, and allow 'Run Reports'.",
            code=error.code,
        )
    return error
