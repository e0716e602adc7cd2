"""sObject Collections: up to 200 records a write and 2,000 a read, one API call each.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm

Writes are not all-or-none unless asked: Salesforce answers 200 with one verdict a record, in the order sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from salesforce_abm.errors import DataError
from salesforce_abm.results import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.session import Session

__all__ = ["MAX_READ", "MAX_WRITE", "Collections", "RowError", "RowResult", "WriteOptions"]

MAX_WRITE: Final = 200
"""Records a write."""
MAX_READ: Final = 2_000
"""Ids a retrieve."""
MAX_RUNS: Final = 10
"""Runs of equal type in one write: `[A, A, C, A]` is three."""

Record = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Headers that change what a write does.

    Attributes:
        assignment_rules: run the active assignment rules of Lead, Case and Account. Salesforce's own
            default is yes; ours is no, because a load from a warehouse must not reassign owners.
        allow_duplicates: save in spite of duplicate rules that alert; rules that block still do.
        repeat: send updates, upserts and deletes again when their answer is lost. When false, the caller gets
            `TransientError.outcome_unknown` and looks what happened before it sends the rest again.
    """

    assignment_rules: bool = False
    allow_duplicates: bool = False
    repeat: bool = True

    def headers(self) -> dict[str, str]:
        """Give the request headers."""
        headers = {"Sforce-Auto-Assign": "TRUE" if self.assignment_rules else "FALSE"}
        if self.allow_duplicates:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        return headers


