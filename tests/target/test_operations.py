"""Update, upsert, insert and delete, each by both write paths, with one meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab

BY_ID = [{"source": "id", "field": "Id"}]
PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])


def load(**parts: Any) -> list[dict[str, Any]]:
    return [{"stream": "rows", "object": "Account", "match": BY_ID, **parts}]


@PATHS
def test_null_clears_and_absent_leaves_alone(lab: Lab, api_type: str) -> None:
    full = {"Description": "d", "NumberOfEmployees": 5, "Industry": "Banking", "Phone": "1"}
    first, second, third = (lab.create("Account", Name=f"A{n}", **full) for n in range(3))
    fields = {"text": "Description", "number": "NumberOfEmployees", "pick": "Industry", "phone": "Phone"}
    run = lab.run(
        stream(
            "rows",
            [
                {"id": first, "text": None, "number": None, "pick": None},
                {"id": second, "text": "new"},
                {"id": third, "text": "", "number": 0, "phone": "   "},
            ],
        ),
        loads=load(fields=fields),
        api_type=api_type,
    )
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}

    def read(account: str) -> tuple[Any, ...]:
        return lab.row("Account", account, *fields.values())

    assert read(first) == (None, None, None, "1")
    assert read(second) == ("new", 5, "Banking", "1")
    assert read(third) == (None, 0, "Banking", None)


@PATHS
def test_an_update_never_creates(lab: Lab, api_type: str) -> None:
    account = lab.create("Account", Name="A")
    gone = lab.create("Account", Name="Gone")
    lab.org.dml.delete(lab.org.admin, "Account", gone)
    records = [
        {"id": account, "text": "x"},
        {"id": gone, "text": "y"},
        {"id": "001000000000000AAA", "text": "z"},
    ]
    run = lab.run(stream("rows", records), loads=load(fields={"text": "Description"}), api_type=api_type)
    assert run.numbers("rows") == {"received": 3, "written": 1, "unmatched": 2}
    assert lab.count("Account") == 1
    assert [reject["record"]["id"] for reject in run.rejects] == [gone, "001000000000000AAA"]


@PATHS
def test_upsert_by_external_id_creates_once_and_updates_after(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    old = lab.create("Account", Name="Old", Ext__c="k-1")
    fields = {"name": "Name", "ext": "Ext__c"}
    rows: list[dict[str, Any]] = [
        {"ext": "K-1", "name": "Renamed"},
        {"ext": "k-2", "name": "New"},
        {"ext": None, "name": "Keyless"},
    ]
    loads = load(operation="upsert", match=[{"source": "ext", "field": "Ext__c"}], fields=fields)
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type, max_reject_percent=50)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 2, "rejected": 1}
    assert run.rejects[0]["code"] == "REQUIRED_FIELD_MISSING"
    assert lab.row("Account", old, "Name", "Ext__c") == ("Renamed", "K-1")
    assert {row["Name"] for row in lab.rows("SELECT Name FROM Account")} == {"Renamed", "New"}
    again = lab.run(stream("rows", rows[:2]), loads=loads, api_type=api_type)
    assert again.numbers("rows") == {"received": 2, "unchanged": 2}
    assert again.writes() == []


@PATHS
def test_insert_with_a_key_leaves_what_exists_alone(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    old = lab.create("Account", Name="Old", Ext__c="1")
    loads = load(operation="insert", match=None, key="Ext__c", fields={"name": "Name", "ext": "Ext__c"})
    del loads[0]["match"]
    rows: list[dict[str, Any]] = [
        {"ext": "1", "name": "Other"},
        {"ext": "2", "name": "New"},
        {"ext": "2", "name": "Newer"},
    ]
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 1, "unchanged": 2}
    assert lab.row("Account", old, "Name") == ("Old",)
    assert [row["Name"] for row in lab.rows("SELECT Name FROM Account WHERE Ext__c = '2'")] == ["New"]


@PATHS
def test_delete_removes_what_it_finds_and_a_replay_finds_nothing(lab: Lab, api_type: str) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(3)]
    loads = [
        {"stream": "rows", "object": "Account", "operation": "delete", "match": BY_ID, "fields": {"id": "Id"}}
    ]
    del loads[0]["fields"]
    rows = [{"id": account} for account in accounts[:2]]
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert [row["Id"] for row in lab.rows("SELECT Id FROM Account")] == [accounts[2]]
    again = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert again.numbers("rows") == {"received": 2, "unchanged": 2}


def test_a_row_deleted_at_its_source_deletes_where_the_load_allows_it(lab: Lab) -> None:
    first, second = lab.create("Account", Name="A"), lab.create("Account", Name="B", Description="old")
    rows: list[dict[str, Any]] = [
        {
            "id": first,
            "text": "x",
            "_sdc_deleted_at": "2026-01-01T00:00:00Z",
            "_sdc_sequence": 1,
            "_sdc_more": 2,
        },
        {"id": second, "text": "new", "_sdc_deleted_at": None},
    ]
    skip = lab.run(stream("rows", rows), loads=load(fields={"text": "Description"}))
    assert skip.numbers("rows") == {"received": 2, "written": 1, "skipped": 1}
    assert lab.row("Account", second, "Description") == ("new",)
    run = lab.run(stream("rows", rows), loads=load(fields={"text": "Description"}, deleted="delete"))
    assert run.numbers("rows") == {"received": 2, "written": 1, "unchanged": 1}
    assert [row["Id"] for row in lab.rows("SELECT Id FROM Account")] == [second]


def test_deleted_clear_empties_the_fields_of_the_load(lab: Lab) -> None:
    account = lab.create("Account", Name="A", Description="d", Phone="1")
    rows = [{"id": account, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}]
    run = lab.run(
        stream("rows", rows, text="string"), loads=load(fields={"text": "Description"}, deleted="clear")
    )
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert lab.row("Account", account, "Description", "Phone") == (None, "1")


@PATHS
def test_a_record_deleted_and_carried_again_exists_at_the_end(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    lab.create("Account", Name="Old", Ext__c="1", Description="old")
    loads = load(
        operation="upsert",
        match=[{"source": "ext", "field": "Ext__c"}],
        fields={"name": "Name"},
        deleted="delete",
    )
    rows: list[dict[str, Any]] = [
        {"ext": "1", "name": "a"},
        {"ext": "1", "_sdc_deleted_at": "2026-01-01"},
        {"ext": "1", "name": "b"},
        {"ext": "2", "name": "c"},
        {"ext": "2", "_sdc_deleted_at": "2026-01-01"},
    ]
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert run.code == 0, run.log
    assert lab.rows("SELECT Name, Description FROM Account") == [{"Name": "b", "Description": None}]
    assert run.report["streams"]["rows"]["received"] == 5


@PATHS
def test_the_last_of_several_values_wins_and_every_row_is_accounted_for(lab: Lab, api_type: str) -> None:
    account = lab.create("Account", Name="A", Description="A")
    rows = [{"id": account, "text": text} for text in ("A", "B", "A", "C", "B", "A")]
    loads = load(fields={"text": "Description"})
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert run.numbers("rows") == {"received": 6, "unchanged": 6}
    assert run.writes() == []
    run = lab.run(stream("rows", rows[:5]), loads=loads, api_type=api_type)
    assert run.numbers("rows") == {"received": 5, "written": 4, "unchanged": 1}
    assert lab.row("Account", account, "Description") == ("B",)
    assert run.report["streams"]["rows"]["records_written"] == 1


@pytest.mark.parametrize("api_type", ["REST", "BULK2", "AUTO"])
def test_order_is_kept_across_batches(lab: Lab, api_type: str) -> None:
    account, other = lab.create("Account", Name="A", Description="A"), lab.create("Account", Name="B")
    rows = [{"id": account, "text": "B"}, {"id": other, "text": "1"}, {"id": account, "text": "A"}]
    run = lab.run(
        stream("rows", rows), loads=load(fields={"text": "Description"}), api_type=api_type, batch_size_rows=1
    )
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert lab.row("Account", account, "Description") == ("A",)
    assert lab.row("Account", other, "Description") == ("1",)


@PATHS
def test_a_parent_made_in_the_same_run_is_there_before_its_children(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    lab.field("Contact.Ext__c", externalId=True, unique=True, **TEXT)
    loads = [
        {
            "stream": "people",
            "object": "Contact",
            "operation": "upsert",
            "match": [{"source": "key", "field": "Ext__c"}],
            "fields": {"last": "LastName", "company": "Account.Ext__c"},
        },
        {
            "stream": "companies",
            "object": "Account",
            "operation": "upsert",
            "match": [{"source": "key", "field": "Ext__c"}],
            "fields": {"name": "Name"},
        },
    ]
    messages = stream(
        "people",
        [{"key": "p1", "last": "Doe", "company": "c1"}, {"key": "p2", "last": "Roe", "company": "c9"}],
    )
    messages += stream("companies", [{"key": "c1", "name": "Acme"}])
    run = lab.run(messages, loads=loads, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("people") == {"received": 2, "written": 1, "unmatched": 1}
    assert lab.rows("SELECT LastName, Account.Name FROM Contact")[0]["Account"]["Name"] == "Acme"
    assert run.rejects[0]["field"] == "AccountId"
    assert "c9" in run.rejects[0]["message"]


def test_auto_takes_bulk_only_for_more_than_2000_changed_records(lab: Lab) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(12)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("target_salesforce_abm.write.outbox.BULK_FROM", 10)
        few = lab.run(
            stream("rows", [{"id": a, "text": "x"} for a in accounts[:10]]),
            loads=load(fields={"text": "Description"}),
        )
        many = lab.run(
            stream("rows", [{"id": a, "text": "y"} for a in accounts]),
            loads=load(fields={"text": "Description"}),
        )
    assert few.report["api_requests"]["write"] == 1
    assert many.report["api_requests"]["bulk_upload"] == 1
    assert "write" not in many.report["api_requests"]
    assert {row["Description"] for row in lab.rows("SELECT Description FROM Account")} == {"y"}


@PATHS
def test_a_row_finds_the_record_that_a_row_before_it_makes(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "operation": "upsert",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": {"name": "Name", "parent": "Parent.Ext__c"},
        },
        {
            "stream": "more",
            "object": "Account",
            "match": [{"source": "key", "field": "Ext__c"}],
            "fields": {"text": "Description"},
        },
    ]
    messages = stream(
        "rows", [{"ext": "p", "name": "Parent", "parent": None}, {"ext": "c", "name": "Child", "parent": "P"}]
    )
    messages += stream("more", [{"key": "c", "text": "late"}, {"key": "none", "text": "lost"}])
    run = lab.run(messages, loads=loads, api_type=api_type)
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert run.numbers("more") == {"received": 2, "written": 1, "unmatched": 1}
    [child] = lab.rows("SELECT Name, Description, Parent.Name FROM Account WHERE Ext__c = 'c'")
    assert (child["Description"], child["Parent"]["Name"]) == ("late", "Parent")


@PATHS
def test_children_written_before_their_parent_is_deleted_go_with_it(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    lab.create("Account", Name="P", Ext__c="p")
    by_ext = [{"source": "ext", "field": "Ext__c"}]
    loads = [
        {"stream": "gone", "object": "Account", "operation": "delete", "match": by_ext},
        {
            "stream": "people",
            "object": "Contact",
            "operation": "insert",
            "fields": {"last": "LastName", "company": "Account.Ext__c"},
        },
    ]
    child = stream("people", [{"last": "Doe", "company": "p"}])
    late = {"type": "RECORD", "stream": "people", "record": {"last": "Late", "company": "p"}}
    run = lab.run([*child, *stream("gone", [{"ext": "p"}]), late], loads=loads, api_type=api_type)
    assert run.numbers("people") == {"received": 2, "written": 1, "unmatched": 1}
    assert run.numbers("gone") == {"received": 1, "written": 1}
    assert lab.count("Contact") == lab.count("Account") == 0


@PATHS
def test_a_delete_finds_the_record_that_another_stream_has_just_made(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    by_ext = [{"source": "ext", "field": "Ext__c"}]
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "operation": "upsert",
            "match": by_ext,
            "fields": {"name": "Name"},
        },
        {"stream": "gone", "object": "Account", "operation": "delete", "match": by_ext},
    ]
    messages = stream("rows", [{"ext": "a", "name": "A"}]) + stream("gone", [{"ext": "a"}])
    run = lab.run(messages, loads=loads, api_type=api_type)
    assert run.numbers("gone") == {"received": 1, "written": 1}
    assert lab.count("Account") == 0


@PATHS
def test_an_upsert_matches_the_record_made_before_it_by_any_of_its_steps(lab: Lab, api_type: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    steps = [{"source": "name", "field": "Name"}, {"source": "ext", "field": "Ext__c"}]
    loads = load(operation="upsert", match=steps, fields={"name": "Name", "text": "Site"})
    rows = [
        {"ext": "1", "name": "Same", "text": "a"},
        {"ext": "2", "name": "same", "text": "b"},
        {"ext": "1", "name": "Same", "text": "c"},
    ]
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type)
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert lab.rows("SELECT Ext__c, Site FROM Account") == [{"Ext__c": "1", "Site": "c"}]
