"""Finding, describing and running reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import Asked, Reply, refusal, talking

from salesforce_abm.errors import AccessError, ApiError, ConfigError, DataError, NotSupported, QuotaError
from salesforce_abm.reports import Reports, with_filter

if TYPE_CHECKING:
    from collections.abc import Callable

REPORT = "00O58000000qu8XEAQ"
OTHER = "00O58000000qu8wEAA"


def run_document(status: str | None = None, *names: str) -> dict[str, Any]:
    rows = [{"dataCells": [{"value": name, "label": name}]} for name in names]
    return {
        "attributes": {"reportId": REPORT, **({"status": status} if status else {})},
        "allData": True,
        "hasDetailRows": True,
        "factMap": {"T!T": {"aggregates": [{"value": len(names), "label": ""}], "rows": rows}},
        "reportMetadata": {
            "id": REPORT,
            "name": "Sample",
            "reportFormat": "TABULAR",
            "detailColumns": ["NAME"],
            "aggregates": ["RowCount"],
        },
        "reportExtendedMetadata": {"detailColumnInfo": {"NAME": {"label": "Name", "dataType": "string"}}},
    }


def report(identifier: str, name: str, developer_name: str, report_format: str = "Tabular") -> dict[str, Any]:
    return {"Id": identifier, "Name": name, "DeveloperName": developer_name, "Format": report_format}


def finding(*found: dict[str, Any]) -> Callable[[Asked], Reply]:
    """Answer a search with some reports, and the search for all with one called Sample."""

    def answer(asked: Asked) -> Reply:
        records = list(found) if "WHERE" in asked.query["q"] else [report(REPORT, "Sample", "Sample_1")]
        return Reply({"totalSize": len(records), "done": True, "records": records})

    return answer


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [
        ("Pipeline 'A'", r"DeveloperName = 'Pipeline \'A\'' OR Name = 'Pipeline \'A\''"),
        (REPORT, f"Id = '{REPORT}'"),
        (REPORT[:15], f"Id = '{REPORT}'"),
    ],
    ids=["name", "id", "short-id"],
)
def test_a_report_is_found_by_name_or_id(wanted: str, condition: str) -> None:
    with talking(finding(report(REPORT, "Pipeline", "Pipeline_1", "MultiBlock"))) as (server, session):
        found = Reports(session).find(wanted)
    assert (found.id, found.name, found.developer_name, found.format) == (
        REPORT,
        "Pipeline",
        "Pipeline_1",
        "MULTI_BLOCK",
    )
    assert server.asked[0].query["q"].endswith(f"FROM Report WHERE {condition}")


def test_the_api_name_wins_over_the_name_of_another_report() -> None:
    with talking(finding(report(REPORT, "Sales", "Sales_1"), report(OTHER, "Other", "Sales"))) as (
        _,
        session,
    ):
        assert Reports(session).find("sales").id == OTHER


def test_a_name_that_several_reports_have_is_an_error_with_their_ids() -> None:
    both = finding(report(REPORT, "Sales", "S1"), report(OTHER, "Sales", "S2"))
    with talking(both) as (_, session), pytest.raises(ConfigError, match=f"{REPORT}, {OTHER}"):
        Reports(session).find("Sales")


def test_a_misspelt_report_is_an_error_with_the_nearest_name() -> None:
    with talking(finding()) as (_, session), pytest.raises(AccessError, match="Did you mean 'Sample'"):
        Reports(session).find("Sampel")


def test_a_saved_report_is_run_with_its_rows() -> None:
    with talking(lambda _: Reply(run_document(None, "a", "b"))) as (server, session):
        run = Reports(session).run(REPORT)
    assert [row.cells[0].value for row in run.rows] == ["a", "b"]
    assert str(server.asked[0]) == f"GET /analytics/reports/{REPORT}"
    assert server.asked[0].query == {"includeDetails": "true"}


def test_a_changed_report_is_posted_and_asked_for_again_when_its_answer_is_lost() -> None:
    replies = iter([Reply(lost=True), Reply(run_document(None, "a"))])
    metadata = with_filter({"reportFormat": "TABULAR"}, "NAME", "equals", "a")
    with talking(lambda _: next(replies)) as (server, session):
        assert len(Reports(session).run(REPORT, metadata=metadata).rows) == 1
    assert [str(asked) for asked in server.asked] == [f"POST /analytics/reports/{REPORT}"] * 2
    assert server.asked[1].json() == {"reportMetadata": metadata}
    assert server.asked[1].headers["Content-Type"] == "application/json"


def test_a_report_is_described() -> None:
    with talking(lambda _: Reply(run_document())) as (server, session):
        assert [column.label for column in Reports(session).describe(REPORT).columns] == ["Name"]
    assert str(server.asked[0]) == f"GET /analytics/reports/{REPORT}/describe"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            refusal(501, "UNSUPPORTED", "You're requesting data for an unsupported report format."),
            NotSupported,
        ),
        (refusal(404, "NOT_FOUND", "The data you're trying to access is unavailable."), AccessError),
        (refusal(403, "FORBIDDEN", "You don't have permission to run reports."), AccessError),
        (refusal(400, "BAD_REQUEST", "Column sorting isn't supported for matrix reports."), ApiError),
        (Reply(b"<html>"), DataError),
    ],
    ids=["joined", "gone", "permission", "request", "html"],
)
def test_a_refused_run_says_what_can_be_done(reply: Reply, kind: type[Exception]) -> None:
    with talking(lambda _: reply) as (server, session), pytest.raises(kind) as caught:
        Reports(session).run(REPORT)
    assert type(caught.value) is kind
    assert len(server.asked) == 1


TOO_MANY = refusal(
    403, "FORBIDDEN", "You can't run more than 500 reports synchronously every 60 minutes. Try again later."
)


def test_when_the_hour_s_runs_are_used_up_the_report_is_run_in_the_background() -> None:
    states = iter(["New", "Running", "Success"])

    def answer(asked: Asked) -> Reply:
        if not asked.path.endswith(("/instances", "/0LG1")):
            return TOO_MANY
        if asked.method == "POST":
            return Reply({"id": "0LG1", "status": "New"})
        state = next(states)
        return Reply(run_document(state, "a") if state == "Success" else {"attributes": {"status": state}})

    with talking(answer) as (server, session):
        assert [row.cells[0].value for row in Reports(session).run(REPORT).rows] == ["a"]
    assert server.count(f"GET /analytics/reports/{REPORT}/instances/0LG1") == 3
    assert len(server.pauses) == 3


def test_when_background_runs_are_used_up_too_it_is_a_quota_error() -> None:
    with talking(lambda _: TOO_MANY) as (_, session), pytest.raises(QuotaError, match="500 reports"):
        Reports(session).run(REPORT)


def test_a_background_run_that_fails_is_an_error() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply({"id": "0LG1", "attributes": {"status": "Error"}})

    with talking(answer) as (_, session), pytest.raises(ApiError, match="REPORT_FAILED"):
        Reports(session).run_async(REPORT)
