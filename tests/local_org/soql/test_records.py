"""What records look like, in REST and in Bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.soql import run_query

if TYPE_CHECKING:
    from local_org.soql import QueryResult

    from .conftest import Sample


def first(sample: Sample, soql: str, **options: Any) -> dict[str, Any]:
    return run_query(sample.org, sample.user, soql, **options).records(0, 1, version="60.0")[0]


def test_a_record_has_attributes_first_and_fields_in_select_order(sample: Sample) -> None:
    record = first(
        sample, "SELECT name, ID, annualrevenue, isDeleted, createdDATE, id FROM account WHERE Name = 'Acme'"
    )
    assert list(record.items()) == [
        (
            "attributes",
            {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{sample.ids['Acme']}"},
        ),
        ("Name", "Acme"),
        ("Id", sample.ids["Acme"]),
        ("AnnualRevenue", 139000000.0),
        ("IsDeleted", False),
        ("CreatedDate", "2024-05-15T06:59:59.000+0000"),
    ]


def test_types_in_json(sample: Sample) -> None:
    record = first(
        sample,
        "SELECT Amount, CloseDate, IsWon, Account.NumberOfEmployees FROM Opportunity WHERE Name = 'Big'",
    )
    assert record["Amount"] == 100.5
    assert isinstance(record["Amount"], float)
    assert record["CloseDate"] == "2024-01-31"
    assert record["IsWon"] is True
    assert record["Account"]["NumberOfEmployees"] == 10
    assert isinstance(record["Account"]["NumberOfEmployees"], int)


def test_parents_nest_and_missing_parents_are_null(sample: Sample) -> None:
    found = sample.ask(
        "SELECT LastName, Account.Owner.Name, Account.Name, Account.Id FROM Contact ORDER BY LastName"
    )
    assert [record["LastName"] for record in found] == ["Lee", "Quist", "Ray"]
    account = found[0]["Account"]
    assert list(account) == ["attributes", "Owner", "Name", "Id"]
    assert account["Owner"]["attributes"]["type"] == "User"
    assert account["Name"] == "Acme"
    assert found[1]["Account"] is None


def test_short_names_of_from(sample: Sample) -> None:
    found = sample.ask(
        "SELECT c.LastName, a.Name, u.Name FROM Contact c, c.Account a, a.Owner u WHERE a.Name = 'acme' AND c.LastName = 'Lee'"
    )
    assert found[0]["Account"]["Name"] == "Acme"
    assert found[0]["Account"]["Owner"]["Name"] == "Ada Admin"


def test_child_lists(sample: Sample) -> None:
    found = sample.ask(
        "SELECT Account.Name, (SELECT Contact.LastName, Account.Name FROM Account.Contacts ORDER BY LastName DESC), "
        "(SELECT Name FROM Opportunities WHERE Amount > 60) FROM Account ORDER BY Name"
    )
    acme, beta = found[1], found[2]
    assert list(acme) == ["Name", "Contacts", "Opportunities"]
    contacts = acme["Contacts"]
    assert (contacts["totalSize"], contacts["done"]) == (2, True)
    assert [c["LastName"] for c in contacts["records"]] == ["Ray", "Lee"]
    assert contacts["records"][0]["Account"]["Name"] == "Acme"
    assert contacts["records"][0]["attributes"]["type"] == "Contact"
    assert [o["Name"] for o in acme["Opportunities"]["records"]] == ["Big"]
    assert beta == {"Name": "beta", "Contacts": None, "Opportunities": None}


def test_child_lists_take_limits_per_parent(sample: Sample) -> None:
    found = sample.ask(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1 OFFSET 1) FROM Account ORDER BY Name"
    )
    assert [c["LastName"] for c in found[1]["Contacts"]["records"]] == ["Ray"]


def test_child_lists_longer_than_a_page_are_cut(own_sample: Sample) -> None:
    org = own_sample.org
    rows = [(f"p{n}", own_sample.ids["beta"]) for n in range(5)]
    org.store.bulk_insert(
        org.schema.object("Contact"),
        ["LastName", "AccountId"],
        rows,
        stamp="2024-01-01T00:00:00Z",
        user_id=own_sample.user.id,
    )
    result = run_query(
        org,
        own_sample.user,
        "SELECT Name, (SELECT LastName, (SELECT Id FROM Tasks) FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name",
    )
    opened: list[tuple[QueryResult, int]] = []

    def open_list(rest: QueryResult, shown: int) -> str:
        opened.append((rest, shown))
        return f"/cursor/{len(opened)}"

    whole = result.records(0, 4, version="60.0")[2]["Contacts"]
    assert (whole["done"], len(whole["records"])) == (True, 5)
    acme, beta = result.records(0, 4, version="60.0", open_list=open_list)[1:3]
    assert (acme["Contacts"]["done"], len(acme["Contacts"]["records"])) == (True, 2)
    cut = beta["Contacts"]
    assert list(cut) == ["totalSize", "done", "nextRecordsUrl", "records"]
    assert (cut["totalSize"], cut["done"], cut["nextRecordsUrl"]) == (5, False, "/cursor/1")
    assert [c["LastName"] for c in cut["records"]] == ["p0", "p1", "p2", "p3"]
    ((rest, shown),) = opened
    assert (rest.total_size, shown) == (5, 4)
    assert [(c["LastName"], c["Tasks"]) for c in rest.records(shown, 4, version="60.0")] == [("p4", None)]


def test_child_lists_nest(sample: Sample) -> None:
    found = sample.ask(
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks) FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name"
    )
    ann, ray = found[1]["Contacts"]["records"]
    assert ann["Tasks"]["records"][0]["Subject"] == "Call"
    assert ray["Tasks"] is None


def test_polymorphic_parents_are_names(sample: Sample) -> None:
    found = sample.ask("SELECT Who.Name, Who.Type, What.Name, Owner.Name FROM Task ORDER BY Subject")
    call, idle, _ = found
    assert call["Who"] == {
        "attributes": {
            "type": "Name",
            "url": f"/services/data/v60.0/sobjects/Contact/{sample.ids['Ann Lee']}",
        },
        "Name": "Ann Lee",
        "Type": "Contact",
    }
    assert call["What"]["Name"] == "Acme"
    assert call["Owner"]["attributes"]["url"].startswith("/services/data/v60.0/sobjects/User/005")
    assert idle["Who"] is None


def test_typeof_picks_fields_by_type(sample: Sample) -> None:
    found = sample.ask(
        "SELECT Subject, TYPEOF What WHEN Account THEN Name, Owner.Name, BillingAddress WHEN Campaign THEN Id ELSE Name END "
        "FROM Task ORDER BY Subject"
    )
    call, idle, mail = found
    assert list(call) == ["Subject", "What"]
    assert call["What"]["attributes"]["type"] == "Account"
    assert call["What"]["Owner"]["Name"] == "Ada Admin"
    assert call["What"]["BillingAddress"]["city"] == "Paris"
    assert mail["What"]["attributes"]["url"].endswith(f"/Opportunity/{sample.ids['Big']}")
    assert mail["What"]["Name"] == "Big"
    assert idle["What"] is None


def test_addresses_are_objects_and_null_when_empty(sample: Sample) -> None:
    found = sample.ask("SELECT BillingAddress, ShippingAddress FROM Account WHERE Name = 'Acme'")
    assert found == [
        {
            "BillingAddress": {
                "city": "Paris",
                "country": None,
                "geocodeAccuracy": None,
                "latitude": None,
                "longitude": None,
                "postalCode": None,
                "state": None,
                "street": None,
            },
            "ShippingAddress": None,
        }
    ]


def test_binary_fields_are_addresses(own_sample: Sample) -> None:
    org = own_sample.org
    item = org.schema.object("ContentVersion")
    org.store.bulk_insert(
        item,
        ["Title", "VersionData"],
        [("x", b"abc"), ("y", None)],
        stamp="2024-01-01T00:00:00Z",
        user_id=own_sample.user.id,
    )
    found = own_sample.ask("SELECT Id, VersionData FROM ContentVersion ORDER BY Title")
    assert (
        found[0]["VersionData"]
        == f"/services/data/v60.0/sobjects/ContentVersion/{found[0]['Id']}/VersionData"
    )
    assert found[1]["VersionData"] is None


def test_fields_functions_expand(sample: Sample) -> None:
    everything = first(sample, "SELECT FIELDS(ALL) FROM Account LIMIT 1")
    names = [f.name for f in sample.org.access(sample.user).fields(sample.org.schema.object("Account"))]
    assert list(everything)[1:] == names
    assert len(sample.ask("SELECT Name, FIELDS(CUSTOM) FROM Account LIMIT 200")) == 4
    acme = sample.ids["Acme"]
    assert len(sample.ask(f"SELECT FIELDS(ALL) FROM Account WHERE Id = '{acme}' OR Id = '{acme}'")) == 1


def test_functions_in_the_select_list(sample: Sample) -> None:
    record = first(
        sample,
        "SELECT FORMAT(AnnualRevenue) shown, toLabel(Industry), FORMAT(CreatedDate), convertCurrency(AnnualRevenue) "
        "FROM Account WHERE Name = 'Acme'",
    )
    assert list(record.items())[1:] == [
        ("shown", "$139,000,000.00"),
        ("Industry", "Banking"),
        ("CreatedDate", "5/14/2024, 11:59 PM"),
        ("AnnualRevenue", 139000000.0),
    ]


def test_columns_are_paths_in_canonical_case(sample: Sample) -> None:
    result = run_query(
        sample.org, sample.user, "SELECT id, account.NAME, Account.owner.name FROM contact", bulk=True
    )
    assert result.columns == ("Id", "Account.Name", "Account.Owner.Name")
    assert (result.sobject, result.is_count, result.is_aggregate) == ("Contact", False, False)


def test_a_field_selected_twice_is_one_column(sample: Sample) -> None:
    result = run_query(
        sample.org,
        sample.user,
        "SELECT Name, name, Account.Name, Parent.Name, parent.NAME FROM Account",
        bulk=True,
    )
    assert result.columns == ("Name", "Parent.Name")
    assert {len(row) for row in result.csv_rows()} == {2}


def test_equal_rows_come_in_the_order_of_their_ids(own_sample: Sample) -> None:
    org = own_sample.org
    ids = [f"001000000{n:06d}AAA" for n in (3, 1, 2)]
    org.store.bulk_insert(
        org.schema.object("Account"),
        ["Id", "Name"],
        [(i, "same") for i in ids],
        stamp="2024-01-01T00:00:00Z",
        user_id=own_sample.user.id,
    )
    found = own_sample.ask("SELECT Id FROM Account WHERE Name = 'same' ORDER BY Name")
    assert [r["Id"] for r in found] == sorted(ids)


def test_bulk_rows_are_texts(sample: Sample) -> None:
    result = run_query(
        sample.org,
        sample.user,
        "SELECT Name, AnnualRevenue, NumberOfEmployees, IsDeleted, CreatedDate, BillingCity, Parent.Name FROM Account ORDER BY Name",
        bulk=True,
    )
    assert list(result.csv_rows()) == [
        ["100%_Pure", "5.0E-4", "7", "false", "2023-12-31T23:59:59.000Z", "", ""],
        ["Acme", "1.39E8", "10", "false", "2024-05-15T06:59:59.000Z", "Paris", ""],
        ["beta", "23.0", "", "false", "2024-05-15T07:00:00.000Z", "", ""],
        ["Ångström", "", "5", "false", "2024-05-14T12:00:00.000Z", "Köln", ""],
    ]


def test_fields_standard_in_bulk_leaves_out_what_bulk_refuses(sample: Sample) -> None:
    result = run_query(sample.org, sample.user, "SELECT FIELDS(STANDARD) FROM Account", bulk=True)
    assert "BillingCity" in result.columns
    assert "BillingAddress" not in result.columns
    assert {len(row) for row in result.csv_rows()} == {len(result.columns)}


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Name", ["100%_Pure", "Acme", "beta", "Ångström"]),
        ("Name DESC", ["Ångström", "beta", "Acme", "100%_Pure"]),
        ("AnnualRevenue", ["Ångström", "100%_Pure", "beta", "Acme"]),
        ("AnnualRevenue DESC", ["Ångström", "Acme", "beta", "100%_Pure"]),
        ("AnnualRevenue DESC NULLS LAST", ["Acme", "beta", "100%_Pure", "Ångström"]),
        ("AnnualRevenue ASC NULLS LAST", ["100%_Pure", "beta", "Acme", "Ångström"]),
        ("Industry NULLS LAST, Name DESC", ["Acme", "100%_Pure", "beta", "Ångström"]),
        ("CreatedDate DESC LIMIT 2", ["beta", "Acme"]),
        ("Name LIMIT 2 OFFSET 1", ["Acme", "beta"]),
        ("Name LIMIT 0", []),
        ("Name OFFSET 3", ["Ångström"]),
    ],
)
def test_order_limit_and_offset(sample: Sample, order: str, names: list[str]) -> None:
    assert [r["Name"] for r in sample.ask(f"SELECT Name FROM Account ORDER BY {order}")] == names


def test_picklists_sort_in_setup_order(sample: Sample) -> None:
    found = sample.ask("SELECT Name FROM Opportunity ORDER BY StageName")
    assert [r["Name"] for r in found] == ["Small", "Lost", "Big"]
    found = sample.ask("SELECT Name FROM Opportunity ORDER BY StageName DESC")
    assert [r["Name"] for r in found] == ["Big", "Lost", "Small"]


def test_count(sample: Sample) -> None:
    result = run_query(sample.org, sample.user, "SELECT COUNT() FROM Account WHERE Industry = 'Banking'")
    assert (result.total_size, result.is_count, result.records(0, 10, version="60.0")) == (2, True, [])
    assert run_query(sample.org, sample.user, "SELECT count() FROM Account LIMIT 3").total_size == 3


def test_pages_hold_a_snapshot_of_ids_and_values_of_the_moment(own_sample: Sample) -> None:
    org = own_sample.org
    result = run_query(org, own_sample.user, "SELECT Name FROM Account ORDER BY Name")
    with org.store.write() as connection:
        connection.execute('UPDATE "Account" SET "Name" = ? WHERE "Name" = ?', ("Zebra", "Acme"))
        connection.execute('UPDATE "Account" SET "IsDeleted" = 1 WHERE "Name" = ?', ("beta",))
        connection.execute('DELETE FROM "Account" WHERE "Name" = ?', ("Ångström",))
    assert result.total_size == 4
    assert [r["Name"] for r in result.records(0, 2, version="60.0")] == ["100%_Pure", "Zebra"]
    assert result.records(2, 2, version="60.0") == []
    assert list(result.csv_rows()) == [["100%_Pure"], ["Zebra"]]


def test_rows_come_in_their_order_over_many_pages(own_sample: Sample) -> None:
    org = own_sample.org
    rows = [(f"n{(n * 7919) % 5000:05d}",) for n in range(5000)]
    org.store.bulk_insert(
        org.schema.object("Account"), ["Name"], rows, stamp="2024-01-01T00:00:00Z", user_id=own_sample.user.id
    )
    result = run_query(
        org, own_sample.user, "SELECT Name FROM Account WHERE Name LIKE 'n%' ORDER BY Name DESC"
    )
    expected = [f"n{n:05d}" for n in range(4999, -1, -1)]
    assert [row[0] for row in result.csv_rows()] == expected
    paged = [r["Name"] for start in range(0, 5000, 777) for r in result.records(start, 777, version="60.0")]
    assert paged == expected
