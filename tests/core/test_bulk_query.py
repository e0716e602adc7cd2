"""Bulk queries: jobs, pages, broken downloads, pages fetched ahead."""

from __future__ import annotations

import csv
import gzip
import io
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import ROOT, Asked, Reply, refusal, talking

from salesforce_abm.bulk import BulkJob, BulkQuery, jobs
from salesforce_abm.bulk.jobs import FIRST_DELAY, GROWTH, LONGEST_DELAY
from salesforce_abm.bulk.pages import TRIES
from salesforce_abm.errors import (
    ApiError,
    DataError,
    InvalidField,
    InvalidLocator,
    InvalidType,
    NotFound,
    NotSupported,
    QueryTimeout,
    QuotaError,
    TransientError,
)
from salesforce_abm.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from salesforce_abm.session import Session

JOB = "750ak000009AVi5AAG"
HEADER = ("Id", "Name")


def job_document(state: str = "JobComplete", **more: Any) -> dict[str, Any]:
    return {
        "id": JOB,
        "operation": "query",
        "object": "Account",
        "state": state,
        "apiVersion": 66.0,
        "contentType": "CSV",
        **more,
    }


def complete(processed: int | None = None, version: float = 66.0) -> BulkJob:
    return BulkJob(
        id=JOB,
        operation="query",
        object="Account",
        state="JobComplete",
        api_version=version,
        records_processed=processed,
    )


def csv_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def row(number: int) -> list[str]:
    return [f"001{number:05}", f'Näme "{number}",\nline two']


class Results:
    """A finished job's results, cut in pages; single answers can be spoilt.

    Attributes:
        pages: rows of each page; the locator of page n is `Ln`.
        spoil: changes the reply to the n-th download (from 0).
        side_by_side: serve `resultPages` too.
    """

    def __init__(self, pages: Sequence[Sequence[Sequence[str]]], *, side_by_side: bool = False) -> None:
        self.pages = pages
        self.spoil: Callable[[int, Reply], Reply] = lambda _number, reply: reply
        self.side_by_side = side_by_side
        self.downloads: list[str | None] = []
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/resultPages"):
            return self._listed(asked) if self.side_by_side else refusal(404, "NOT_FOUND", "no such resource")
        assert asked.path == f"{ROOT}/jobs/query/{JOB}/results"
        locator = asked.query.get("locator")
        with self._lock:
            number = len(self.downloads)
            self.downloads.append(locator)
        return self.spoil(number, self.page(int(locator[1:]) if locator else 0))

    def page(self, number: int) -> Reply:
        rows = self.pages[number]
        following = f"L{number + 1}" if number + 1 < len(self.pages) else "null"
        headers = {
            "Content-Type": "text/csv",
            "Content-Encoding": "gzip",
            "Sforce-NumberOfRecords": str(len(rows)),
            "Sforce-Locator": following,
        }
        return Reply(csv_of(rows), headers=headers)

    def _listed(self, asked: Asked) -> Reply:
        start = int(asked.query.get("locator", "0"))
        some = range(start, min(start + 2, len(self.pages)))
        listed = [
            {"resultUrl": f"{ROOT}/jobs/query/{JOB}/results" + (f"?locator=L{n}" if n else "")} for n in some
        ]
        end = start + 2
        more = f"{ROOT}/jobs/query/{JOB}/resultPages?locator={end}" if end < len(self.pages) else None
        return Reply({"resultPages": listed, "nextRecordsUrl": more, "done": more is None})


def without(reply: Reply, *names: str) -> Reply:
    return replace(reply, headers={name: value for name, value in reply.headers.items() if name not in names})


def read(session: Session, job: BulkJob, **options: Any) -> list[list[str]]:
    return [line for page in BulkQuery(session).pages(job, **options) for line in page.rows]


# --- jobs ----------------------------------------------------------------------------------------------------


def test_a_job_is_created_with_the_dialect_the_reader_knows() -> None:
    with talking(lambda _: Reply(job_document("UploadComplete"))) as (server, session):
        job = BulkQuery(session).create("SELECT Id FROM Account", all_rows=True)
    assert (job.id, job.state, job.done, job.kind) == (JOB, "UploadComplete", False, "query")
    assert server.asked[0].json() == {
        "operation": "queryAll",
        "query": "SELECT Id FROM Account",
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }


