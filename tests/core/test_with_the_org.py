"""Every API of the library against the org on this machine, as a plugin uses it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from salesforce_abm.bulk import BulkIngest, BulkQuery
from salesforce_abm.collections import Collections
from salesforce_abm.connection import Connection
from salesforce_abm.csvio import ABSENT, CsvFile
from salesforce_abm.describe import Describer
from salesforce_abm.errors import InvalidField, InvalidType, NotSupported
from salesforce_abm.limits import Limits
from salesforce_abm.query import Query
from salesforce_abm.reports import Reports, sorted_by, with_filter
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg


@pytest.fixture
def session(connection_settings: dict[str, Any]) -> Iterator[Session]:
    with Session(Connection.from_config(connection_settings), sleep=lambda _: None) as signed_in:
        yield signed_in


def plant(session: Session, number: int) -> list[str]:
    """Create accounts by the hundred; give their Ids."""
    records = [
        {
            "Name": f'Acme "{n}", Überlingen',
            "NumberOfEmployees": n,
            "BillingLatitude": Decimal(f"{n % 90}.25"),
        }
        for n in range(number)
    ]
    ids: list[str] = []
    for start in range(0, number, 200):
        results = Collections(session).create(records[start : start + 200], sobject="Account")
        assert all(result.success for result in results)
        ids += [result.id or "" for result in results]
    return ids


def test_objects_are_described_25_a_call(org: RunningOrg, session: Session) -> None:
    describer = Describer(session)
    names = [summary.name for summary in describer.global_() if summary.queryable]
    assert {"Account", "Contact", "Lead", "Opportunity"} <= set(names)
    before = session.usage.requests["describe"]
    described = describer.sobjects([*names, "Nope__c"])
    assert list(described) == names
    assert session.usage.requests["describe"] - before == -(-(len(names) + 1) // 25)
    website = described["Account"].field("website")
    assert website is not None
    assert (website.type, website.length, website.updateable) == ("url", 255, True)


def test_rows_come_by_rest_in_pages(org: RunningOrg, session: Session) -> None:
    ids = plant(session, 450)
    query = Query(session)
    pages = list(query.pages("SELECT Id, BillingLatitude, Owner.Name FROM Account", batch_size=200))
    assert [page.count for page in pages] == [200, 200, 50]
    rows = {row["Id"]: row for page in pages for row in page.records}
    assert set(rows) == set(ids)
    assert rows[ids[7]]["BillingLatitude"] == Decimal("7.25")
    assert query.count("SELECT COUNT() FROM Account WHERE NumberOfEmployees < 10") == 10
    assert Limits(session).record_counts(["Account"]) == {"Account": 450}


def test_a_query_too_long_for_a_url_finds_the_same_rows(org: RunningOrg, session: Session) -> None:
    ids = plant(session, 3)
    many = [*ids, *(f"001{n:012}AAA" for n in range(1_000))]
    quoted = ", ".join(f"'{identifier}'" for identifier in many)
    found = list(Query(session).records(f"SELECT Id FROM Account WHERE Id IN ({quoted})"))
    assert {row["Id"] for row in found} == set(ids)
    assert any(request.path.endswith("/composite") for request in org.requests)


def test_wrong_names_are_errors_of_their_own(org: RunningOrg, session: Session) -> None:
    with pytest.raises(InvalidField, match="Nope__c"):
        list(Query(session).records("SELECT Nope__c FROM Account"))
    with pytest.raises(InvalidType, match="Nope__c"):
        list(Query(session).records("SELECT Id FROM Nope__c"))
    with pytest.raises(InvalidField):
        BulkQuery(session).create("SELECT Nope__c FROM Account")
    with pytest.raises(NotSupported):
        BulkQuery(session).create("SELECT Id, BillingAddress FROM Account")


@pytest.mark.parametrize("concurrency", [1, 3], ids=["one-by-one", "side-by-side"])
def test_the_same_rows_come_by_bulk(org: RunningOrg, session: Session, concurrency: int) -> None:
    ids = plant(session, 330)
    bulk = BulkQuery(session)
    job = bulk.wait(bulk.create("SELECT Id, Name, BillingLatitude, Description FROM Account"))
    assert job.records_processed == 330
    rows = {}
    for page in bulk.pages(job, max_records=100, concurrency=concurrency):
        assert page.header == ("Id", "Name", "BillingLatitude", "Description")
        rows.update({row[0]: row[1:] for row in page.rows})
    assert set(rows) == set(ids)
    assert rows[ids[7]] == ['Acme "7", Überlingen', "7.25", ""]
    bulk.delete(job.id)


def test_an_empty_object_is_a_header_by_bulk_too(org: RunningOrg, session: Session) -> None:
    bulk = BulkQuery(session)
    job = bulk.wait(bulk.create("SELECT Id FROM Account"))
    assert [(page.header, list(page.rows)) for page in bulk.pages(job)] == [(("Id",), [])]


@pytest.mark.parametrize("whole_length", [False, True], ids=["broken", "short"])
def test_broken_downloads_are_finished(org: RunningOrg, session: Session, whole_length: bool) -> None:
    ids = plant(session, 300)
    bulk = BulkQuery(session)
    job = bulk.wait(bulk.create("SELECT Id, Name FROM Account"))
    org.faults.truncate(keep=2_000, whole_length=whole_length, path="/results", times=2)
    rows = [row[0] for page in bulk.pages(job, max_records=200) for row in page.rows]
    assert sorted(rows) == sorted(ids)


def test_a_session_that_ends_in_the_middle_is_not_noticed(org: RunningOrg, session: Session) -> None:
    ids = plant(session, 450)
    pages = Query(session).pages("SELECT Id FROM Account", batch_size=200)
    found = next(pages).records
    org.faults.expire_all_sessions()
    found += [row for page in pages for row in page.records]
    assert {row["Id"] for row in found} == set(ids)


def test_records_are_read_by_the_thousand(org: RunningOrg, session: Session) -> None:
    ids = plant(session, 5)
    missing = "001000000000000AAA"
    found = Collections(session).retrieve(
        "Account", [ids[3], missing, ids[0], ids[3]], ["Id", "BillingLatitude"]
    )
    assert [record and record["BillingLatitude"] for record in found] == [
        Decimal("3.25"),
        None,
        Decimal("0.25"),
        Decimal("3.25"),
    ]


def test_each_row_of_a_collection_gets_its_verdict(org: RunningOrg, session: Session) -> None:
    ids = plant(session, 2)
    collections = Collections(session)
    results = collections.update(
        [{"Id": ids[0], "Industry": "Energy"}, {"Id": ids[1], "Phone": "1" * 41}], sobject="Account"
    )
    assert [result.success for result in results] == [True, False]
    assert collections.delete([ids[1]])[0].success
    assert [error.code for error in collections.delete([ids[1]])[0].errors] == ["ENTITY_IS_DELETED"]
    [left] = Query(session).records("SELECT Id, Industry FROM Account")
    assert (left["Id"], left["Industry"]) == (ids[0], "Energy")


def test_a_bulk_upload_clears_leaves_alone_and_reports_each_row(
    org: RunningOrg, session: Session, tmp_path: Path
) -> None:
    ids = plant(session, 3)
    with CsvFile(tmp_path, ["Id", "Name", "NumberOfEmployees"]) as file:
        file.write([ids[0], ABSENT, None])
        file.write([ids[1], 'New, "quoted"\nname', ABSENT])
        file.write([ids[2], None, 5])  # Name is required
    [part] = file.close()
    outcome = BulkIngest(session).run("Account", "update", part.path, rows=part.rows)
    assert (outcome.succeeded.rows, outcome.failed.rows, outcome.missing, outcome.error) == (2, 1, 0, None)
    verdicts = {record["Id"]: result for record, result in outcome.results()}
    assert (verdicts[ids[0]].success, verdicts[ids[1]].success) == (True, True)
    assert verdicts[ids[2]].errors[0].code == "REQUIRED_FIELD_MISSING"
    rows = {
        row["Id"]: row for row in Query(session).records("SELECT Id, Name, NumberOfEmployees FROM Account")
    }
    assert (rows[ids[0]]["Name"], rows[ids[0]]["NumberOfEmployees"]) == ('Acme "0", Überlingen', None)
    assert (rows[ids[1]]["Name"], rows[ids[1]]["NumberOfEmployees"]) == ('New, "quoted"\nname', 1)


def test_a_bulk_upload_under_a_wrong_header_fails_as_a_whole(
    org: RunningOrg, session: Session, tmp_path: Path
) -> None:
    with CsvFile(tmp_path, ["Name", "Nope__c"]) as file:
        file.write(["x", "y"])
    [part] = file.close()
    outcome = BulkIngest(session).run("Account", "insert", part.path)
    assert outcome.error is not None
    assert "Nope__c" in str(outcome.error)
    assert Query(session).count("SELECT COUNT() FROM Account") == 0


def test_an_upload_whose_answers_are_lost_is_written_once(
    org: RunningOrg, session: Session, tmp_path: Path
) -> None:
    with CsvFile(tmp_path, ["Name"]) as file:
        for number in range(20):
            file.write([f"Account {number}"])
    [part] = file.close()
    org.faults.reset("after", method="PUT", times=1)
    org.faults.reset("after", method="PATCH", times=1, path="/jobs/ingest")
    outcome = BulkIngest(session).run("Account", "insert", part.path)
    assert outcome.succeeded.rows == 20
    assert Query(session).count("SELECT COUNT() FROM Account") == 20


def test_a_report_of_more_rows_than_a_run_gives_is_read_in_parts(org: RunningOrg, session: Session) -> None:
    plant(session, 2_010)
    definition = {
        "name": "All Accounts",
        "developerName": "All_Accounts",
        "reportFormat": "TABULAR",
        "reportType": {"type": "AccountList"},
        "detailColumns": ["ACCOUNT.NAME", "EMPLOYEES", "TYPE"],
    }
    session.request("POST", "analytics/reports", kind="report", json={"reportMetadata": definition})
    reports = Reports(session)
    found = reports.find("all accounts")
    described = reports.describe(found.id)
    assert [(column.name, column.entity_column) for column in described.columns][1] == (
        "EMPLOYEES",
        "Account.NumberOfEmployees",
    )
    metadata = sorted_by(described.metadata, "EMPLOYEES")
    first = reports.run(found.id, metadata=metadata)
    assert (first.all_data, first.row_count, len(first.rows)) == (False, 2_010, 2_000)
    rest = reports.run(
        found.id,
        metadata=with_filter(metadata, "EMPLOYEES", "greaterThan", str(first.rows[-1].cells[1].value)),
    )
    assert (rest.all_data, len(rest.rows)) == (True, 10)
    assert [row.cells[1].value for row in [*first.rows, *rest.rows]] == list(range(2_010))
    assert first.rows[7].cells[0].plain == 'Acme "7", Überlingen'
    assert [cell.plain for cell in first.rows[7].cells][2] is None
