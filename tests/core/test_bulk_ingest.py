"""Bulk uploads: lost answers, result files, counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import ROOT, Asked, Reply, refusal, talking

from salesforce_abm.bulk import BulkIngest, BulkJob
from salesforce_abm.bulk.ingest import UPLOADS, count_rows
from salesforce_abm.csvio import CsvFile
from salesforce_abm.errors import ApiError, DataError, InvalidType, NotSupported, TransientError
from salesforce_abm.results import RowError, RowResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Ingest:
    """Salesforce's side of ingest jobs: one PUT a job, closing starts it, every row succeeds unless named.

    Attributes:
        fails: error cell by value of the first column.
        spoil: changes the reply to a request; the request has been carried out by then.
        runs: the rows of each job that ran.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.fails: dict[str, str] = {}
        self.unprocessed: set[str] = set()
        self.dropped: set[str] = set()
        self.job_fails: str | None = None
        self.spoil: Callable[[Asked, Reply], Reply] = lambda _asked, reply: reply
        self.runs: list[list[str]] = []

    def __call__(self, asked: Asked) -> Reply:
        return self.spoil(asked, self.do(asked))

    def do(self, asked: Asked) -> Reply:
        parts = asked.path.removeprefix(f"{ROOT}/jobs/ingest").strip("/").split("/")
        if asked.method == "POST":
            number = f"750{len(self.jobs):012}AAA"
            self.jobs[number] = {"id": number, "state": "Open", "apiVersion": 66.0, **asked.json()}
            url = f"{ROOT[1:]}/jobs/ingest/{number}/batches"
            return Reply({**self.jobs[number], "contentUrl": url})
        job = self.jobs[parts[0]]
        if asked.method == "PUT":
            assert asked.headers["Content-Type"] == "text/csv"
            assert "data" not in job, "a second PUT"
            job["data"] = asked.body.decode()
            return Reply(status=201)
        if asked.method == "PATCH":
            return self.change(job, asked.json()["state"])
        if len(parts) == 1:
            return Reply({key: value for key, value in job.items() if key != "data"})
        return Reply(self.file(job, parts[1]).encode(), headers={"Content-Type": "text/csv"})

    def change(self, job: dict[str, Any], state: str) -> Reply:
        if job["state"] != "Open":
            return refusal(400, "INVALIDJOBSTATE", f"{state} not allowed")
        if state == "Aborted":
            job["state"] = state
        else:
            lines = job["data"].splitlines()[1:]
            self.runs.append(lines)
            done = [line for line in lines if line not in self.unprocessed | self.dropped]
            job |= {
                "state": "Failed" if self.job_fails else "JobComplete",
                "numberRecordsProcessed": 0 if self.job_fails else len(done),
                "numberRecordsFailed": sum(line in self.fails for line in done),
                "errorMessage": self.job_fails,
            }
        return Reply({"id": job["id"], "state": "UploadComplete" if state == "UploadComplete" else state})

    def file(self, job: dict[str, Any], name: str) -> str:
        header, *lines = job["data"].splitlines()
        done = (
            [] if self.job_fails else [line for line in lines if line not in self.unprocessed | self.dropped]
        )
        if name == "successfulResults":
            rows = [f'"001{line}","true","{line}"' for line in reversed(done) if line not in self.fails]
            return "\n".join([f'"sf__Id","sf__Created",{header}', *rows]) + "\n"
        if name == "failedResults":
            rows = [f'"","{self.fails[line]}","{line}"' for line in done if line in self.fails]
            return "\n".join([f'"sf__Id","sf__Error",{header}', *rows]) + "\n"
        rows = lines if self.job_fails else [line for line in lines if line in self.unprocessed]
        return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    with CsvFile(tmp_path, ["Key__c"]) as file:
        for key in "abc":
            file.write([key])
    return file.close()[0].path


def once(method: str, change: Callable[[Reply], Reply]) -> Callable[[Asked, Reply], Reply]:
    """Spoil the first reply to a method."""
    spoilt: list[str] = []

    def spoil(asked: Asked, reply: Reply) -> Reply:
        if asked.method != method or spoilt:
            return reply
        spoilt.append(method)
        return change(reply)

    return spoil


def lose(reply: Reply) -> Reply:
    return replace(reply, lost=True)