class Collections:
    """Reads and writes records by the hundred.

    Records are Salesforce JSON: field names to JSON values (Decimal allowed), a null clears, an absent key
    leaves alone, a parent by external Id is `{"Account": {"Key__c": "7"}}`. Each names its type in
    `attributes.type`, unless `sobject` names one for all.

    Args:
        session: the signed-in session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def retrieve(self, sobject: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record | None]:
        """Read records by Id.

        Args:
            sobject: their type.
            ids: at most 2,000.
            fields: API names.

        Returns:
            One entry an Id, in their order: the record, or None where it is deleted or hidden.

        Raises:
            ValueError: too many Ids.
            InvalidField: one of the fields does not exist: none is read.
            DataError: the answer does not fit the Ids.
        """
        if len(ids) > MAX_READ:
            raise ValueError(f"{len(ids)} ids in one retrieve, at most {MAX_READ}")
        unique = list(dict.fromkeys(ids))
        if not unique:
            return []
        answer = self._session.request(
            "POST",
            f"composite/sobjects/{sobject}",
            kind="retrieve",
            json={"ids": unique, "fields": list(fields)},
            idempotent=True,
        )
        records = _decode(answer.content, _RECORDS)
        if len(records) != len(unique):
            raise DataError(f"{sobject}: {len(records)} answers for {len(unique)} ids")
        by_id = dict(zip(unique, records, strict=True))
        for wanted, record in by_id.items():
            if record is not None and not _same_id(wanted, record):
                raise DataError(f"{sobject}: retrieve answered another record than {wanted}")
        return [by_id[wanted] for wanted in ids]

    def create(
        self,
        records: Sequence[Record],
        *,
        sobject: str | None = None,
        all_or_none: bool = False,
        options: WriteOptions | None = None,
    ) -> list[RowResult]:
        """Insert records.

        Not repeated when its answer is lost: `TransientError.outcome_unknown` is set then, and the caller
        must look before sending again. An upsert can be repeated.

        Args:
            records: at most 200.
            sobject: the type of all of them.
            all_or_none: one refused record refuses all.
            options: see `WriteOptions`.

        Returns:
            One result a record, in their order.
        """
        typed = [_with_type(record, sobject) for record in records]
        return self._write("POST", "composite/sobjects", typed, all_or_none=all_or_none, options=options)

    def update(
        self,
        records: Sequence[Record],
        *,
        sobject: str | None = None,
        all_or_none: bool = False,
        options: WriteOptions | None = None,
    ) -> list[RowResult]:
        """Update records by their `Id`; arguments and result as in `create`."""
        typed = [_with_type(record, sobject) for record in records]
        return self._write("PATCH", "composite/sobjects", typed, all_or_none=all_or_none, options=options)

    def upsert(
        self,
        sobject: str,
        external_id: str,
        records: Sequence[Record],
        *,
        all_or_none: bool = False,
        options: WriteOptions | None = None,
    ) -> list[RowResult]:
        """Update or insert records by a field of theirs; `RowResult.created` tells which.

        Args:
            sobject: their type.
            external_id: the matching field; each record carries it. It should be unique: with one that is
                not, a repeated request may insert twice.
            records: at most 200, no value of the field twice.
            all_or_none: one refused record refuses all.
            options: see `WriteOptions`.
        """
        path = f"composite/sobjects/{sobject}/{external_id}"
        typed = [_with_type(record, sobject) for record in records]
        return self._write("PATCH", path, typed, all_or_none=all_or_none, options=options)

    def delete(
        self, ids: Sequence[str], *, all_or_none: bool = False, options: WriteOptions | None = None
    ) -> list[RowResult]:
        """Delete records by Id.

        Args:
            ids: at most 200.
            all_or_none: one refused record refuses all.
            options: see `WriteOptions`.

        Returns:
            One result an Id. When the request had to be repeated, rows the first one deleted say
            `ENTITY_IS_DELETED`.
        """
        _check_size(ids)
        if not ids:
            return []
        answer = self._session.request(
            "DELETE",
            "composite/sobjects",
            kind="write",
            params={"ids": ",".join(ids), "allOrNone": "true" if all_or_none else "false"},
            headers=(options or WriteOptions()).headers(),
            idempotent=(options or WriteOptions()).repeat,
        )
        return _results(answer.content, len(ids))

    def _write(
        self,
        method: str,
        path: str,
        typed: list[Record],
        *,
        all_or_none: bool,
        options: WriteOptions | None,
    ) -> list[RowResult]:
        _check_size(typed)
        if not typed:
            return []
        order = _few_runs([record["attributes"]["type"] for record in typed])
        body = {"allOrNone": all_or_none, "records": [typed[position] for position in order]}
        answer = self._session.request(
            method,
            path,
            kind="write",
            data=_ENCODER.encode(body),
            headers={"Content-Type": "application/json", **(options or WriteOptions()).headers()},
            idempotent=method == "PATCH" and (options or WriteOptions()).repeat,
        )
        answered = _results(answer.content, len(typed))
        results = dict(zip(order, answered, strict=True))
        return [results[position] for position in range(len(typed))]


class _Error(msgspec.Struct, rename="camel"):
    status_code: str = "UNKNOWN"
    message: str = ""
    fields: tuple[str, ...] = ()


class _Result(msgspec.Struct):
    success: bool
    id: str | None = None
    created: bool | None = None
    errors: tuple[_Error, ...] = ()


_RECORDS = msgspec.json.Decoder(list[Record | None], float_hook=Decimal)
_RESULTS = msgspec.json.Decoder(list[_Result])
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _decode(body: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise DataError(f"the answer about a collection of records is unreadable: {error}") from error


def _results(body: bytes, expected: int) -> list[RowResult]:
    results = _decode(body, _RESULTS)
    if len(results) != expected:
        raise DataError(f"{len(results)} results for {expected} records: which were written is unknown")
    return [
        RowResult(
            result.id,
            result.success,
            result.created,
            tuple(RowError(error.status_code, error.message, error.fields) for error in result.errors),
        )
        for result in results
    ]


def _check_size(records: Sequence[object]) -> None:
    if len(records) > MAX_WRITE:
        raise ValueError(f"{len(records)} records in one write, at most {MAX_WRITE}")


def _with_type(record: Record, sobject: str | None) -> Record:
    if isinstance(record.get("attributes"), dict) and record["attributes"].get("type"):
        return record
    if sobject is None:
        raise ValueError("a record without attributes.type, and no sobject named for all")
    return {"attributes": {"type": sobject}, **{k: v for k, v in record.items() if k != "attributes"}}


def _few_runs(types: list[str]) -> list[int]:
    """Order positions so that Salesforce's limit on runs of equal type holds, changing nothing else."""
    order = list(range(len(types)))
    if sum(1 for _ in groupby(types)) > MAX_RUNS:
        first_seen = {name: position for position, name in reversed(list(enumerate(types)))}
        order.sort(key=lambda position: first_seen[types[position]])
    if len(set(types)) > MAX_RUNS:
        raise ValueError(f"records of {len(set(types))} types in one write, at most {MAX_RUNS}")
    return order


def _same_id(wanted: str, record: Mapping[str, Any]) -> bool:
    url = (record.get("attributes") or {}).get("url") or ""
    found = record.get("Id") or url.rpartition("/")[2]
    return not found or found[:15] == wanted[:15]
