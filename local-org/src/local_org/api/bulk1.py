"""Bulk API 1.0: jobs, batches, results below `/services/async/XX.0/`.

Answers about jobs follow the request's Content-Type, those about batches the job's.
<https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_reference.htm>
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from local_org import defaults
from local_org.api.soap import local
from local_org.classic import ingest, query, wire
from local_org.classic.model import Batch, ClassicJob
from local_org.classic.wire import ClassicError
from local_org.http import Request, Response, Routes
from local_org.soql import SoqlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.schema import ObjectDef
    from local_org.security import User

routes = Routes()

_BASE = "/services/async/{version}/job"
_OPERATIONS = {"insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll"}
_LARGEST = 10_000_000
_MOST_CHUNK = 250_000


def _served(handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Check version and session in Bulk 1.0's own way."""

    def serve(request: Request) -> Response:
        number = re.fullmatch(r"(\d+)\.0", request.version)
        if number is None or int(number[1]) not in defaults.API_VERSIONS:
            raise _error(request, "InvalidVersion", f"Unsupported API version: {request.version}")
        bearer = request.headers.get("Authorization", "").partition(" ")[2]
        token = request.headers.get("X-SFDC-Session") or bearer
        session = request.org.sessions.find(token.strip())
        if session is None:
            raise ClassicError(
                "InvalidSessionId", "Invalid session id", json=_wants_json(request), status=401
            )
        request.app.become(request, session.user_id)
        return handler(request)

    return serve


def _wants_json(request: Request) -> bool:
    kind = request.headers.get("Content-Type", "") or request.headers.get("Accept", "")
    return "json" in kind.lower()


def _error(request: Request, code: str, message: str) -> ClassicError:
    return ClassicError(code, message, json=_wants_json(request))


@routes.post(_BASE, auth=False)
@_served
def create(request: Request) -> Response:
    """Make a job."""
    value = _read(request)
    operation = str(value.get("operation", ""))
    if operation not in _OPERATIONS:
        raise _error(request, "InvalidJob", f"Unknown operation: {operation}")
    item = _object(request, str(value.get("object") or ""))
    if operation == "hardDelete" and not request.org.access(request.user).has("BulkApiHardDelete"):
        raise _error(
            request, "FeatureNotEnabled", "hardDelete operation requires special user profile permission"
        )
    kind = str(value.get("contentType") or "XML").upper().removeprefix("ZIP_")
    if kind not in {"CSV", "JSON", "XML"}:
        raise _error(request, "InvalidJob", f"Unknown contentType: {kind}")
    now = request.org.clock.now()
    job = ClassicJob(
        id=request.org.store.ids.next("750"),
        operation=operation,
        object=item.name,
        user_id=request.user.id,
        version=request.version,
        content_type=kind,
        created=now,
        modified=now,
        external_id_field=_external_id(request, item, operation, value.get("externalIdFieldName")),
        assignment_rule_id=value.get("assignmentRuleId"),
        chunk_size=_chunk_size(request),
    )
    request.org.classic.add(job)
    return wire.job_answer(job, json=_wants_json(request), status=201)


@routes.get(f"{_BASE}/{{id}}", auth=False)
@_served
def read(request: Request) -> Response:
    """How far a job is."""
    job = _job(request)
    for batch in job.batches:
        _await(request, batch)
    return wire.job_answer(job, json=_wants_json(request))


@routes.post(f"{_BASE}/{{id}}", auth=False)
@_served
def change(request: Request) -> Response:
    """Close or abort a job."""
    job = _job(request)
    state = str(_read(request).get("state", ""))
    if state not in {"Closed", "Aborted"}:
        raise _error(request, "InvalidJobState", f"Unknown state: {state}")
    if job.state == "Aborted":
        raise _error(request, "InvalidJobState", "Job is already aborted")
    job.state = state
    job.modified = request.org.clock.now()
    return wire.job_answer(job, json=_wants_json(request))


@routes.post(f"{_BASE}/{{id}}/batch", auth=False)
@_served
def add_batch(request: Request) -> Response:
    """Take a query, or rows."""
    job = _job(request)
    if job.state != "Open":
        raise _error(request, "InvalidJobState", f"Job {job.id} is not in open state")
    body = request.body
    if len(body) > _LARGEST:
        raise _error(
            request, "ClientInputError", "Failed to read request. Exceeded max size limit of 10000000"
        )
    if b"<!DOCTYPE" in body[:2000].upper() and job.content_type == "XML":
        raise _error(request, "InvalidXML", "DOCTYPE is not allowed")
    limits = request.org.limits
    if limits.remaining("DailyBulkApiBatches") == 0:
        raise _error(request, "ExceededQuota", "ApiBatchItems Limit exceeded.")
    limits.use("DailyBulkApiBatches")
    batch = request.org.classic.new_batch(job, body)
    answer = wire.batch_answer(job, batch, status=201)
    user = request.user
    request.org.jobs.background(lambda: _work(request, job, batch, user))
    return answer


@routes.get(f"{_BASE}/{{id}}/batch", auth=False)
@_served
def list_batches(request: Request) -> Response:
    """All batches of a job."""
    job = _job(request)
    for batch in list(job.batches):
        _await(request, batch)
    return wire.batch_list(job)


