"""The Analytics API's other resources, its refusals and its limits, on orgs that tests may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org import defaults
from support.rest import Rest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

LIST = {
    "name": "All Accounts",
    "reportType": {"type": "AccountList", "label": "Accounts"},
    "reportFormat": "TABULAR",
    "detailColumns": ["ACCOUNT.NAME", "SALES"],
}
MISSING = "00O000000000001AAA"
GONE = [{"errorCode": "NOT_FOUND", "message": "The data you\u2019re trying to access is unavailable."}]


@pytest.fixture
def report(org: RunningOrg, rest: Rest) -> str:
    """A list of three Accounts."""
    for name, revenue in (("Acme", 16000.01), ("Bolt", None), ("Core", 5)):
        rest.create("Account", Name=name, AnnualRevenue=revenue)
    return org.org.reports.definitions.create(org.org.admin, LIST).id


def post(rest: Rest, report: str, **metadata: Any) -> Any:
    return rest.post(f"analytics/reports/{report}", {"reportMetadata": {"reportFilters": [], **metadata}})


def error(message: str, code: str = "BAD_REQUEST") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {},
            400,
            "The request is invalid because there is no metadata. Specify metadata in the request body.",
        ),
        (
            {"reportMetadata": {}},
            400,
            (
                "The request is invalid because there are no filters. Specify filters or set filters as an empty"
                " array to omit them."
            ),
        ),
    ],
    ids=["no metadata", "no filters"],
)
def test_a_body_must_have_metadata_and_filters(
    rest: Rest, report: str, body: dict[str, Any], status: int, message: str
) -> None:
    answer = rest.post(f"analytics/reports/{report}", body)
    assert (answer.status_code, answer.json()) == (status, error(message))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (
            {"sortBy": [{"sortColumn": "SALES"}, {"sortColumn": "ACCOUNT.NAME"}]},
            "A report can only be sorted by one column.",
        ),
        ({"sortBy": [{"sortColumn": "TYPE"}]}, "The sort column name must be from a selected column."),
        ({"sortBy": [{"sortOrder": "Asc"}]}, "The sort column name can't be null."),
        (
            {"reportFormat": "MATRIX", "sortBy": [{"sortColumn": "SALES"}]},
            "Column sorting isn't supported for matrix reports.",
        ),
        (
            {"detailColumns": [], "aggregates": []},
            (
                "Can\u2019t run the report because it doesn\u2019t have any columns selected. Be sure to add fields as"
                " columns to the report through the user interface."
            ),
        ),
        (
            {"detailColumns": ["SALES"] * 101},
            (
                "Only a report with fewer than 100 columns can be run. The columns are fields specified as detail"
                " columns, summaries, or custom summary formulas. Remove unneeded columns from the report and try"
                " again."
            ),
        ),
        (
            {"reportFilters": [{"column": "NOPE", "operator": "equals", "value": "1"}]},
            "Specify a valid filterable column because NOPE is invalid.",
        ),
        (
            {"reportFilters": [{"column": "SALES", "operator": "like", "value": "1"}]},
            "Specify a valid condition because like is invalid.",
        ),
        (
            {
                "reportFilters": [{"column": "SALES", "operator": "equals", "value": "1"}],
                "reportBooleanFilter": "1 AND 2",
            },
            "Specify a valid condition because 1 AND 2 is invalid.",
        ),
        (
            {"standardDateFilter": {"column": "NOPE", "durationValue": "TODAY"}},
            "The column NOPE specified for the standard date filter is invalid.",
        ),
        (
            {"standardDateFilter": {"column": "SALES", "durationValue": "TODAY"}},
            "The column SALES cannot be a standard date filter because it is not a date column.",
        ),
        (
            {"standardDateFilter": {"column": "CREATED_DATE", "durationValue": "SOON"}},
            "The duration SOON specified for the standard date filter is invalid.",
        ),
        (
            {"standardDateFilter": {"column": "CREATED_DATE", "durationValue": "CUSTOM", "startDate": "1/2"}},
            "The specified start date of CREATED_DATE specified for the standard date filter is invalid.",
        ),
    ],
    ids=[
        "two sorts",
        "sort by another column",
        "sort by nothing",
        "sorted matrix",
        "no columns",
        "too many columns",
        "unknown filter column",
        "unknown operator",
        "logic",
        "unknown date column",
        "no date column",
        "duration",
        "start date",
    ],
)
def test_metadata_that_cannot_be_run_is_refused_in_salesforces_words(
    rest: Rest, report: str, metadata: dict[str, Any], message: str
) -> None:
    answer = post(rest, report, **metadata)
    assert (answer.status_code, answer.json()) == (400, error(message))


def test_more_than_twenty_filters_are_refused(rest: Rest, report: str) -> None:
    one = {"column": "SALES", "operator": "greaterThan", "value": "1"}
    assert post(rest, report, reportFilters=[one] * 20).status_code == 200
    assert post(rest, report, reportFilters=[one] * 21).status_code == 400


@pytest.mark.parametrize(
    "path",
    [f"reports/{MISSING}", f"reports/{MISSING}/describe", "reports/nonsense", "reportTypes/Nope"],
    ids=["run", "describe", "no id", "type"],
)
def test_what_is_not_there_answers_404(rest: Rest, path: str) -> None:
    answer = rest.get(f"analytics/{path}")
    assert (answer.status_code, answer.json()) == (404, GONE)


def test_a_joined_report_answers_501(org: RunningOrg, rest: Rest) -> None:
    made = org.org.reports.definitions.create(org.org.admin, {**LIST, "reportFormat": "MULTI_BLOCK"})
    assert (
        rest.get(f"analytics/reports/{made.id}/describe").json()["reportMetadata"]["reportFormat"]
        == "MULTI_BLOCK"
    )
    answer = rest.get(f"analytics/reports/{made.id}")
    assert answer.status_code == 501
    assert answer.json()[0]["message"] == "You\u2019re requesting data for an unsupported report format."
    assert rest.query("SELECT Format FROM Report")[0]["Format"] == "MultiBlock"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [("text/plain", b"{}", 415), ("application/json", b"{", 500), ("application/json", b"[1]", 500)],
    ids=["not json", "broken", "a list"],
)
def test_only_json_objects_are_read(
    rest: Rest, report: str, content_type: str, body: bytes, status: int
) -> None:
    answer = rest.send(
        "POST", f"analytics/reports/{report}", data=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code == status
    assert set(answer.json()[0]) == {"errorCode", "message"}


def test_the_hours_runs_are_counted_and_run_out(org: RunningOrg, rest: Rest, report: str) -> None:
    org.org.clock.set(datetime(2025, 1, 31, 12, tzinfo=UTC))
    rest = Rest(org)
    with rest:
        assert rest.get(f"analytics/reports/{report}").status_code == 200
        assert rest.get("limits").json()["HourlySyncReportRuns"] == {"Max": 500, "Remaining": 499}
        org.org.limits.set_remaining(0, "HourlySyncReportRuns")
        answer = rest.get(f"analytics/reports/{report}")
        assert answer.status_code == 403
        message = "You can't run more than 500 reports synchronously every 60 minutes. Try again later."
        assert answer.json() == error(message, "FORBIDDEN")
        assert rest.post(f"analytics/reports/{report}/instances").status_code == 200
        org.org.limits.set_remaining(0, "HourlySyncReportRuns")
        org.org.clock.shift(timedelta(minutes=61))
        assert rest.get(f"analytics/reports/{report}").status_code == 200


def test_the_limit_can_be_switched_off(org: RunningOrg, rest: Rest, report: str) -> None:
    org.org.limits.set_remaining(0, "HourlySyncReportRuns")
    org.org.limits.enforced = False
    assert rest.get(f"analytics/reports/{report}").status_code == 200


def test_an_asynchronous_run_is_new_then_running_then_done(org: RunningOrg, rest: Rest, report: str) -> None:
    org.org.behaviour.polls = 1
    answer = rest.post(f"analytics/reports/{report}/instances?includeDetails=true")
    made = answer.json()
    assert set(made) == {
        "id",
        "status",
        "requestDate",
        "completionDate",
        "ownerId",
        "hasDetailRows",
        "queryable",
        "url",
    }
    assert made["id"].startswith("0LG")
    assert (made["status"], made["completionDate"], made["hasDetailRows"]) == ("New", None, True)
    assert made["requestDate"].endswith("Z")
    assert "." not in made["requestDate"]
    running = rest.get(made["url"]).json()
    assert running["attributes"]["status"] == "Running"
    done = rest.get(made["url"]).json()
    assert done["attributes"]["status"] == "Success"
    assert done["attributes"]["type"] == "ReportInstance"
    assert [row["dataCells"][0]["label"] for row in done["factMap"]["T!T"]["rows"]] == [
        "Acme",
        "Bolt",
        "Core",
    ]
    listed = rest.get(f"analytics/reports/{report}/instances").json()
    assert [(item["id"], item["status"]) for item in listed] == [(made["id"], "Success")]
    assert rest.delete(made["url"]).status_code == 204
    assert rest.get(made["url"]).json() == GONE


def test_a_result_shows_the_org_as_it_was_and_is_gone_after_a_day(
    org: RunningOrg, rest: Rest, report: str
) -> None:
    made = rest.post(
        f"analytics/reports/{report}/instances", {"reportMetadata": {"reportFilters": []}}
    ).json()
    rest.create("Account", Name="Later")
    assert rest.get(made["url"]).json()["factMap"]["T!T"]["aggregates"][0]["value"] == 3
    org.org.clock.shift(timedelta(hours=24))
    with Rest(org) as later:
        assert later.get(made["url"]).json() == GONE
        assert later.get(f"analytics/reports/{report}/instances").json() == []


def test_a_request_that_cannot_run_gets_no_instance(rest: Rest, report: str) -> None:
    body = {"reportMetadata": {"reportFilters": [{"column": "NOPE", "operator": "equals", "value": "1"}]}}
    assert rest.post(f"analytics/reports/{report}/instances", body).status_code == 400
    assert rest.get(f"analytics/reports/{report}/instances").json() == []


def test_columns_hidden_from_a_user_leave_the_report(org: RunningOrg, rest: Rest, report: str) -> None:
    org.org.create_custom_field("Account.Secret__c", type="Text", length=20)
    body = {
        "reportMetadata": {"detailColumns": ["ACCOUNT.NAME", "Account.Secret__c"], "aggregates": ["RowCount"]}
    }
    rest.patch(f"analytics/reports/{report}", body)
    admin = rest.get(f"analytics/reports/{report}?includeDetails=true").json()
    assert admin["reportMetadata"]["detailColumns"] == ["ACCOUNT.NAME", "Account.Secret__c"]
    with Rest(org, username=defaults.READER_USERNAME) as reader:
        document = reader.get(f"analytics/reports/{report}?includeDetails=true").json()
        assert document["reportMetadata"]["detailColumns"] == ["ACCOUNT.NAME"]
        assert all(len(row["dataCells"]) == 1 for row in document["factMap"]["T!T"]["rows"])
        hidden = {"column": "Account.Secret__c", "operator": "equals", "value": "x"}
        refused = post(reader, report, reportFilters=[hidden])
        assert refused.json() == error(
            "Specify a valid filterable column because Account.Secret__c is invalid."
        )
        described = reader.get(f"analytics/reports/{report}/describe").text
        assert "Secret__c" not in described


def test_a_removed_field_ends_the_columns_that_showed_it(org: RunningOrg, rest: Rest, report: str) -> None:
    org.org.create_custom_field("Account.Soon_Gone__c", type="Text", length=20)
    body = {"reportMetadata": {"detailColumns": ["ACCOUNT.NAME", "Account.Soon_Gone__c"]}}
    rest.patch(f"analytics/reports/{report}", body)
    org.org.customiser.delete_field("Account.Soon_Gone__c")
    assert rest.get(f"analytics/reports/{report}").status_code == 200


def test_reports_are_made_changed_copied_and_deleted(rest: Rest) -> None:
    made = rest.post("analytics/reports", {"reportMetadata": LIST}).json()
    report = made["attributes"]["reportId"]
    assert made["reportMetadata"]["developerName"] == "All_Accounts"
    changed = rest.patch(f"analytics/reports/{report}", {"reportMetadata": {"name": "Some Accounts"}}).json()
    assert changed["attributes"]["reportName"] == "Some Accounts"
    copy = rest.post(f"analytics/reports?cloneId={report}", {"reportMetadata": {"name": "Copy"}}).json()
    assert copy["attributes"]["reportId"] != report
    assert copy["reportMetadata"]["detailColumns"] == LIST["detailColumns"]
    assert rest.delete(f"analytics/reports/{report}").status_code == 204
    assert rest.get(f"analytics/reports/{report}").json() == GONE
    assert [item["name"] for item in rest.get("analytics/reports").json()] == ["Copy"]


def test_metadata_can_be_run_without_saving_it(rest: Rest, report: str) -> None:
    body = {"reportMetadata": {**LIST, "reportFilters": [], "hasDetailRows": True}}
    document = rest.post("analytics/reports/query", body).json()
    assert len(document["factMap"]["T!T"]["rows"]) == 3
    assert document["attributes"]["reportId"] is None
    assert [row["Id"] for row in rest.query("SELECT Id FROM Report")] == [report]


def test_report_types_list_standard_and_own_objects(org: RunningOrg, rest: Rest) -> None:
    org.org.create_custom_object("Invoice__c")
    types = [
        item["type"] for group in rest.get("analytics/reportTypes").json() for item in group["reportTypes"]
    ]
    assert {"AccountList", "Opportunity", "ContactList", "CustomEntity$Invoice__c"} <= set(types)
    described = rest.get("analytics/reportTypes/CustomEntity$Invoice__c").json()
    columns = described["reportTypeMetadata"]["categories"][0]["columns"]
    assert {"CUST_NAME", "CUST_ID", "CUST_CREATED_DATE"} <= set(columns)


def test_a_report_on_an_own_object_runs(org: RunningOrg, rest: Rest) -> None:
    org.org.create_custom_object("Invoice__c")
    org.org.create_custom_field("Invoice__c.Total__c", type="Currency", precision=18, scale=2)
    org.org.create_custom_field("Invoice__c.Paid_At__c", type="DateTime")
    rest.create("Invoice__c", Name="A", Total__c=-12.5, Paid_At__c="2025-06-18T15:30:00Z")
    metadata = {
        "name": "Invoices",
        "reportType": {"type": "CustomEntity$Invoice__c"},
        "detailColumns": ["CUST_NAME", "Invoice__c.Total__c", "Invoice__c.Paid_At__c"],
        "aggregates": ["s!Invoice__c.Total__c", "a!Invoice__c.Total__c", "m!Invoice__c.Total__c", "RowCount"],
    }
    made = org.org.reports.definitions.create(org.org.admin, metadata)
    fact = rest.get(f"analytics/reports/{made.id}?includeDetails=true").json()["factMap"]["T!T"]
    name, total, paid = fact["rows"][0]["dataCells"]
    assert name["label"] == "A"
    assert total == {"label": "($12.50)", "value": {"amount": -12.5, "currency": None}}
    assert paid == {
        "label": "6/18/2025 8:30 AM",
        "value": "2025-06-18T15:30:00Z",
    }  # own fields keep their time
    assert [item["value"] for item in fact["aggregates"]] == [-12.5, -12.5, -12.5, 1]


def test_nobody_without_a_session_sees_reports(org: RunningOrg, rest: Rest, report: str) -> None:
    rest.http.headers.pop("Authorization")
    assert rest.get(f"analytics/reports/{report}").status_code == 401
    assert len(org.requests) > 0
