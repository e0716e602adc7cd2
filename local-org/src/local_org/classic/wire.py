"""Jobs, batches and errors of Bulk API 1.0 as XML and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from local_org.clock import bulk, rest, stored
from local_org.http import Refusal, Response

if TYPE_CHECKING:
    from datetime import datetime

    from local_org.classic.model import Batch, ClassicJob

_NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
JSON = "application/json"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class ClassicError(Refusal):
    """A refusal: an object or an XML element, where REST has a list.

    Args:
        code: such as `InvalidJob`.
        message: text.
        json: answer in JSON rather than XML.
    """

    def __init__(self, code: str, message: str, *, json: bool, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.json = json
        self.status = status

    def response(self) -> Response:
        """The answer."""
        if self.json:
            return plain_json(
                {"exceptionCode": self.code, "exceptionMessage": self.message}, status=self.status
            )
        content = _elements({"exceptionCode": self.code, "exceptionMessage": self.message})
        return xml("error", content, status=self.status)


def plain_json(value: Any, *, status: int = 200) -> Response:
    """A JSON document about batches or errors: no charset in its type, which clients compare whole."""
    answer = Response.json(value, status=status)
    answer.content_type = JSON
    return answer


def xml(name: str, content: str, *, status: int = 200) -> Response:
    """An XML document."""
    text = f'{_HEAD}<{name}\n   xmlns="{_NAMESPACE}">{content}</{name}>'
    if not content:
        text = f'{_HEAD}<{name}\n   xmlns="{_NAMESPACE}" />'
    return Response.raw(text.encode(), content_type="application/xml", status=status)


def job_answer(job: ClassicJob, *, json: bool, status: int = 200) -> Response:
    """A job, in the form the request is in."""
    if json:
        value = _job(job, as_json=True)
        value |= {"assignmentRuleId": job.assignment_rule_id, "fastPathEnabled": False}
        return Response.json(value, status=status)
    return xml("jobInfo", _elements(_job(job, as_json=False)), status=status)


def batch_answer(job: ClassicJob, batch: Batch, *, status: int = 200) -> Response:
    """A batch, in the form the job's rows are in."""
    if job.content_type == "JSON":
        answer = plain_json(_batch_json(job, batch), status=status)
    else:
        answer = xml("batchInfo", _elements(_batch_xml(job, batch)), status=status)
    if status == 201:
        answer.headers["Location"] = f"/services/async/{job.version}/job/{job.id}/batch/{batch.id}"
    return answer


def batch_list(job: ClassicJob) -> Response:
    """All batches of a job."""
    if job.content_type == "JSON":
        return plain_json({"batchInfo": [_batch_json(job, batch) for batch in job.batches]})
    items = (f"<batchInfo>{_elements(_batch_xml(job, batch))}</batchInfo>" for batch in job.batches)
    return xml("batchInfoList", "".join(items))


def result_list(job: ClassicJob, ids: list[str]) -> Response:
    """The results of a query batch."""
    if job.content_type == "JSON":
        return plain_json(ids)
    return xml("result-list", "".join(f"<result>{result_id}</result>" for result_id in ids))


def _job(job: ClassicJob, *, as_json: bool) -> dict[str, Any]:
    def moment(when: datetime) -> str | None:
        return rest(stored(when)) if as_json else bulk(stored(when))

    value: dict[str, Any] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.user_id,
        "createdDate": moment(job.created),
        "systemModstamp": moment(job.modified),
        "state": job.state,
    }
    if job.external_id_field is not None or as_json:
        value["externalIdFieldName"] = job.external_id_field
    spent = sum(batch.milliseconds for batch in job.batches)
    return value | {
        "concurrencyMode": "Parallel",
        "contentType": job.content_type,
        "numberBatchesQueued": job.count("Queued"),
        "numberBatchesInProgress": job.count("InProgress"),
        "numberBatchesCompleted": job.count("Completed"),
        "numberBatchesFailed": job.count("Failed"),
        "numberBatchesTotal": len(job.batches),
        "numberRecordsProcessed": sum(batch.processed for batch in job.batches),
        "numberRetries": 0,
        "apiVersion": float(job.version) if as_json else job.version,
        "numberRecordsFailed": sum(batch.failed for batch in job.batches),
        "totalProcessingTime": spent,
        "apiActiveProcessingTime": spent,
        "apexProcessingTime": 0,
    }


def _batch_json(job: ClassicJob, batch: Batch) -> dict[str, Any]:
    return {
        "apexProcessingTime": 0,
        "apiActiveProcessingTime": batch.milliseconds,
        "createdDate": rest(stored(batch.created)),
        "id": batch.id,
        "jobId": job.id,
        "numberRecordsFailed": batch.failed,
        "numberRecordsProcessed": batch.processed,
        "state": batch.state,
        "stateMessage": batch.message,
        "systemModstamp": rest(stored(batch.modified)),
        "totalProcessingTime": batch.milliseconds,
    }


def _batch_xml(job: ClassicJob, batch: Batch) -> dict[str, Any]:
    value: dict[str, Any] = {"id": batch.id, "jobId": job.id, "state": batch.state}
    if batch.message is not None:
        value["stateMessage"] = batch.message
    return value | {
        "createdDate": bulk(stored(batch.created)),
        "systemModstamp": bulk(stored(batch.modified)),
        "numberRecordsProcessed": batch.processed,
        "numberRecordsFailed": batch.failed,
        "totalProcessingTime": batch.milliseconds,
        "apiActiveProcessingTime": batch.milliseconds,
        "apexProcessingTime": 0,
    }


def _elements(value: dict[str, Any]) -> str:
    return "".join(f"<{name}>{escape(str(item))}</{name}>" for name, item in value.items())
