"""Reports over HTTP: the shapes recorded answers have, held against the org's own rows."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from support.rest import Rest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

RUN_KEYS = {
    "attributes",
    "allData",
    "factMap",
    "groupingsAcross",
    "groupingsDown",
    "hasDetailRows",
    "reportExtendedMetadata",
    "reportMetadata",
}
METADATA_KEYS = {
    "aggregates",
    "chart",
    "crossFilters",
    "currency",
    "description",
    "detailColumns",
    "developerName",
    "division",
    "folderId",
    "groupingsAcross",
    "groupingsDown",
    "hasDetailRows",
    "hasRecordCount",
    "historicalSnapshotDates",
    "id",
    "name",
    "reportBooleanFilter",
    "reportFilters",
    "reportFormat",
    "reportType",
    "scope",
    "showGrandTotal",
    "showSubtotals",
    "sortBy",
    "standardDateFilter",
    "standardFilters",
    "supportsRoleHierarchy",
    "userOrHierarchyFilterId",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def report_id(rest: Rest, developer_name: str) -> str:
    rows = rest.query(f"SELECT Id FROM Report WHERE DeveloperName = '{developer_name}'")
    return str(rows[0]["Id"])


def run(rest: Rest, name: str, **metadata: Any) -> dict[str, Any]:
    """A run of a demo report, with changed metadata when some is given."""
    path = f"analytics/reports/{report_id(rest, name)}?includeDetails=true"
    body = {"reportMetadata": {"reportFilters": [], **metadata}}
    answer = rest.post(path, body) if metadata else rest.get(path)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def cells(document: dict[str, Any], fact: str = "T!T") -> list[dict[str, Any]]:
    """Rows of a fact as column name to cell."""
    names = document["reportMetadata"]["detailColumns"]
    return [dict(zip(names, row["dataCells"], strict=True)) for row in document["factMap"][fact]["rows"]]


def test_the_list_has_what_was_viewed_with_its_addresses(demo_rest: Rest) -> None:
    listed = demo_rest.get("analytics/reports").json()
    base = "/services/data/v60.0/analytics/reports/"
    names = {item["name"] for item in listed}
    assert names == {"Accounts With Engagement", "Opportunities By Stage", "Opportunities By Stage And Month"}
    for item in listed:
        assert item == {
            "describeUrl": f"{base}{item['id']}/describe",
            "id": item["id"],
            "instancesUrl": f"{base}{item['id']}/instances",
            "name": item["name"],
            "url": f"{base}{item['id']}",
        }


def test_report_rows_say_formats_in_title_case_and_describes_in_capitals(demo_rest: Rest) -> None:
    rows = demo_rest.query("SELECT Id, Format, FolderName FROM Report ORDER BY DeveloperName")
    assert [row["Format"] for row in rows] == ["Tabular", "Summary", "Matrix"]
    assert {row["FolderName"] for row in rows} == {"ABM Reports"}
    described = demo_rest.get(f"analytics/reports/{rows[0]['Id']}/describe").json()
    assert described["reportMetadata"]["reportFormat"] == "TABULAR"


def test_a_tabular_run_has_its_rows_at_the_grand_total(demo_rest: Rest) -> None:
    document = run(demo_rest, "Accounts_With_Engagement")
    assert set(document) >= RUN_KEYS
    assert set(document["reportMetadata"]) >= METADATA_KEYS
    assert set(document["factMap"]) == {"T!T"}
    assert document["groupingsDown"] == document["groupingsAcross"] == {"groupings": []}
    count = demo_rest.get("query", params={"q": "SELECT COUNT() FROM Account WHERE NumberOfEmployees > 50"})
    assert len(cells(document)) == count.json()["totalSize"] > 500
    assert document["allData"] is True
    total = demo_rest.query("SELECT SUM(AnnualRevenue) s FROM Account WHERE NumberOfEmployees > 50")[0]["s"]
    assert document["factMap"]["T!T"]["aggregates"] == [
        {"label": f"${total:,.0f}", "value": total},
        {"label": f"{len(cells(document)):,}", "value": len(cells(document))},
    ]


def test_cells_are_spelt_by_the_kind_of_their_column(demo_rest: Rest) -> None:
    document = run(demo_rest, "Accounts_With_Engagement")
    wanted = (
        "Id, Name, OwnerId, Owner.Name, Type, AnnualRevenue, NumberOfEmployees, Strategic__c, CreatedDate,"
        " Renewal_Date__c, Health_Score__c, BillingStreet"
    )
    stored = {
        row["Id"]: row
        for row in demo_rest.query(f"SELECT {wanted} FROM Account WHERE NumberOfEmployees > 50 LIMIT 2000")
    }
    seen: set[str] = set()
    for row in cells(document):
        record = stored[row["ACCOUNT_ID"]["value"]]
        assert row["ACCOUNT.NAME"] == {"label": record["Name"], "value": record["Id"]} | _escaped(
            record["Name"]
        )
        assert row["USERS.NAME"]["value"] == record["OwnerId"]
        assert row["USERS.NAME"]["label"] == record["Owner"]["Name"]
        assert row["ACCOUNT_ID"]["label"] == record["Id"][:15]
        assert row["Account.Strategic__c"]["value"] is record["Strategic__c"]
        for column, field in (
            ("TYPE", "Type"),
            ("SALES", "AnnualRevenue"),
            ("Account.Renewal_Date__c", "Renewal_Date__c"),
        ):
            if record[field] is None:
                assert row[column] == {"label": "-", "value": None}
                seen.add(f"{column} null")
        if record["AnnualRevenue"] is not None:
            assert row["SALES"] == {
                "label": f"${record['AnnualRevenue']:,.0f}",
                "value": {"amount": record["AnnualRevenue"], "currency": None},
            }
        if record["Health_Score__c"] is not None:
            assert row["Account.Health_Score__c"]["label"] == f"{record['Health_Score__c']:.1f}%"
        if record["Renewal_Date__c"]:
            assert row["Account.Renewal_Date__c"]["value"] == record["Renewal_Date__c"]
        # a date/time column of the object itself shows the user's day and nothing finer
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["CREATED_DATE"]["value"])
        if "\n" in (record["BillingStreet"] or ""):
            assert row["ADDRESS1_STREET"]["value"] == record["BillingStreet"].replace("\n", "<br>")
            seen.add("street")
    assert seen >= {"TYPE null", "SALES null", "Account.Renewal_Date__c null", "street"}


def _escaped(text: str) -> dict[str, str]:
    table = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
    safe = "".join(table.get(char, char) for char in text)
    return {"escapedLabel": safe} if safe != text else {}


def test_two_columns_may_have_one_label(demo_rest: Rest) -> None:
    info = run(demo_rest, "Accounts_With_Engagement")["reportExtendedMetadata"]["detailColumnInfo"]
    both = ("Account.Customer_Id__c", "Account.Legacy_Customer_Number__c")
    assert {info[name]["label"] for name in both} == {"Customer #"}


def test_without_details_facts_have_no_rows_at_all(demo_rest: Rest) -> None:
    path = f"analytics/reports/{report_id(demo_rest, 'Accounts_With_Engagement')}"
    for document in (demo_rest.get(path).json(), demo_rest.get(f"{path}?includeDetails=false").json()):
        assert document["hasDetailRows"] is False
        assert set(document["factMap"]["T!T"]) == {"aggregates"}


def test_older_versions_know_fewer_keys(demo: RunningOrg) -> None:
    with Rest(demo, version="38.0") as rest:
        document = run(rest, "Accounts_With_Engagement")
    assert set(document) == RUN_KEYS
    assert document["reportExtendedMetadata"]["detailColumnInfo"]["SALES"] == {
        "dataType": "currency",
        "label": "Annual Revenue",
    }
    assert not any("escapedLabel" in cell for row in cells(document) for cell in row.values())


def test_only_two_thousand_rows_come_but_summaries_cover_all(demo_rest: Rest) -> None:
    document = run(demo_rest, "Accounts_With_Engagement", reportFilters=[])
    assert document["allData"] is False
    assert document["hasExceededTabularRowLimit"] is True
    assert len(cells(document)) == 2000
    assert document["factMap"]["T!T"]["aggregates"][1] == {"label": "2,400", "value": 2400}


def test_a_report_can_be_paged_by_sorting_and_filtering(demo_rest: Rest) -> None:
    sort = [{"sortColumn": "EMPLOYEES", "sortOrder": "Desc"}]
    first = run(demo_rest, "Accounts_With_Engagement", sortBy=sort)
    sizes = [row["EMPLOYEES"]["value"] for row in cells(first)]
    numbers = [size for size in sizes if size is not None]
    assert numbers == sorted(numbers, reverse=True)
    assert sizes[len(numbers) :] == [None] * (len(sizes) - len(numbers))
    bound = numbers[100]
    below = {"column": "EMPLOYEES", "operator": "lessThan", "value": str(bound), "filterType": "fieldValue"}
    rest_of = run(demo_rest, "Accounts_With_Engagement", sortBy=sort, reportFilters=[below])
    assert cells(rest_of)[0]["EMPLOYEES"]["value"] < bound


def test_a_summary_run_groups_by_stage_and_owner(demo_rest: Rest) -> None:
    document = run(demo_rest, "Opportunities_By_Stage")
    down = document["groupingsDown"]["groupings"]
    order = [item["label"] for item in down]
    stages = [
        row["MasterLabel"]
        for row in demo_rest.query("SELECT MasterLabel FROM OpportunityStage ORDER BY SortOrder")
    ]
    assert order == [stage for stage in stages if stage in order]
    for stage in down:
        assert set(stage) == {"groupings", "key", "label", "value"}
        owners = [owner["label"] for owner in stage["groupings"]]
        assert owners == sorted(owners, key=str.casefold)
        for owner in stage["groupings"]:
            assert owner["value"].startswith("005")
            assert re.fullmatch(rf"{stage['key']}_\d+", owner["key"])
    facts = document["factMap"]
    keys = {"T!T"} | {f"{stage['key']}!T" for stage in down}
    leaves = {f"{owner['key']}!T" for stage in down for owner in stage["groupings"]}
    assert set(facts) == keys | leaves
    assert all(facts[key]["rows"] == [] for key in keys)
    assert all(facts[key]["rows"] for key in leaves)
    for position in (0, 2):
        total = facts["T!T"]["aggregates"][position]["value"]
        for level in (keys - {"T!T"}, leaves):
            assert sum(facts[key]["aggregates"][position]["value"] for key in level) == pytest.approx(total)
    # what rows are grouped by is not said again in their cells
    assert "STAGE_NAME" not in document["reportMetadata"]["detailColumns"]
    levels = document["reportExtendedMetadata"]["groupingColumnInfo"]
    assert {name: info["groupingLevel"] for name, info in levels.items()} == {"STAGE_NAME": 0, "FULL_NAME": 1}


def test_a_matrix_run_has_every_stage_at_every_month(demo_rest: Rest) -> None:
    document = run(demo_rest, "Opportunities_By_Stage_And_Month")
    down = [item["key"] for item in document["groupingsDown"]["groupings"]]
    months = document["groupingsAcross"]["groupings"]
    assert [month["value"] for month in months] == [f"2025-{number:02d}-01" for number in range(1, 13)]
    assert months[0]["label"] == "January 2025"
    across = [month["key"] for month in months]
    assert set(document["factMap"]) == {
        f"{row}!{column}" for row in ["T", *down] for column in ["T", *across]
    }
    empty = [fact for fact in document["factMap"].values() if fact["aggregates"][1]["value"] == 0]
    assert empty
    assert all(fact["aggregates"][0] == {"label": "$0.00", "value": 0} for fact in empty)
    total = sum(len(document["factMap"][f"{row}!{column}"]["rows"]) for row in down for column in across)
    assert total == document["factMap"]["T!T"]["aggregates"][1]["value"]
    assert document["reportMetadata"]["standardDateFilter"] == {
        "column": "CLOSE_DATE",
        "durationValue": "THIS_FISCAL_YEAR",
        "startDate": "2025-01-01",
        "endDate": "2025-12-31",
    }


@pytest.mark.parametrize(
    ("metadata", "where"),
    [
        (
            {
                "reportFilters": [
                    {"column": "STAGE_NAME", "operator": "equals", "value": "Closed Won,Closed Lost"},
                    {"column": "AMOUNT", "operator": "greaterThan", "value": "10000"},
                    {"column": "ACCOUNT_NAME", "operator": "contains", "value": "bank"},
                ],
                "reportBooleanFilter": "1 AND (2 OR NOT 3)",
            },
            "StageName IN ('Closed Won', 'Closed Lost') AND (Amount > 10000 OR (NOT Account.Name LIKE '%bank%'))",
        ),
        (
            {
                "standardFilters": [
                    {"name": "open", "value": "open"},
                    {"name": "probability", "value": "gt50"},
                ]
            },
            "IsClosed = false AND Probability > 50",
        ),
        (
            {"standardFilters": [{"name": "open", "value": "closedwon"}]},
            "IsWon = true",
        ),
        ({"scope": "user"}, "Owner.Username = 'admin@example.com'"),
    ],
    ids=["field filters", "status and probability", "won", "my opportunities"],
)
def test_filters_select_the_rows_soql_would(demo_rest: Rest, metadata: dict[str, Any], where: str) -> None:
    dates = {
        "column": "CLOSE_DATE",
        "durationValue": "CUSTOM",
        "startDate": "2025-01-01",
        "endDate": "2025-06-30",
    }
    document = run(demo_rest, "Opportunities_By_Stage", standardDateFilter=dates, **metadata)
    count = demo_rest.get(
        "query",
        params={
            "q": f"SELECT COUNT() FROM Opportunity WHERE {where} AND CloseDate >= 2025-01-01 AND CloseDate <= 2025-06-30"
        },
    )
    assert document["factMap"]["T!T"]["aggregates"][2]["value"] == count.json()["totalSize"]


def test_a_run_with_other_metadata_saves_nothing(demo_rest: Rest) -> None:
    changed = run(demo_rest, "Opportunities_By_Stage", detailColumns=["AMOUNT"])
    assert changed["reportMetadata"]["detailColumns"] == ["AMOUNT"]
    assert len(run(demo_rest, "Opportunities_By_Stage")["reportMetadata"]["detailColumns"]) == 10


def test_top_rows_cut_a_sorted_list(demo_rest: Rest) -> None:
    document = run(
        demo_rest,
        "Accounts_With_Engagement",
        sortBy=[{"sortColumn": "EMPLOYEES", "sortOrder": "Desc"}],
        topRows={"rowLimit": 5, "direction": "Desc"},
    )
    assert len(cells(document)) == 5
    assert document["factMap"]["T!T"]["aggregates"][1]["value"] == 5


def test_describe_lists_what_the_report_could_have(demo_rest: Rest) -> None:
    path = f"analytics/reports/{report_id(demo_rest, 'Opportunities_By_Stage')}/describe"
    described = demo_rest.get(path).json()
    assert set(described) == {"attributes", "reportMetadata", "reportExtendedMetadata", "reportTypeMetadata"}
    about = described["reportTypeMetadata"]
    columns = {
        name: column for category in about["categories"] for name, column in category["columns"].items()
    }
    recorded = {  # of a recorded describe: name, type, label
        "OPPORTUNITY_NAME": ("string", "Opportunity Name"),
        "AMOUNT": ("currency", "Amount"),
        "PROBABILITY": ("percent", "Probability (%)"),
        "CLOSE_DATE": ("date", "Close Date"),
        "CREATED_DATE": ("datetime", "Created Date"),
        "FISCAL_QUARTER": ("string", "Fiscal Period"),
        "AGE": ("int", "Age"),
        "OPPORTUNITY_ID": ("id", "Opportunity ID"),
        "CLOSED": ("boolean", "Closed"),
        "DESCRIPTION": ("textarea", "Description"),
        "OWNER_EMAIL": ("email", "Opportunity Owner Email"),
        "OWNER_PHONE": ("phone", "Opportunity Owner: Phone"),
        "URL": ("url", "Website"),
        "ADDRESS1_STREET": ("textarea", "Billing Street"),
        "ADDRESS1_LINE1": ("string", "Billing Address Line 1"),
    }
    assert {name: (columns[name]["dataType"], columns[name]["label"]) for name in recorded} == recorded
    assert columns["CLOSED"]["filterValues"][0] == {"label": "True", "name": "True", "apiName": "True"}
    assert columns["FULL_NAME"]["entityColumnName"] == "User.Name"
    assert columns["ACCOUNT_NAME"]["isLookup"] is True
    assert columns["Account.ABM_Engagement_Score__c"]["isCustom"] is True
    operators = {
        name: [item["name"] for item in items] for name, items in about["dataTypeFilterOperatorMap"].items()
    }
    compare = ["equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual"]
    text = [*compare, "contains", "notContain", "startsWith"]
    expected = dict.fromkeys(("date", "datetime", "int", "currency", "percent", "double"), compare)
    expected |= dict.fromkeys(("string", "picklist", "textarea", "url", "phone", "email"), text)
    expected |= {"boolean": compare[:2], "id": ["equals", "notEqual", "startsWith"]}
    expected |= {"multipicklist": ["equals", "notEqual", "includes", "excludes"]}
    assert {name: operators[name] for name in expected} == expected
    assert [item["value"] for item in about["scopeInfo"]["values"]] == ["user", "team", "organization"]
    assert set(about["standardFilterInfos"]) == {"open", "probability"}
    groups = {group["label"]: group for group in about["standardDateFilterDurationGroups"]}
    assert groups["Fiscal Year"]["standardDateFilterDurations"][0] == {
        "label": "Current FY",
        "value": "THIS_FISCAL_YEAR",
        "startDate": "2025-01-01",
        "endDate": "2025-12-31",
    }


def test_excel_has_the_formatted_layout(demo_rest: Rest) -> None:
    path = f"analytics/reports/{report_id(demo_rest, 'Accounts_With_Engagement')}"
    answer = demo_rest.get(path, headers={"Accept": XLSX})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == XLSX
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert re.fullmatch(
        r'attachment; filename="Accounts With Engagement-2025-06-18-15-30-00\.xlsx"',
        answer.headers["Content-Disposition"],
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ET.fromstring(archive.read(name))
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = [
        {cell.attrib["r"].rstrip("0123456789"): "".join(cell.itertext()) for cell in row}
        for row in sheet.iter(f"{SHEET}row")
    ]
    assert not any("A" in row for row in rows)
    assert rows[1] == {"B": "Accounts With Engagement"}
    header = next(index for index, row in enumerate(rows) if row.get("B") == "Account ID")
    assert {"B": "Employees greaterThan 50"} in [
        {key: value.strip("()") for key, value in row.items()} for row in rows[:header]
    ]
    total = next(index for index, row in enumerate(rows) if row.get("B") == "Total")
    assert total - header - 1 == int(rows[total]["C"])
    assert rows[header]["C"] == "Account Name"
    # the exports people ask for without metadata work too
    assert (
        demo_rest.post(path, headers={"Accept": XLSX, "Content-Type": "application/json"}).status_code == 200
    )