def test_a_job_whose_answer_is_lost_is_created_again() -> None:
    replies = iter([Reply(lost=True), Reply(job_document("UploadComplete"))])
    with talking(lambda _: next(replies)) as (server, session):
        assert BulkQuery(session).create("SELECT Id FROM Account").id == JOB
    assert server.count("POST /jobs/query") == 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            refusal(400, "INVALIDENTITY", "Entity 'TaskStatus' is not supported by the Bulk API."),
            NotSupported,
        ),
        (
            refusal(400, "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query"),
            NotSupported,
        ),
        (refusal(400, "API_ERROR", "Selecting compound data not supported in Bulk Query"), NotSupported),
        (refusal(400, "UNKNOWN", "Announcement does not support query"), NotSupported),
        (
            refusal(
                400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021)."
            ),
            NotSupported,
        ),
        (refusal(403, "FEATURENOTENABLED", "Bulk API is not enabled"), NotSupported),
        (refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaError),
        (refusal(400, "EXCEEDEDQUOTA", "quota exceeded"), QuotaError),
        (refusal(400, "INVALID_FIELD", "No such column 'Nope' on entity 'Account'."), InvalidField),
        (refusal(400, "INVALID_TYPE", "sObject type 'Nope' is not supported."), InvalidType),
        (refusal(400, "MALFORMED_QUERY", "unexpected token: 'X'"), ApiError),
    ],
    ids=[
        "entity",
        "compound",
        "compound-api-error",
        "no-query",
        "job-limit",
        "403",
        "daily",
        "quota",
        "field",
        "type",
        "soql",
    ],
)
def test_a_refused_job_says_what_can_be_done(reply: Reply, kind: type[Exception]) -> None:
    with talking(lambda _: reply) as (_, session), pytest.raises(Exception) as caught:  # noqa: PT011 - the type is the test
        BulkQuery(session).create("SELECT Id FROM Account")
    assert type(caught.value) is kind


def test_polling_grows_slower_and_stops_at_the_end() -> None:
    states = iter(["UploadComplete", *["InProgress"] * 14, "JobComplete"])
    seen: list[str] = []
    with talking(lambda _: Reply(job_document(next(states), numberRecordsProcessed=7))) as (server, session):
        bulk = BulkQuery(session)
        job = bulk.wait(bulk.create("SELECT Id FROM Account"), on_poll=lambda job: seen.append(job.state))
    assert (job.state, job.records_processed) == ("JobComplete", 7)
    assert seen == ["InProgress"] * 14 + ["JobComplete"]
    assert server.pauses[:3] == [FIRST_DELAY, FIRST_DELAY * GROWTH, FIRST_DELAY * GROWTH**2]
    assert server.pauses[-1] == LONGEST_DELAY
    assert len(server.pauses) == 15


def test_a_finished_job_is_not_polled() -> None:
    with talking(lambda _: Reply({})) as (server, session):
        assert BulkQuery(session).wait(complete()).state == "JobComplete"
    assert server.asked == []


def test_a_job_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LONGEST_WAIT", 300.0)
    with (
        talking(lambda _: Reply(job_document("InProgress"))) as (server, session),
        pytest.raises(TransientError, match="still InProgress after a day"),
    ):
        BulkQuery(session).wait(job_in("UploadComplete"))
    assert 300 < sum(server.pauses) < 300 + 2 * LONGEST_DELAY


def job_in(state: str) -> BulkJob:
    return BulkJob(id=JOB, operation="query", object="Account", state=state, api_version=66.0)