def test_a_file_is_uploaded_run_and_accounted_for(upload: Path) -> None:
    org = Ingest()
    org.fails = {"b": "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"}
    seen: list[str] = []
    with talking(org) as (server, session):
        outcome = BulkIngest(session).run(
            "Account", "upsert", upload, external_id="Key__c", on_job=lambda job: seen.append(job.state)
        )
        assert list(outcome.results()) == [
            ({"Key__c": "c"}, RowResult("001c", success=True, created=True)),
            ({"Key__c": "a"}, RowResult("001a", success=True, created=True)),
            (
                {"Key__c": "b"},
                RowResult(
                    None,
                    success=False,
                    errors=(
                        RowError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",)),
                    ),
                ),
            ),
        ]
    assert (outcome.uploaded, outcome.succeeded.rows, outcome.failed.rows, outcome.unprocessed.rows) == (
        3,
        2,
        1,
        0,
    )
    assert (outcome.missing, outcome.error, outcome.job.state) == (0, None, "JobComplete")
    assert seen == ["Open", "UploadComplete", "JobComplete"]
    assert server.asked[0].json() == {
        "object": "Account",
        "operation": "upsert",
        "externalIdFieldName": "Key__c",
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    # create, upload, close, one poll, three files
    assert len(server.asked) == 7


def test_the_upload_is_streamed_with_its_length(upload: Path) -> None:
    org = Ingest()
    with talking(org) as (server, session):
        BulkIngest(session).run("Account", "insert", upload)
    [put] = [asked for asked in server.asked if asked.method == "PUT"]
    assert put.headers["Content-Length"] == str(upload.stat().st_size)
    assert put.body == upload.read_bytes()


def test_an_upload_whose_answer_is_lost_goes_to_a_new_job(upload: Path) -> None:
    org = Ingest()
    org.spoil = once("PUT", lose)
    with talking(org) as (server, session):
        outcome = BulkIngest(session).run("Account", "insert", upload)
    assert server.count("PUT") == 2  # one for each job, never two for one
    assert [job["state"] for job in org.jobs.values()] == ["Aborted", "JobComplete"]
    assert org.runs == [["a", "b", "c"]]
    assert outcome.succeeded.rows == 3


def test_an_upload_that_never_gets_through_is_given_up(upload: Path) -> None:
    org = Ingest()
    org.spoil = lambda asked, reply: lose(reply) if asked.method == "PUT" else reply
    with talking(org) as (_, session), pytest.raises(TransientError):
        BulkIngest(session).run("Account", "insert", upload)
    assert [job["state"] for job in org.jobs.values()] == ["Aborted"] * UPLOADS
    assert org.runs == []


def test_a_job_whose_creation_is_not_answered_is_created_again(upload: Path) -> None:
    org = Ingest()
    org.spoil = once("POST", lose)
    with talking(org) as (_, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3
    assert [job["state"] for job in org.jobs.values()] == ["Open", "JobComplete"]
    assert org.runs == [["a", "b", "c"]]


def test_a_closing_whose_answer_is_lost_does_not_run_twice(upload: Path) -> None:
    org = Ingest()
    org.spoil = once("PATCH", lose)
    with talking(org) as (server, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3
    assert org.runs == [["a", "b", "c"]]
    assert server.count("PATCH") == 2  # the second was refused: closed already


def test_a_closing_that_keeps_failing_is_looked_up(upload: Path) -> None:
    org = Ingest()
    org.spoil = lambda asked, reply: lose(reply) if asked.method == "PATCH" else reply
    with talking(org) as (_, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3
    assert org.runs == [["a", "b", "c"]]


def test_a_job_that_fails_as_a_whole_lists_its_rows_as_unprocessed(upload: Path) -> None:
    org = Ingest()
    org.job_fails = "InvalidBatch : Field name not found : Key__c"
    with talking(org) as (_, session):
        outcome = BulkIngest(session).run("Account", "insert", upload)
    assert isinstance(outcome.error, ApiError)
    assert outcome.error.code == "InvalidBatch"
    assert [record["Key__c"] for record in outcome.unprocessed.records()] == ["a", "b", "c"]
    assert outcome.missing == 0


def test_a_failed_job_without_files_is_an_outcome_too(upload: Path) -> None:
    org = Ingest()
    org.job_fails = "ClientInputError : LineEnding is invalid"
    org.spoil = lambda a, r: refusal(404, "NOT_FOUND", "x") if "Results" in a.path or "unpro" in a.path else r
    with talking(org) as (_, session):
        outcome = BulkIngest(session).run("Account", "insert", upload)
    assert (outcome.missing, list(outcome.results())) == (3, [])


def test_rows_that_were_not_processed_are_listed_and_rows_over_the_allowance_counted(upload: Path) -> None:
    org = Ingest()
    org.unprocessed, org.dropped = {"a"}, {"b"}
    with talking(org) as (_, session):
        outcome = BulkIngest(session).run("Account", "insert", upload)
    assert (outcome.succeeded.rows, outcome.unprocessed.rows, outcome.missing) == (1, 1, 1)


def test_result_files_that_disagree_with_the_job_are_an_error(upload: Path) -> None:
    org = Ingest()

    def spoil(asked: Asked, reply: Reply) -> Reply:
        return (
            replace(reply, body=reply.body.replace(b'"001a","true","a"\n', b""))
            if "successful" in asked.path
            else reply
        )

    org.spoil = spoil
    with (
        talking(org) as (server, session),
        pytest.raises(DataError, match="2 rows in the result files, the job says 3"),
    ):
        BulkIngest(session).run("Account", "insert", upload)
    assert server.count("GET /jobs/ingest/750000000000000AAA/successfulResults") > 1


def test_failed_rows_that_disagree_with_the_job_are_an_error(upload: Path) -> None:
    org = Ingest()
    org.spoil = lambda asked, reply: (
        Reply({**reply.body, "numberRecordsFailed": 1})
        if asked.method == "GET" and isinstance(reply.body, dict)
        else reply
    )
    with talking(org) as (_, session), pytest.raises(DataError, match="0 failed rows, the job says 1"):
        BulkIngest(session).run("Account", "insert", upload)


def test_result_files_that_lag_behind_the_job_are_fetched_again(upload: Path) -> None:
    org = Ingest()
    seen: list[str] = []

    def spoil(asked: Asked, reply: Reply) -> Reply:
        if "successful" not in asked.path or seen:
            return reply
        seen.append(asked.path)
        return replace(reply, body=b'"sf__Id","sf__Created",Key__c\n')

    org.spoil = spoil
    with talking(org) as (_, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3


@pytest.mark.parametrize(
    "spoilt",
    [lambda reply: replace(reply, cut=40), lambda reply: replace(reply, short=40)],
    ids=["connection", "text"],
)
def test_a_result_file_that_breaks_off_is_fetched_again(
    upload: Path, spoilt: Callable[[Reply], Reply]
) -> None:
    org = Ingest()
    seen: list[str] = []

    def spoil(asked: Asked, reply: Reply) -> Reply:
        if "successful" not in asked.path or seen:
            return reply
        seen.append(asked.path)
        return spoilt(reply)

    org.spoil = spoil
    with talking(org) as (_, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal(400, "INVALID_TYPE", "sObject type 'Nope' is not supported."), InvalidType),
        (refusal(400, "INVALIDENTITY", "Entity 'X' is not supported by the Bulk API."), NotSupported),
        (refusal(403, "FEATURENOTENABLED", "Bulk API is not enabled"), NotSupported),
    ],
    ids=["type", "entity", "403"],
)
def test_a_refused_job_says_what_can_be_done(upload: Path, reply: Reply, kind: type[Exception]) -> None:
    with talking(lambda _: reply) as (server, session), pytest.raises(kind):
        BulkIngest(session).run("Nope", "insert", upload)
    assert len(server.asked) == 1


def test_a_job_can_be_resumed_by_its_id(upload: Path) -> None:
    org = Ingest()
    with talking(org) as (_, session):
        ingest = BulkIngest(session)
        job = ingest.close(ingest.upload("Account", "insert", upload))
        again = BulkIngest(session)
        assert again.resume(again.get(job.id), upload.parent, rows=3).succeeded.rows == 3


def test_aborting_leaves_a_finished_job_alone(upload: Path) -> None:
    org = Ingest()
    with talking(org) as (_, session):
        ingest = BulkIngest(session)
        opened = ingest.create("Account", "insert")
        assert ingest.abort(opened).state == "Aborted"
        done = ingest.run("Account", "insert", upload).job
        assert ingest.abort(done).state == "JobComplete"


def test_deleting_a_job_that_is_gone_is_fine() -> None:
    job = BulkJob(id="750000000000000AAA", state="JobComplete", operation="insert", api_version=66.0)
    with talking(lambda _: refusal(404, "NOT_FOUND", "x")) as (server, session):
        BulkIngest(session).delete(job)
    assert str(server.asked[0]) == "DELETE /jobs/ingest/750000000000000AAA"


def test_rows_are_counted_as_csv_not_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('A\n"one\ntwo"\nthree\n')
    assert count_rows(path) == 2


def test_a_refused_closing_or_abort_is_the_error_it_is(upload: Path) -> None:
    org = Ingest()
    refused = refusal(400, "INVALIDJOB", "no such job")
    org.spoil = lambda asked, reply: refused if asked.method == "PATCH" else reply
    with talking(org) as (_, session):
        ingest = BulkIngest(session)
        job = ingest.upload("Account", "insert", upload)
        with pytest.raises(ApiError, match="INVALIDJOB"):
            ingest.close(job)
        with pytest.raises(ApiError, match="INVALIDJOB"):
            ingest.abort(job)


def test_a_lost_upload_whose_job_cannot_be_aborted_goes_to_a_new_job_all_the_same(upload: Path) -> None:
    org = Ingest()
    lost = once("PUT", lose)
    refuse = once("PATCH", lambda _: refusal(400, "INVALIDJOB", "no such job"))
    org.spoil = lambda asked, reply: refuse(asked, lost(asked, reply))
    with talking(org) as (_, session):
        assert BulkIngest(session).run("Account", "insert", upload).succeeded.rows == 3
