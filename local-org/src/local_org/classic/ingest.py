"""Batches of rows to write, in CSV, JSON or XML; results keep the order of the rows."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from local_org.api.soap import local
from local_org.classic import wire
from local_org.dml.outcome import WriteOptions
from local_org.http.jsontext import dumps
from local_org.jobs.csvtext import quoted
from local_org.jobs.headers import HeaderError, read_header
from local_org.jobs.ingest import error_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.classic.model import Batch, ClassicJob
    from local_org.dml.outcome import RowOutcome
    from local_org.org import Org
    from local_org.security import User

_MOST_ROWS = 10_000


class BatchError(Exception):
    """A batch that cannot be read; the text becomes its `stateMessage`."""


def run(org: Org, job: ClassicJob, batch: Batch, user: User) -> None:
    """Write the rows of a batch.

    Raises:
        BatchError: the rows cannot be read.
    """
    rows, as_csv = _rows(org, job, batch, user)
    if len(rows) > _MOST_ROWS:
        raise BatchError(f"InvalidBatch : Records exceed the limit of {_MOST_ROWS} per batch")
    options = WriteOptions(assignment_rules=job.assignment_rule_id is not None)
    dml = org.dml
    match job.operation:
        case "insert":
            outcomes = dml.create_many(user, job.object, rows, csv=as_csv, options=options)
        case "update":
            outcomes = dml.update_many(user, job.object, rows, csv=as_csv, options=options)
        case "upsert":
            key = job.external_id_field or "Id"
            outcomes = dml.upsert_many(user, job.object, key, rows, csv=as_csv, options=options)
        case _:
            ids = [str(next((v for k, v in row.items() if k.lower() == "id"), "")) for row in rows]
            hard = job.operation == "hardDelete"
            outcomes = dml.delete_many(user, ids, sobject=job.object, hard=hard)
    batch.outcomes = outcomes
    batch.processed = len(outcomes)
    batch.failed = sum(not outcome.success for outcome in outcomes)
    batch.state = "Completed"
    batch.modified = org.clock.now()


def _rows(org: Org, job: ClassicJob, batch: Batch, user: User) -> tuple[list[dict[str, Any]], bool]:
    try:
        if job.content_type == "JSON":
            rows = json.loads(batch.body)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise BatchError("InvalidBatch : A list of records is wanted")
            return rows, False
        if job.content_type == "XML":
            return [_from_xml(item) for item in ET.fromstring(batch.body)], False  # noqa: S314 - see below
        return _from_csv(org, job, batch, user), True
    except (ValueError, ET.ParseError, csv.Error) as error:
        raise BatchError(f"InvalidBatch : Failed to parse the batch: {error}") from None


def _from_csv(org: Org, job: ClassicJob, batch: Batch, user: User) -> list[dict[str, Any]]:
    reader = csv.reader(io.StringIO(batch.body.decode("utf-8"), newline=""))
    names = next(reader, [])
    if not names:
        raise BatchError("InvalidBatch : Records not found")
    try:
        header = read_header(org, user, job.object, job.operation, names)
    except HeaderError as error:
        raise BatchError(f"InvalidBatch : {error}") from None
    rows = [row for row in reader if row]
    if any(len(row) != len(names) for row in rows):
        raise BatchError("InvalidBatch : The number of columns differs from the header's")
    return [header.record(row) for row in rows]


def _from_xml(item: ET.Element) -> dict[str, Any]:
    """`<sObject><Name>..</Name></sObject>`; `xsi:nil` is null. A DOCTYPE was refused before."""
    nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
    values: dict[str, Any] = {}
    for child in item:
        if child.get(nil) == "true":
            values[local(child)] = None
        elif len(child):
            inner = child[0] if local(child[0]) == "sObject" else child
            values[local(child)] = _from_xml(inner)
        else:
            values[local(child)] = child.text or ""
    return values


def content(job: ClassicJob, batch: Batch) -> tuple[str, Iterator[bytes]]:
    """Content type and pieces of a batch's result."""
    if job.content_type == "JSON":
        return wire.JSON, iter((dumps([_json(job, item) for item in batch.outcomes]),))
    if job.content_type == "XML":
        head = '<?xml version="1.0" encoding="UTF-8"?><results xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
        body = "".join(_xml(job, item) for item in batch.outcomes)
        return "application/xml", iter((f"{head}{body}</results>".encode(),))
    return "text/csv", _csv(job, batch)


def _csv(job: ClassicJob, batch: Batch) -> Iterator[bytes]:
    yield b'"Id","Success","Created","Error"\n'
    for outcome in batch.outcomes:
        error = error_text(outcome.errors[0]) if outcome.errors else ""
        success, created = str(outcome.success).lower(), str(_is_new(job, outcome)).lower()
        yield quoted((_id(outcome), success, created, error), ",", "\n").encode()


def _json(job: ClassicJob, outcome: RowOutcome) -> dict[str, Any]:
    return {
        "success": outcome.success,
        "created": _is_new(job, outcome),
        "id": _id(outcome) or None,
        "errors": [
            {
                "statusCode": error.status_code,
                "message": error.message,
                "fields": list(error.fields),
                "extendedErrorDetails": None,
            }
            for error in outcome.errors
        ],
    }


def _xml(job: ClassicJob, outcome: RowOutcome) -> str:
    from local_org.metadata.xml import from_dict  # noqa: PLC0415 - only the rare XML job needs it

    parts: dict[str, Any] = {
        "id": _id(outcome) or None,
        "success": outcome.success,
        "created": _is_new(job, outcome),
    }
    parts["errors"] = [
        {"fields": list(error.fields), "message": error.message, "statusCode": error.status_code}
        for error in outcome.errors
    ]
    return f"<result>{from_dict(parts)}</result>"


def _is_new(job: ClassicJob, outcome: RowOutcome) -> bool:
    return outcome.success and (bool(outcome.created) or job.operation == "insert")


def _id(outcome: RowOutcome) -> str:
    return outcome.id or ""
