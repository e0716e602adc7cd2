"""What the tests let salesforce-bulk do. Runs in its environment."""

from __future__ import annotations

import io
import json
from typing import Any

import unicodecsv
from answer import main
from salesforce_bulk import CsvDictsAdapter, SalesforceBulk
from salesforce_bulk.salesforce_bulk import BulkApiError, BulkBatchFailed


def logged_in(connection: dict[str, str]) -> SalesforceBulk:
    """A client; it asks for version 40.0."""
    return SalesforceBulk(**connection)


def load(connection: dict[str, str], kind: str, external_id: str) -> dict[str, Any]:
    """Insert, upsert, update and delete, as CSV or JSON."""
    bulk = logged_in(connection)
    told: dict[str, Any] = {}
    ids: list[str] = []
    for operation in ("insert", "upsert", "update", "delete"):
        named = {"external_id_name": external_id} if operation == "upsert" else {}
        job = bulk.create_job("Contact", operation, contentType=kind, concurrency="Parallel", **named)
        rows: list[dict[str, Any]] = {
            "insert": [{"LastName": f"Łastname {n}", "Code__c": f"c{n}"} for n in range(3)],
            "upsert": [{"Code__c": code, "LastName": f'"Up", {code}'} for code in ("c0", "new")],
            "update": [{"Id": item, "FirstName": "F"} for item in [*ids[:1], "003000000000000AAA"]],
            "delete": [{"Id": item} for item in ids[1:2]],
        }[operation]
        body = CsvDictsAdapter(iter(rows)) if kind == "CSV" else json.dumps(rows)
        batch = bulk.post_batch(job, body)
        bulk.wait_for_batch(job, batch, timeout=20, sleep_interval=1)
        bulk.close_job(job)
        results = bulk.get_batch_results(batch)
        ids = ids or [row.id for row in results]
        told[operation] = [
            [row.id, str(row.success).lower(), str(row.created).lower(), row.error] for row in results
        ]
        told["state"] = bulk.job_state(job)
        told["batches"] = [item["state"] for item in bulk.get_batch_list(job)]
    return told


def query(connection: dict[str, str], kind: str, soql: str) -> dict[str, Any]:
    """Query in CSV, JSON or XML."""
    bulk = logged_in(connection)
    job = bulk.create_query_job("Contact", contentType=kind)
    batch = bulk.query(job, soql)
    bulk.close_job(job)
    try:
        bulk.wait_for_batch(job, batch, timeout=20, sleep_interval=1)
    except BulkBatchFailed as error:
        return {"failed": error.state_message}
    (result,) = bulk.get_all_results_for_query_batch(batch)
    body = result.read()
    told: dict[str, Any] = {"request": bulk.get_query_batch_request(batch, job)}
    if kind == "CSV":
        told["rows"] = list(unicodecsv.DictReader(io.BytesIO(body), encoding="utf-8"))
    elif kind == "JSON":
        told["rows"] = [{name: row[name] for name in row if name != "attributes"} for row in json.loads(body)]
    else:
        told["text"] = body.decode()
    return told


def chunked(connection: dict[str, str]) -> dict[str, Any]:
    """A query cut by primary keys, and a job that is given up."""
    bulk = logged_in(connection)
    job = bulk.create_query_job("Contact", contentType="CSV", pk_chunking=100)
    bulk.query(job, "SELECT Id, LastName FROM Contact")
    first, *chunks = bulk.get_batch_list(job)
    rows = []
    for chunk in chunks:
        bulk.wait_for_batch(job, chunk["id"], timeout=20, sleep_interval=1)
        for result in bulk.get_all_results_for_query_batch(chunk["id"], job):
            rows += [row["Id"] for row in unicodecsv.DictReader(io.BytesIO(result.read()), encoding="utf-8")]
    bulk.close_job(job)
    given_up = bulk.create_insert_job("Contact", contentType="CSV")
    bulk.abort_job(given_up)
    told = {
        "first": bulk.batch_state(first["id"], job),
        "chunks": len(chunks),
        "rows": rows,
        "aborted": bulk.job_state(given_up),
    }
    try:
        bulk.create_insert_job("Nothing__c")
    except BulkApiError as error:
        told["refused"] = str(error)
    return told


if __name__ == "__main__":
    main(load, query, chunked)