@pytest.mark.parametrize(
    ("state", "message", "kind", "code"),
    [
        (
            "Failed",
            "QUERY_TIMEOUT: Your query request was running for too long.",
            QueryTimeout,
            "QUERY_TIMEOUT",
        ),
        ("Failed", "InternalServerError : Retried more than 15 times", QueryTimeout, "QUERY_TIMEOUT"),
        (
            "Failed",
            "InvalidBatch : Failed to process query: INVALID_FIELD: No such column 'X'",
            InvalidField,
            "INVALID_FIELD",
        ),
        ("Failed", "ERROR: No such column 'X' on entity 'Account'", InvalidField, "INVALID_FIELD"),
        ("Failed", "sObject type 'X__c' is not supported.", InvalidType, "INVALID_TYPE"),
        ("Failed", "Entity 'X' is not supported by the Bulk API.", NotSupported, "JOB_FAILED"),
        ("Failed", "InvalidBatch : something else", ApiError, "InvalidBatch"),
        ("Failed", None, ApiError, "JOB_FAILED"),
        ("Aborted", None, ApiError, "JOB_ABORTED"),
    ],
    ids=["timeout", "retried", "field", "column", "type", "entity", "batch", "silent", "aborted"],
)
def test_a_failed_job_becomes_an_error_by_its_message(
    state: str, message: str | None, kind: type[ApiError], code: str
) -> None:
    with (
        talking(lambda _: Reply(job_document(state, errorMessage=message))) as (_, session),
        pytest.raises(ApiError) as caught,
    ):
        BulkQuery(session).wait(job_in("InProgress"))
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert JOB in str(caught.value)