@routes.get(f"{_BASE}/{{id}}/batch/{{batch}}", auth=False)
@_served
def read_batch(request: Request) -> Response:
    """How far a batch is."""
    job = _job(request)
    batch = _batch(request, job)
    _await(request, batch)
    return wire.batch_answer(job, batch)


@routes.get(f"{_BASE}/{{id}}/batch/{{batch}}/request", auth=False)
@_served
def read_request(request: Request) -> Response:
    """What was sent."""
    job = _job(request)
    kinds = {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}
    return Response.raw(_batch(request, job).body, content_type=kinds[job.content_type])


@routes.get(f"{_BASE}/{{id}}/batch/{{batch}}/result", auth=False)
@_served
def read_results(request: Request) -> Response:
    """The results of a query by id, or what became of the rows."""
    job = _job(request)
    batch = _batch(request, job)
    _await(request, batch)
    if batch.state != "Completed":
        raise _error(request, "InvalidBatch", "Batch not completed")
    if job.is_query:
        return wire.result_list(job, [batch.result_id])
    kind, pieces = ingest.content(job, batch)
    return Response.stream(pieces, content_type=kind)


@routes.get(f"{_BASE}/{{id}}/batch/{{batch}}/result/{{result}}", auth=False)
@_served
def read_rows(request: Request) -> Response:
    """The rows of a query."""
    job = _job(request)
    batch = _batch(request, job)
    if batch.result is None or batch.result_id != request.params["result"][:15]:
        raise _error(request, "InvalidBatch", f"Invalid result id: {request.params['result']}")
    kind, pieces = query.content(request.org, job, batch.result)
    return Response.stream(pieces, content_type=kind)


def _work(request: Request, job: ClassicJob, batch: Batch, user: User) -> None:
    """Run a batch on a worker."""
    org = request.org
    batch.state = "InProgress"
    began = time.monotonic()
    try:
        if job.is_query:
            query.run(org, org.classic, job, batch, user)
        else:
            ingest.run(org, job, batch, user)
    except SoqlError as error:
        batch.message = f"InvalidBatch : Failed to process query: {error.code}: {error.message}"
        batch.state = "Failed"
    except ingest.BatchError as error:
        batch.message = str(error)
        batch.state = "Failed"
    except Exception as error:  # noqa: BLE001 - a worker has nobody to raise to
        request.app.record(f"batch {batch.id}", error)
        batch.message = "Unknown : Unexpected error in the org"
        batch.state = "Failed"
    finally:
        batch.milliseconds = max(1, int((time.monotonic() - began) * 1000))
        batch.modified = org.clock.now()
        batch.done.set()


def _await(request: Request, batch: Batch) -> None:
    batch.done.wait(request.org.behaviour.patience)


def _job(request: Request) -> ClassicJob:
    job = request.org.classic.find(request.params["id"])
    if job is None:
        raise _error(request, "InvalidJob", f"Unable to find job with id: {request.params['id']}")
    return job


def _batch(request: Request, job: ClassicJob) -> Batch:
    batch = job.batch(request.params["batch"])
    if batch is None:
        raise _error(request, "InvalidBatch", f"Unable to find batch with id: {request.params['batch']}")
    return batch


def _object(request: Request, name: str) -> ObjectDef:
    item = request.org.schema.get(name)
    if item is None or not request.org.access(request.user).can_read(item):
        raise _error(request, "InvalidJob", f"Unable to find object: {name}")
    return item


def _external_id(request: Request, item: ObjectDef, operation: str, name: Any) -> str | None:
    if operation != "upsert":
        return None
    field = item.field(str(name or ""))
    if field is None or not (field.external_id or field.id_lookup or field.type == "id"):
        raise _error(
            request,
            "InvalidJob",
            f"External ID was blank for {item.name}. An External ID must be specified for upsert."
            if not name
            else f"Field name provided, {name} does not match an External ID for {item.name}",
        )
    return field.name


def _chunk_size(request: Request) -> int | None:
    """`Sforce-Enable-PKChunking: true`, `chunkSize=50000; parent=Account`, ..."""
    text = request.headers.get("Sforce-Enable-PKChunking", "")
    if not text or text.strip().lower() == "false":
        return None
    found = re.search(r"chunkSize\s*=\s*(\d+)", text, re.IGNORECASE)
    return min(int(found[1]), _MOST_CHUNK) if found and int(found[1]) > 0 else 100_000


def _read(request: Request) -> dict[str, Any]:
    """A job in XML or JSON."""
    if _wants_json(request):
        try:
            value = json.loads(request.body)
        except ValueError:
            raise _error(request, "ClientInputError", "The request is no JSON") from None
        return value if isinstance(value, dict) else {}
    if b"<!DOCTYPE" in request.body[:2000].upper():
        raise _error(request, "InvalidXML", "DOCTYPE is not allowed")
    try:
        root = ET.fromstring(request.body)  # noqa: S314 - no DOCTYPE, so no entities to expand
    except ET.ParseError as error:
        raise _error(request, "InvalidXML", str(error)) from None
    return {local(child): (child.text or "").strip() for child in root}
