"""What query and ingest jobs have in common on the wire."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from local_org.http import ApiError, Request, Response
from local_org.http.application import NOT_FOUND
from local_org.ids import MalformedIdError, normalise
from local_org.jobs.job import DELIMITERS, FINAL, LINE_ENDINGS, Job, State

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIST_PAGE = 1000


def refusal(code: str, message: str, status: int = 400) -> ApiError:
    """An error as the Bulk API words it: `errorCode` first."""
    return ApiError(status, code, message, code_first=True)


def find_job(request: Request, kind: str | None) -> Job:
    """The job in the URL.

    Raises:
        ApiError: 404 when there is none of that kind.
    """
    try:
        job_id = normalise(request.params["id"])
    except MalformedIdError:
        raise refusal("NOT_FOUND", NOT_FOUND, 404) from None
    job = request.org.jobs.find(job_id)
    if job is None or kind not in {None, job.kind}:
        raise refusal("NOT_FOUND", NOT_FOUND, 404)
    return job


def dialect(value: dict[str, Any]) -> dict[str, str]:
    """Delimiter and line end of a create body, checked.

    Raises:
        ApiError: unknown ones.
    """
    delimiter = str(value.get("columnDelimiter") or "COMMA").upper()
    ending = str(value.get("lineEnding") or "LF").upper()
    if delimiter not in DELIMITERS:
        raise refusal("INVALIDJOB", f"Invalid columnDelimiter: {delimiter}")
    if ending not in LINE_ENDINGS:
        raise refusal("INVALIDJOB", f"Invalid lineEnding: {ending}")
    if str(value.get("contentType") or "CSV").upper() != "CSV":
        raise refusal("INVALIDJOB", f"Invalid contentType: {value['contentType']}")
    return {"delimiter": delimiter, "line_ending": ending}


def create_body(request: Request) -> dict[str, Any]:
    """The JSON object of a create request.

    Raises:
        ApiError: something else was sent.
    """
    value = request.json()
    if not isinstance(value, dict):
        raise refusal("INVALIDJOB", "The request body must be a JSON object")
    return value


def wanted_state(request: Request) -> str:
    """The state a PATCH asks for."""
    value = request.json()
    return str(value.get("state", "")) if isinstance(value, dict) else ""


def abort(request: Request, job: Job) -> None:
    """Abort a job.

    Raises:
        ApiError: it has ended already.
    """
    if job.state in FINAL:
        name = "Completed" if job.state is State.COMPLETE else job.state.value
        raise refusal("INVALIDJOBSTATE", f"Aborting already {name} Job not allowed")
    request.org.jobs.abort(job)


def check_version(request: Request, job: Job) -> None:
    """Results come from the API version the job was made with.

    Raises:
        ApiError: 409 when the URL has another one.
    """
    if request.version != job.version:
        message = f"The API version in the URL, {request.version}, is not the job's: {job.version}"
        raise refusal("CONFLICT", message, 409)


def job_list(request: Request, kind: str) -> Response:
    """A page of jobs: 1000, oldest first, filtered by `jobType`, `isPkChunkingEnabled`, `concurrencyMode`."""
    query = {name.lower(): text for name, text in request.query.items()}
    wanted = query.get("jobtype", "").lower()
    mine = "v2query" if kind == "query" else "v2ingest"
    jobs = [job for job in request.org.jobs.all() if job.kind == kind and wanted in {"", mine}]
    if query.get("ispkchunkingenabled", "false").lower() == "true":
        jobs = []
    if query.get("concurrencymode", "parallel").lower() != "parallel":
        jobs = []
    start = decode_locator(query["querylocator"]) if query.get("querylocator") else 0
    return Response.json(_list_page(request, jobs, start, kind))


def _list_page(request: Request, jobs: Sequence[Job], start: int, kind: str) -> dict[str, Any]:
    end = start + _LIST_PAGE
    done = end >= len(jobs)
    following = None if done else f"{request.prefix}/jobs/{kind}?queryLocator={encode_locator(end)}"
    return {"done": done, "records": [job.listed() for job in jobs[start:end]], "nextRecordsUrl": following}


def encode_locator(position: int) -> str:
    """A locator: `MTAwMDA` for row 10000, as in Salesforce's examples."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def decode_locator(locator: str) -> int:
    """The position a locator stands for.

    Raises:
        ApiError: it is none of ours.
    """
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii"))
    except (ValueError, binascii.Error):
        raise refusal("INVALIDLOCATOR", f"Invalid locator: {locator}") from None