def test_a_job_can_be_aborted_even_when_it_just_ended() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.method == "PATCH":
            return refusal(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
        return Reply(job_document("InProgress" if len(server.asked) == 1 else "JobComplete"))

    with talking(answer) as (server, session):
        assert BulkQuery(session).abort(JOB).state == "JobComplete"
        assert BulkQuery(session).abort(JOB).state == "JobComplete"
    assert server.count("PATCH") == 1


def test_an_aborted_job_keeps_what_the_short_answer_leaves_out() -> None:
    short = {"id": JOB, "state": "Aborted"}
    with talking(lambda a: Reply(short if a.method == "PATCH" else job_document("InProgress"))) as (
        server,
        session,
    ):
        job = BulkQuery(session).abort(JOB)
    assert (job.state, job.object, job.path) == ("Aborted", "Account", f"{ROOT}/jobs/query/{JOB}")
    assert server.asked[1].json() == {"state": "Aborted"}


def test_deleting_a_job_that_is_gone_is_fine() -> None:
    with talking(lambda _: refusal(404, "NOT_FOUND", "The requested resource does not exist")) as (
        _,
        session,
    ):
        BulkQuery(session).delete(JOB)
        with pytest.raises(NotFound):
            BulkQuery(session).get(JOB)


def test_results_are_asked_for_with_the_job_s_own_version() -> None:
    with talking(lambda _: Reply(csv_of([]), headers={"Sforce-NumberOfRecords": "0"})) as (server, session):
        assert read(session, complete(0, version=58.0)) == []
    assert server.asked[0].path == f"/services/data/v58.0/jobs/query/{JOB}/results"


# --- pages ---------------------------------------------------------------------------------------------------


def test_pages_are_read_by_locator_until_the_word_null() -> None:
    results = Results([[row(1), row(2)], [row(3)], [row(4)]])
    with talking(results) as (server, session):
        pages = [
            (page.header, list(page.rows), page.expected, page.locator, page.next_locator)
            for page in BulkQuery(session).pages(complete(4), max_records=2)
        ]
    assert pages == [
        (HEADER, [row(1), row(2)], 2, None, "L1"),
        (HEADER, [row(3)], 1, "L1", "L2"),
        (HEADER, [row(4)], 1, "L2", None),
    ]
    assert server.asked[0].query == {"maxRecords": "2"}
    assert server.asked[1].query == {"maxRecords": "2", "locator": "L1"}


@pytest.mark.parametrize("end", ["null", "NULL", "", None], ids=["null", "capitals", "empty", "missing"])
def test_every_spelling_of_no_more_ends_the_reading(end: str | None) -> None:
    reply = Results([[row(1)]]).page(0)
    reply = without(reply, "Sforce-Locator")
    if end is not None:
        reply = replace(reply, headers={**reply.headers, "Sforce-Locator": end})
    with talking(lambda _: reply) as (server, session):
        assert read(session, complete(1)) == [row(1)]
    assert len(server.asked) == 1


def test_reading_goes_on_from_a_stored_locator() -> None:
    results = Results([[row(1)], [row(2)], [row(3)]])
    with talking(results) as (_, session):
        assert read(session, complete(3), locator="L1") == [row(2), row(3)]
    assert results.downloads == ["L1", "L2"]


def test_an_empty_result_is_a_header_and_no_rows() -> None:
    with talking(Results([[]])) as (_, session):
        [page] = [(p.header, list(p.rows), p.expected) for p in BulkQuery(session).pages(complete(0))]
    assert page == (HEADER, [], 0)


def test_rows_come_while_the_page_is_still_on_its_way() -> None:
    gate = threading.Event()
    body = csv_of([row(n) for n in range(20_000)])

    def answer(_asked: Asked) -> Reply:
        return Reply(body, headers={"Sforce-NumberOfRecords": "20000"})

    def send(handler: Any, asked: Asked, reply: Reply) -> None:
        handler.send_response(200)
        handler.send_header("Sforce-NumberOfRecords", "20000")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        gate.wait(10)
        handler.wfile.write(body[len(body) // 2 :])

    with talking(answer) as (server, session):
        server._send = send  # type: ignore[method-assign]
        pages = BulkQuery(session).pages(complete(20_000))
        rows = next(pages).rows
        assert next(rows) == row(0)
        assert not gate.is_set()
        gate.set()
        assert sum(1 for _ in rows) == 19_999


def test_latin_1_carries_the_utf_8_bytes_through() -> None:
    with talking(Results([[["1", "Näme 例え"]]])) as (_, session):
        [[_, name]] = read(session, complete(1), encoding="latin-1")
    assert name.encode("latin-1").decode("utf-8") == "Näme 例え"


def test_bytes_that_are_not_utf_8_do_not_stop_the_reading() -> None:
    reply = Reply(b'"Id","Name"\n"1","a\xff\x00b"\n', headers={"Sforce-NumberOfRecords": "1"})
    with talking(lambda _: reply) as (_, session):
        assert read(session, complete(1)) == [["1", "a\ufffd\x00b"]]


def test_the_raw_bytes_can_be_had() -> None:
    with talking(Results([[row(1)], [row(2)]])) as (_, session):
        download = BulkQuery(session).open(complete(2), "L1")
        with download.buffered() as body:
            assert body.read() == csv_of([row(2)])
        assert (download.expected, download.next_locator) == (1, None)


def test_an_unfinished_job_has_no_pages() -> None:
    with talking(lambda _: Reply()) as (_, session), pytest.raises(ValueError, match="wait for it first"):
        next(BulkQuery(session).pages(job_in("InProgress")))


def test_a_page_must_be_read_to_its_end() -> None:
    with talking(Results([[row(1), row(2)], [row(3)]])) as (_, session):
        pages = BulkQuery(session).pages(complete(3))
        next(next(pages).rows)
        with pytest.raises(ValueError, match="read all rows"):
            next(pages)


@pytest.mark.parametrize(
    "reply",
    [
        refusal(404, "NOT_FOUND", "The requested resource does not exist"),
        refusal(400, "INVALIDJOB", "no such job"),
    ],
    ids=["404", "400"],
)
def test_a_job_that_is_gone_is_an_invalid_locator(reply: Reply) -> None:
    with talking(lambda _: reply) as (_, session), pytest.raises(InvalidLocator):
        read(session, complete(1), locator="L1")


# --- counts --------------------------------------------------------------------------------------------------


def test_a_page_without_a_count_is_checked_by_the_job_s() -> None:
    reply = without(Results([[row(1)]]).page(0), "Sforce-NumberOfRecords")
    with talking(lambda _: reply) as (_, session):
        assert read(session, complete(1)) == [row(1)]
        with pytest.raises(DataError, match="1 rows came, the job has 2"):
            read(session, complete(2))


def test_more_rows_than_promised_are_an_error() -> None:
    reply = Results([[row(1), row(2)]]).page(0)
    reply = replace(reply, headers={**reply.headers, "Sforce-NumberOfRecords": "1"})
    with (
        talking(lambda _: reply) as (_, session),
        pytest.raises(DataError, match="2 rows came, Salesforce said 1"),
    ):
        read(session, complete(1))


def test_pages_that_do_not_add_up_to_the_job_are_an_error() -> None:
    with (
        talking(Results([[row(1)], [row(2)]])) as (_, session),
        pytest.raises(DataError, match="the job has 3"),
    ):
        read(session, complete(3))


def test_a_row_of_another_width_is_an_error() -> None:
    reply = Reply(b'"Id","Name"\n"1"\n', headers={"Sforce-NumberOfRecords": "1"})
    with talking(lambda _: reply) as (_, session), pytest.raises(DataError, match="1 cells under 2 columns"):
        read(session, complete(1))


def test_another_header_on_a_later_page_is_an_error() -> None:
    results = Results([[row(1)], [row(2)]])
    results.spoil = lambda n, reply: replace(reply, body=csv_of([row(2)], ("Name", "Id"))) if n else reply
    with talking(results) as (_, session), pytest.raises(DataError, match="header row changed"):
        read(session, complete(2))


def test_a_locator_that_leads_nowhere_is_an_error_and_no_endless_loop() -> None:
    reply = Results([[row(1)]]).page(0)
    reply = replace(reply, headers={**reply.headers, "Sforce-Locator": "L7"})
    with talking(lambda _: reply) as (_, session), pytest.raises(DataError, match="names itself"):
        read(session, complete(1))


# --- downloads that break off --------------------------------------------------------------------------------

PAGE = [row(n) for n in range(3_000)]  # more than is read ahead


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999], ids=["at-once", "midway", "at-the-end"])
def test_a_page_that_breaks_off_is_finished_without_repeating_a_row(share: float, gzipped: bool) -> None:
    results = Results([PAGE, [row(9_999)]])

    def spoil(number: int, reply: Reply) -> Reply:
        if not gzipped:
            reply = without(reply, "Content-Encoding")
        size = len(gzip.compress(reply.body, mtime=0)) if gzipped else len(reply.body)
        return replace(reply, cut=int(size * share)) if number < 2 else reply

    results.spoil = spoil
    with talking(results) as (server, session):
        assert read(session, complete(3_001)) == [*PAGE, row(9_999)]
    assert results.downloads == [None, None, None, "L1"]
    assert server.pauses


def test_a_page_that_is_short_in_good_order_is_read_again() -> None:
    results = Results([PAGE])
    results.spoil = lambda n, reply: replace(reply, short=20_000) if n == 0 else reply
    with talking(results) as (_, session):
        assert read(session, complete(3_000)) == PAGE
    assert len(results.downloads) == 2


def test_a_page_cut_between_two_rows_is_noticed_by_its_count() -> None:
    results = Results([PAGE])
    results.spoil = lambda n, reply: replace(reply, body=csv_of(PAGE[:-1])) if n == 0 else reply
    with talking(results) as (_, session):
        assert read(session, complete(3_000)) == PAGE


def test_an_empty_answer_right_after_completion_is_asked_for_again() -> None:
    results = Results([[row(1)]])
    results.spoil = lambda n, reply: Reply(status=204) if n == 0 else reply
    with talking(results) as (server, session):
        assert read(session, complete(1)) == [row(1)]
    assert server.pauses == [1.0]


def test_a_second_download_that_differs_is_an_error() -> None:
    results = Results([PAGE])
    other = csv_of([[first, second.upper()] for first, second in PAGE])

    def spoil(number: int, reply: Reply) -> Reply:
        reply = without(reply, "Content-Encoding")
        return replace(reply, cut=len(reply.body) // 2) if number == 0 else replace(reply, body=other)

    results.spoil = spoil
    with (
        talking(results) as (_, session),
        pytest.raises(DataError, match="two downloads of the same page differ"),
    ):
        read(session, complete(3_000))


def test_a_page_that_always_breaks_at_the_same_place_is_given_up() -> None:
    results = Results([PAGE])
    results.spoil = lambda _n, reply: replace(without(reply, "Content-Encoding"), cut=50_000)
    with talking(results) as (server, session), pytest.raises(TransientError, match="broke off"):
        read(session, complete(3_000))
    assert len(results.downloads) == TRIES
    assert server.pauses == [1.0, 2.0, 4.0, 8.0]


def test_a_page_that_gets_a_little_further_each_time_is_finished() -> None:
    results = Results([PAGE])
    results.spoil = lambda n, reply: (
        replace(without(reply, "Content-Encoding"), cut=20_000 * (n + 1)) if n < 8 else reply
    )
    with talking(results) as (_, session):
        assert read(session, complete(3_000)) == PAGE
    assert len(results.downloads) > TRIES


def test_a_page_that_stays_short_is_an_error_of_data() -> None:
    results = Results([PAGE])
    results.spoil = lambda _n, reply: replace(reply, body=csv_of(PAGE[:-1]))
    with (
        talking(results) as (_, session),
        pytest.raises(DataError, match="2999 rows came, Salesforce said 3000"),
    ):
        read(session, complete(3_000))


# --- pages fetched ahead -------------------------------------------------------------------------------------

MANY = [[row(n * 10 + k) for k in range(10)] for n in range(7)]
ALL = [line for page in MANY for line in page]


def test_pages_fetched_side_by_side_come_in_order() -> None:
    results = Results(MANY, side_by_side=True)
    with talking(results) as (server, session):
        pages = [
            (page.locator, page.next_locator, list(page.rows))
            for page in BulkQuery(session).pages(complete(70), max_records=10, concurrency=4)
        ]
    assert [rows for *_, rows in pages] == MANY
    assert [name for name, *_ in pages] == [None, "L1", "L2", "L3", "L4", "L5", "L6"]
    assert [name for _, name, _ in pages] == ["L1", "L2", "L3", "L4", "L5", "L6", None]
    assert sorted(map(str, results.downloads)) == sorted(["None", *(f"L{n}" for n in range(1, 7))])
    assert server.count("GET /jobs/query/" + JOB + "/resultPages") == 4


def test_no_more_pages_are_fetched_ahead_than_asked_for() -> None:
    results = Results(MANY, side_by_side=True)
    with talking(results) as (_, session):
        pages = BulkQuery(session).pages(complete(70), max_records=10, concurrency=3)
        list(next(pages).rows)
        list(next(pages).rows)
        # the page read before, this one, and two ahead
        assert len(results.downloads) <= 4
        pages.close()


def test_a_small_job_does_not_ask_for_the_list_of_pages() -> None:
    results = Results([[row(1)]], side_by_side=True)
    with talking(results) as (server, session):
        assert read(session, complete(1), concurrency=4) == [row(1)]
    assert len(server.asked) == 1


@pytest.mark.parametrize("version", [66.0, 57.0], ids=["refused", "too-old"])
def test_an_org_without_the_list_is_read_page_by_page(version: float) -> None:
    results = Results(MANY)

    def answer(asked: Asked) -> Reply:
        return results(replace(asked, path=asked.path.replace("v57.0", "v66.0")))

    with talking(answer) as (_, session):
        assert read(session, complete(70, version), max_records=10, concurrency=4) == ALL


def test_side_by_side_reading_goes_on_from_a_stored_locator() -> None:
    results = Results(MANY, side_by_side=True)
    with talking(results) as (_, session):
        assert read(session, complete(70), max_records=10, concurrency=4, locator="L5") == ALL[50:]
        results.downloads.clear()
        # a locator that is not in the list came from plain results: page by page
        results.side_by_side = False
        assert read(session, complete(70), max_records=10, concurrency=4, locator="L6") == ALL[60:]


def test_a_page_that_breaks_off_ahead_is_read_by_the_reader() -> None:
    results = Results(MANY, side_by_side=True)
    broken: set[str | None] = set()

    def spoil(number: int, reply: Reply) -> Reply:
        locator = results.downloads[number]
        if locator in {"L2", "L4"} and locator not in broken:
            broken.add(locator)
            return replace(reply, cut=30)
        return reply

    results.spoil = spoil
    with talking(results) as (_, session):
        assert read(session, complete(70), max_records=10, concurrency=4) == ALL
    assert len(results.downloads) == 9


def test_a_page_that_was_fetched_short_is_fetched_again() -> None:
    results = Results(MANY, side_by_side=True)
    seen: set[str | None] = set()

    def spoil(number: int, reply: Reply) -> Reply:
        locator = results.downloads[number]
        first = locator not in seen
        seen.add(locator)
        return replace(reply, short=60) if locator == "L3" and first else reply

    results.spoil = spoil
    with talking(results) as (_, session):
        assert read(session, complete(70), max_records=10, concurrency=4) == ALL


def test_a_job_that_vanishes_meanwhile_is_an_error() -> None:
    results = Results(MANY, side_by_side=True)
    results.spoil = lambda n, reply: reply if n < 3 else refusal(404, "NOT_FOUND", "gone")
    with talking(results) as (_, session), pytest.raises(InvalidLocator):
        read(session, complete(70), max_records=10, concurrency=3)


def test_stopping_early_stops_the_workers() -> None:
    results = Results(MANY, side_by_side=True)
    with talking(results) as (_, session):
        pages = BulkQuery(session).pages(complete(70), max_records=10, concurrency=4)
        next(pages)
        assert any(thread.name.startswith("bulk-page") for thread in threading.enumerate())
        pages.close()
        assert not any(thread.name.startswith("bulk-page") for thread in threading.enumerate())


# --- answers that are not what they should be ----------------------------------------------------------------


def test_an_answer_that_is_no_job_is_an_error() -> None:
    with (
        talking(lambda _: Reply(b"<html>")) as (_, session),
        pytest.raises(DataError, match="not a description"),
    ):
        BulkQuery(session).get(JOB)


def test_a_list_of_pages_that_is_unreadable_is_an_error() -> None:
    with talking(lambda _: Reply(b"<html>")) as (_, session), pytest.raises(DataError, match="unreadable"):
        read(session, complete(70), max_records=10, concurrency=2)


def test_a_refused_page_is_the_error_it_is() -> None:
    refused = refusal(400, "MALFORMED_QUERY", "no")
    with talking(lambda _: refused) as (_, session), pytest.raises(ApiError, match="MALFORMED_QUERY"):
        read(session, complete(1))


def test_a_blank_line_is_no_row() -> None:
    reply = Reply(b'"Id","Name"\n\n"1","a"\n\n', headers={"Sforce-NumberOfRecords": "1"})
    with talking(lambda _: reply) as (_, session):
        assert read(session, complete(1)) == [["1", "a"]]


def test_a_page_that_always_ends_inside_a_value_is_given_up() -> None:
    reply = Reply(b'"Id","Name"\n"1","a', headers={"Sforce-NumberOfRecords": "1"})
    with (
        talking(lambda _: reply) as (server, session),
        pytest.raises(TransientError, match="keeps breaking off"),
    ):
        read(session, complete(1))
    assert len(server.asked) == TRIES


def test_a_second_download_shorter_than_the_first_is_tried_again() -> None:
    results = Results([PAGE])

    def spoil(number: int, reply: Reply) -> Reply:
        reply = without(reply, "Content-Encoding")
        return [replace(reply, cut=100_000), replace(reply, short=50_000), reply][min(number, 2)]

    results.spoil = spoil
    with talking(results) as (_, session):
        assert read(session, complete(3_000)) == PAGE
    assert len(results.downloads) == 3


def test_an_org_that_is_down_is_not_asked_beyond_the_session_s_patience() -> None:
    down = refusal(503, "SERVER_UNAVAILABLE", "maintenance")
    with (
        talking(lambda _: down) as (server, session),
        pytest.raises(TransientError, match="SERVER_UNAVAILABLE"),
    ):
        read(session, complete(1))
    assert len(server.asked) == RetryPolicy().tries_by_status[503]
