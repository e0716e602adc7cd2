"""Bulk API 2.0 ingest jobs.

<https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/walkthrough_upload_data.htm>
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from local_org.api import bulk
from local_org.api.bulk import refusal
from local_org.http import Request, Response, Routes
from local_org.jobs import ingest
from local_org.jobs.csvtext import quoted
from local_org.jobs.job import DELIMITERS, FINAL, LINE_ENDINGS, Job, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.schema import ObjectDef

routes = Routes()

_OPERATIONS = {"insert", "update", "upsert", "delete", "hardDelete"}
_LARGEST = 150 * 1024 * 1024
_LARGEST_MULTIPART = 100_000
_PIECE = 256 * 1024


@routes.post("/services/data/v{version}/jobs/ingest")
def create(request: Request) -> Response:
    """Make a job; a multipart request brings its rows along and closes it."""
    if request.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        return _create_whole(request)
    job = _create(request, bulk.create_body(request))
    return Response.json(job.created_answer())


@routes.get("/services/data/v{version}/jobs/ingest")
def all_jobs(request: Request) -> Response:
    """All ingest jobs."""
    return bulk.job_list(request, "ingest")


@routes.get("/services/data/v{version}/jobs/ingest/{id}")
def status(request: Request) -> Response:
    """How far a job is."""
    return Response.json(request.org.jobs.poll(bulk.find_job(request, "ingest")))


@routes.put("/services/data/v{version}/jobs/ingest/{id}/batches")
def upload(request: Request) -> Response:
    """Take the rows, once."""
    job = bulk.find_job(request, "ingest")
    kind = request.headers.get("Content-Type", "text/csv").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise refusal("UNSUPPORTED_MEDIA_TYPE", f"Content-Type {kind} is not supported: use text/csv", 415)
    if job.state is not State.OPEN:
        raise refusal(
            "INVALIDJOBSTATE", f"Uploading data is not allowed, the Job is in state {job.state.value}"
        )
    if job.uploaded is not None:
        raise refusal(
            "CLIENTINPUTERROR",
            f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current"
            " Job then create a new Job and make sure you only do 'PUT' once on a given Job.",
        )
    path = job.folder / "upload.csv"
    if not _save(request, path):
        path.unlink()
        raise refusal("CLIENTINPUTERROR", "The content is larger than 150 MB")
    job.uploaded = path
    return Response.empty(201)


@routes.patch("/services/data/v{version}/jobs/ingest/{id}")
def change(request: Request) -> Response:
    """Close or abort a job."""
    job = bulk.find_job(request, "ingest")
    wanted = bulk.wanted_state(request)
    if wanted == State.ABORTED:
        bulk.abort(request, job)
    elif wanted == State.UPLOAD_COMPLETE:
        if job.state is not State.OPEN:
            raise refusal("INVALIDJOBSTATE", f"Closing already {_already(job)} Job not allowed")
        answer = _close(request, job)
        return Response.json(answer)
    else:
        raise refusal("INVALIDJOBSTATE", f"Changing the state of a Job to {wanted or 'null'} is not allowed")
    return Response.json(job.closed_answer())


@routes.delete("/services/data/v{version}/jobs/ingest/{id}")
def delete(request: Request) -> Response:
    """Forget a job, its rows and results."""
    job = bulk.find_job(request, "ingest")
    if job.state is State.IN_PROGRESS:
        raise refusal("INVALIDJOBSTATE", "Deleting a Job in state InProgress is not allowed: abort it first")
    request.org.jobs.forget(job)
    return Response.empty()


@routes.get("/services/data/v{version}/jobs/ingest/{id}/successfulResults")
def successful_results(request: Request) -> Response:
    """The rows that were written."""
    return _results(request, "successfulResults")


@routes.get("/services/data/v{version}/jobs/ingest/{id}/failedResults")
def failed_results(request: Request) -> Response:
    """The rows that were refused, with the reason. For a query job there are none."""
    job = bulk.find_job(request, None)
    if job.kind == "query" and job.query is not None:
        delimiter, end = DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending]
        line = quoted(("sf__Id", "sf__Error", *job.query.columns), delimiter, end)
        return Response.csv((line.encode(),))
    return _results(request, "failedResults")


@routes.get("/services/data/v{version}/jobs/ingest/{id}/unprocessedrecords")
def unprocessed_records(request: Request) -> Response:
    """The rows a job that ended early never looked at, as they were uploaded."""
    return _results(request, "unprocessedrecords")


def _results(request: Request, name: str) -> Response:
    job = bulk.find_job(request, "ingest")
    if job.state not in FINAL or job.polls_left > 0:
        raise refusal("INVALIDJOBSTATE", f"Job {job.id} has no results: its state is {job.state.value}")
    path = ingest.result_path(job, name)
    if path.exists():
        return Response.csv(_pieces(path))
    if name == "unprocessedrecords" and job.uploaded is not None:
        return Response.csv(_pieces(job.uploaded))
    return Response.csv((ingest.head(job, name, "").encode(),))


def _create(request: Request, value: dict[str, Any]) -> Job:
    operation = str(value.get("operation", ""))
    if operation not in _OPERATIONS:
        raise refusal("INVALIDJOB", f"Invalid operation: {operation or 'null'}")
    name = str(value.get("object") or "")
    item = request.org.schema.get(name)
    access = request.org.access(request.user)
    if item is None or not access.can_read(item):
        raise refusal("INVALIDJOB", f"InvalidJob : Unable to find object: {name or 'null'}")
    if operation == "hardDelete" and not access.has("BulkApiHardDelete"):
        raise refusal(
            "FEATURENOTENABLED",
            "hardDelete operation requires special user profile permission, please contact your system"
            " administrator",
        )
    return request.org.jobs.create(
        kind="ingest",
        operation=operation,
        object=item.name,
        user_id=request.user.id,
        version=request.version,
        state=State.OPEN,
        external_id_field=_external_id(item, operation, value.get("externalIdFieldName")),
        assignment_rule_id=value.get("assignmentRuleId"),
        **bulk.dialect(value),
    )


def _external_id(item: ObjectDef, operation: str, name: object) -> str | None:
    if operation != "upsert":
        return None
    if not isinstance(name, str) or not name:
        raise refusal(
            "INVALIDJOB",
            f"InvalidJob : External ID was blank for {item.name}."
            " An External ID must be specified for upsert.",
        )
    field = item.field(name)
    if field is None or not (field.external_id or field.id_lookup or field.name == "Id"):
        raise refusal(
            "INVALIDJOB",
            f"InvalidJob : Field name provided, {name} does not match an External ID, Salesforce Id,"
            f" or indexed field for {item.name}",
        )
    return field.name


def _create_whole(request: Request) -> Response:
    parts = _multipart(request)
    if "job" not in parts or "content" not in parts:
        raise refusal("INVALIDJOB", "A multipart request needs the parts job and content")
    if len(parts["content"]) > _LARGEST_MULTIPART:
        raise refusal(
            "CLIENTINPUTERROR", "The content of a multipart request is limited to 100,000 characters"
        )
    try:
        value = json.loads(parts["job"])
    except ValueError:
        raise refusal("INVALIDJOB", "The part job is no JSON") from None
    job = _create(request, value if isinstance(value, dict) else {})
    path = job.folder / "upload.csv"
    path.write_bytes(parts["content"])
    job.uploaded = path
    _close(request, job)
    return Response.json(job.created_answer() | {"state": State.UPLOAD_COMPLETE.value})


def _multipart(request: Request) -> dict[str, bytes]:
    """The parts of a `multipart/form-data` body by name, byte for byte."""
    found = re.search(r'boundary="?([^";,]+)"?', request.headers["Content-Type"], re.IGNORECASE)
    if found is None:
        raise refusal("INVALIDJOB", "The multipart request names no boundary")
    parts: dict[str, bytes] = {}
    for part in request.body.split(b"--" + found[1].encode())[1:]:
        if part.startswith(b"--"):
            break
        head, blank, content = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            head, _, content = part.lstrip(b"\n").partition(b"\n\n")
        name = re.search(rb'name="?([^";\r\n]+)"?', head, re.IGNORECASE)
        if name is not None:
            # The line end before the boundary belongs to the boundary.
            parts[name[1].decode("utf-8", "replace")] = re.sub(rb"\r?\n\Z", b"", content)
    return parts


def _close(request: Request, job: Job) -> dict[str, Any]:
    job.move(State.UPLOAD_COMPLETE, request.org.clock.now())
    answer = job.closed_answer()
    request.org.jobs.start(job)
    return answer


def _already(job: Job) -> str:
    return "Completed" if job.state is State.COMPLETE else job.state.value


def _save(request: Request, path: Path) -> bool:
    left = _LARGEST
    with path.open("wb") as file:
        while piece := request.stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                return False
            file.write(piece)
    return True


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
