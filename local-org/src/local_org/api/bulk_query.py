"""Bulk API 2.0 query jobs.

<https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.api import bulk
from local_org.api.bulk import refusal
from local_org.http import ApiError, Request, Response, Routes
from local_org.jobs.job import FINAL, Job, State
from local_org.soql import SoqlError, run_query

if TYPE_CHECKING:
    from local_org.jobs.query import ResultFile

routes = Routes()

_PAGES_AT_ONCE = 5
_RESULT_PAGES_FROM = 58.0


@routes.post("/services/data/v{version}/jobs/query")
def create(request: Request) -> Response:
    """Make a job: the query is checked now, its rows are written by a worker."""
    value = bulk.create_body(request)
    operation = str(value.get("operation", ""))
    if operation not in {"query", "queryAll"}:
        raise refusal("INVALIDJOB", f"Invalid operation: {operation or 'null'}")
    text = value.get("query")
    if not isinstance(text, str) or not text.strip():
        raise refusal("INVALIDJOB", "The query is missing")
    _take_allowance(request)
    dialect = bulk.dialect(value)
    asked = (request.user.id, request.version, operation, text, *dialect.values())
    known = request.org.jobs.find(request.app.rendered.jobs.get(asked, ""))
    if known is not None and request.org.behaviour.prerendered:
        return Response.json(known.created_answer() | {"state": State.UPLOAD_COMPLETE.value})
    try:
        result = run_query(request.org, request.user, text, all_rows=operation == "queryAll", bulk=True)
    except SoqlError as error:
        raise ApiError(400, error.code, error.message, code_first=_of_the_bulk_layer(error)) from None
    jobs = request.org.jobs
    job = jobs.create(
        kind="query",
        operation=operation,
        object=result.sobject,
        user_id=request.user.id,
        version=request.version,
        state=State.UPLOAD_COMPLETE,
        query=result,
        **dialect,
    )
    answer = job.created_answer()
    if request.org.behaviour.prerendered:
        request.app.rendered.jobs[asked] = job.id
    jobs.start(job)
    return Response.json(answer)


@routes.get("/services/data/v{version}/jobs/query")
def all_jobs(request: Request) -> Response:
    """All query jobs."""
    return bulk.job_list(request, "query")


@routes.get("/services/data/v{version}/jobs/query/{id}")
def status(request: Request) -> Response:
    """How far a job is."""
    return Response.json(request.org.jobs.poll(bulk.find_job(request, "query")))


@routes.patch("/services/data/v{version}/jobs/query/{id}")
def change(request: Request) -> Response:
    """Abort a job."""
    job = bulk.find_job(request, "query")
    wanted = bulk.wanted_state(request)
    if wanted != State.ABORTED:
        raise refusal(
            "INVALIDJOBSTATE", f"Changing the state of a query job to {wanted or 'null'} is not allowed"
        )
    bulk.abort(request, job)
    return Response.json(job.answer())


@routes.delete("/services/data/v{version}/jobs/query/{id}")
def delete(request: Request) -> Response:
    """Forget a job and its results."""
    job = bulk.find_job(request, "query")
    if job.state not in FINAL and job.state is not State.UPLOAD_COMPLETE:
        raise refusal(
            "INVALIDJOBSTATE", f"Deleting a Job in state {job.state.value} is not allowed: abort it first"
        )
    if not request.org.behaviour.prerendered:
        request.org.jobs.forget(job)
    return Response.empty()


@routes.get("/services/data/v{version}/jobs/query/{id}/results")
def results(request: Request) -> Response:
    """A page of rows, from a locator on."""
    job = bulk.find_job(request, "query")
    bulk.check_version(request, job)
    rows = _finished(job)
    locator = request.query.get("locator", "")
    start = bulk.decode_locator(locator) if locator else 0
    if start < 0 or start > len(rows):
        raise refusal("INVALIDLOCATOR", f"Invalid locator: {locator}")
    size = _page_rows(request)
    end = min(start + size, len(rows))
    headers = {
        "Sforce-NumberOfRecords": str(end - start),
        # The literal text: clients compare with it.
        "Sforce-Locator": bulk.encode_locator(end) if end < len(rows) else "null",
    }
    return Response.csv(rows.page(start, size), headers=headers)


@routes.get("/services/data/v{version}/jobs/query/{id}/resultPages")
def result_pages(request: Request) -> Response:
    """Addresses of up to five result pages, to be fetched in parallel."""
    if request.version_number < _RESULT_PAGES_FROM:
        raise refusal("NOT_FOUND", "The requested resource does not exist", 404)
    job = bulk.find_job(request, "query")
    bulk.check_version(request, job)
    rows = _finished(job)
    size = request.org.behaviour.bulk_page_rows
    locator = request.query.get("locator", "")
    start = bulk.decode_locator(locator) if locator else 0
    base = f"{request.prefix}/jobs/query/{job.id}"
    positions = list(range(start, max(len(rows), 1), size))[:_PAGES_AT_ONCE]
    following = start + _PAGES_AT_ONCE * size
    done = following >= len(rows)
    answer: dict[str, Any] = {
        "resultPages": [
            {"resultUrl": f"{base}/results?locator={bulk.encode_locator(position)}"} for position in positions
        ],
        "nextRecordsUrl": None if done else f"{base}/resultPages?locator={bulk.encode_locator(following)}",
        "done": done,
    }
    return Response.json(answer)


def _finished(job: Job) -> ResultFile:
    if job.state is not State.COMPLETE or job.result is None or job.polls_left > 0:
        raise refusal("INVALIDJOBSTATE", f"Job {job.id} has no results: its state is {job.state.value}")
    return job.result


def _page_rows(request: Request) -> int:
    asked = request.query.get("maxRecords", "")
    if not asked:
        return request.org.behaviour.bulk_page_rows
    if not asked.isdecimal() or int(asked) < 1:
        raise refusal("INVALIDJOB", f"Invalid maxRecords: {asked}")
    return int(asked)


def _take_allowance(request: Request) -> None:
    limits = request.org.limits
    if limits.remaining("DailyBulkV2QueryJobs") == 0:
        most, used = limits.maxima["DailyBulkV2QueryJobs"], limits.used("DailyBulkV2QueryJobs")
        raise refusal(
            "LIMIT_EXCEEDED", f"Max bulk v2 query jobs ({most}) per 24 hrs has been reached ({used})."
        )
    limits.use("DailyBulkV2QueryJobs")


def _of_the_bulk_layer(error: SoqlError) -> bool:
    """Errors of the Bulk layer itself put `errorCode` first; those of SOQL put `message` first."""
    return error.code in {"INVALIDENTITY", "FUNCTIONALITY_NOT_ENABLED", "API_ERROR", "INVALIDJOB"}
