"""Query batches: run, chunked by primary key, and their results in the job's format."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from local_org.classic import wire
from local_org.http.jsontext import dumps
from local_org.soql import SoqlError, run_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.classic.model import Batch, ClassicJob, ClassicJobs
    from local_org.org import Org
    from local_org.schema import ObjectDef
    from local_org.security import User
    from local_org.soql import QueryResult

# What a CSV result without rows says instead of its header.
NOTHING_FOUND = b"Records not found for this query"
_PAGE = 2000
_WORD = re.compile(r"'(?:\\.|[^'\\])*'|[()]|\b\w+\b", re.DOTALL)
_AFTER_WHERE = {"ORDER", "LIMIT", "OFFSET", "GROUP", "FOR", "ALL", "WITH"}


def run(org: Org, jobs: ClassicJobs, job: ClassicJob, batch: Batch, user: User) -> None:
    """Answer a query batch; with PK chunking it only starts the batches that do.

    Raises:
        SoqlError: refused.
    """
    text = batch.body.decode("utf-8", "replace").strip()
    result = _answer(org, job, user, text)
    if result.sobject.lower() != job.object.lower():
        raise SoqlError(
            "INVALID_TYPE_FOR_OPERATION",
            f"The root entity of the requested query ({result.sobject}) does not match the entity of the"
            f" requested Bulk API Job ({job.object}).",
        )
    if job.chunk_size is not None:
        ranges = list(_ranges(org, job))
        parts = [_within(text, low, high) for low, high in ranges]
        if all(part is not None for part in parts):
            batch.state = "NotProcessed"
            for part in parts:
                chunk = jobs.new_batch(job, (part or "").encode())
                _finish(org, chunk, _answer(org, job, user, part or ""))
            return
    _finish(org, batch, result)


def _answer(org: Org, job: ClassicJob, user: User, text: str) -> QueryResult:
    return run_query(org, user, text, all_rows=job.operation == "queryAll", bulk=True)


def _finish(org: Org, batch: Batch, result: QueryResult) -> None:
    batch.result = result
    batch.result_id = org.store.ids.next("752")[:15]
    batch.processed = result.total_size
    batch.state = "Completed"
    batch.modified = org.clock.now()
    batch.done.set()


def _ranges(org: Org, job: ClassicJob) -> Iterator[tuple[str, str | None]]:
    """Spans of ids with `chunk_size` rows each; the last one has no end."""
    rows = org.store.read().execute(f'SELECT "Id" FROM "{job.object}" ORDER BY "Id"')
    ids = [row[0][:15] for row in rows]
    starts = ids[:: job.chunk_size or len(ids)] or ["000000000000000"]
    yield from zip(starts, [*starts[1:], None], strict=True)


def _within(text: str, low: str, high: str | None) -> str | None:
    """The query with a span of ids added to its conditions; None when it cannot be chunked."""
    depth, where, after = 0, None, len(text)
    for found in _WORD.finditer(text):
        word = found[0].upper()
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word == "WHERE":
            where = found.end()
        elif depth == 0 and word in _AFTER_WHERE and (where is not None or after == len(text)):
            after = found.start()
            break
    if re.match(r"(ORDER|LIMIT|OFFSET)\b", text[after:], re.IGNORECASE):
        return None
    span = f"Id >= '{low}'" + (f" AND Id < '{high}'" if high else "")
    if where is None:
        return f"{text[:after].rstrip()} WHERE {span} {text[after:]}"
    return f"{text[:where]} ({text[where:after].strip()}) AND {span} {text[after:]}"


def content(org: Org, job: ClassicJob, result: QueryResult) -> tuple[str, Iterator[bytes]]:
    """Content type and pieces of a result."""
    if job.content_type == "JSON":
        return wire.JSON, _json(org, job, result)
    if job.content_type == "XML":
        return "application/xml", _xml(job, result)
    return "text/csv", _csv(result)


class _Rows:
    """What `csv.writer` writes to."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def write(self, text: str) -> int:
        """Keep a row."""
        self.held.append(text)
        return len(text)

    def take(self) -> bytes:
        """The rows kept since the last time."""
        text, self.held = "".join(self.held), []
        return text.encode("utf-8", "surrogatepass")


def _csv(result: QueryResult) -> Iterator[bytes]:
    if result.total_size == 0:
        yield NOTHING_FOUND
        return
    rows = _Rows()
    writer = csv.writer(rows, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(result.columns)
    for row in result.csv_rows():
        writer.writerow(row)
        if len(rows.held) >= _PAGE:
            yield rows.take()
    yield rows.take()


def _pages(job: ClassicJob, result: QueryResult) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, result.total_size, _PAGE):
        yield result.records(start, _PAGE, version=job.version)


def _json(org: Org, job: ClassicJob, result: QueryResult) -> Iterator[bytes]:
    yield b"["
    separator = b""
    for page in _pages(job, result):
        for record in page:
            yield separator + dumps(_in_milliseconds(org, record))
            separator = b","
    yield b"]"


def _in_milliseconds(org: Org, record: dict[str, Any]) -> dict[str, Any]:
    """Dates and datetimes as epoch milliseconds, as recorded."""
    item: ObjectDef | None = org.schema.get(record["attributes"]["type"])
    changed = dict(record)
    for name, value in record.items():
        field = item.field(name) if item else None
        if isinstance(value, dict) and "type" in value.get("attributes", {}):
            changed[name] = _in_milliseconds(org, value)
        elif isinstance(value, str) and field is not None and field.type in {"date", "datetime"}:
            moment = datetime.fromisoformat(value.replace("+0000", "+00:00"))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            changed[name] = int(moment.timestamp() * 1000)
    return changed


def _xml(job: ClassicJob, result: QueryResult) -> Iterator[bytes]:
    yield (
        b'<?xml version="1.0" encoding="UTF-8"?><queryResult'
        b' xmlns="http://www.force.com/2009/06/asyncapi/dataload"'
        b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    )
    for page in _pages(job, result):
        yield "".join(f'<records xsi:type="sObject">{_fields(record)}</records>' for record in page).encode()
    yield b"</queryResult>"


def _fields(record: dict[str, Any]) -> str:
    """A record in the partner API's style: the type, the id twice, nulls marked."""
    kind = record["attributes"]["type"]
    record_id = record.get("Id")
    parts = [f"<type>{kind}</type>", f"<Id>{record_id}</Id>" if record_id else '<Id xsi:nil="true"/>']
    for name, value in record.items():
        if name == "attributes":
            continue
        if value is None:
            parts.append(f'<{name} xsi:nil="true"/>')
        elif isinstance(value, dict):
            inner = _fields(value) if "attributes" in value else escape(json.dumps(value))
            parts.append(f'<{name} xsi:type="sObject">{inner}</{name}>')
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f"<{name}>{escape(text)}</{name}>")
    return "".join(parts)
