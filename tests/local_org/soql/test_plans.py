"""Selective queries find their rows through an index, never by reading the whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org.schema import FieldDef
from local_org.soql import run_query

if TYPE_CHECKING:
    from .conftest import Sample


def statements(sample: Sample, soql: str) -> list[str]:
    """Return the SQL a query and its first page run on the objects' tables."""
    run_query(sample.org, sample.user, soql)  # caches warm
    connection = sample.org.store.read()
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    try:
        run_query(sample.org, sample.user, soql).records(0, 10, version="60.0")
    finally:
        connection.set_trace_callback(None)
    return [text for text in seen if "_q" in text]


def scans(sample: Sample, soql: str) -> list[str]:
    """Return the steps of the query plans that read a whole table."""
    read = sample.org.store.read()
    plans = [
        row[3] for text in statements(sample, soql) for row in read.execute(f"EXPLAIN QUERY PLAN {text}")
    ]
    assert plans
    return [step for step in plans if step.startswith("SCAN _q")]


@pytest.mark.parametrize(
    "where",
    [
        "Id = '001000000000001'",
        "Id IN ('001000000000001', '001000000000002', '001000000000003')",
        "Id > '001000000000001' AND Id <= '001000000000009'",
        "ParentId = '001000000000001'",
        "ParentId IN ('001000000000001', '001000000000002')",
        "OwnerId = '005000000000001' AND Name LIKE 'a%'",
        "Key__c = 'a'",
        "Key__c IN ('a', 'b')",
        "SystemModstamp >= 2024-01-31T00:00:00Z AND SystemModstamp < 2024-02-01T00:00:00Z",
        "SystemModstamp = TODAY",
        "Id IN (SELECT AccountId FROM Contact WHERE Email = 'ann@acme.com')",
        "Id = '001000000000001' OR ParentId = '001000000000002'",
    ],
)  # fmt: skip
def test_accounts_are_looked_up(own_sample: Sample, where: str) -> None:
    org = own_sample.org
    item = org.schema.object("Account")
    key = FieldDef(
        "Key__c", "Key", "string", length=80, unique=True, external_id=True, custom=True, permissionable=False
    )
    org.schema.put(item.with_field(key), org.now())
    org.store.add_column(item, key)
    assert scans(own_sample, f"SELECT Id, Name, Parent.Owner.Name FROM Account WHERE {where}") == []


def test_windows_come_in_index_order_without_a_sort(sample: Sample) -> None:
    soql = "SELECT Id FROM Account WHERE SystemModstamp >= 2024-01-31T00:00:00Z ORDER BY SystemModstamp"
    read = sample.org.store.read()
    finding = statements(sample, soql)[0]
    steps = [row[3] for row in read.execute(f"EXPLAIN QUERY PLAN {finding}")]
    assert any("Account.SystemModstamp" in step for step in steps)
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_children_are_looked_up_by_their_parents(sample: Sample) -> None:
    assert (
        scans(
            sample,
            f"SELECT Id, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '{sample.ids['Acme']}'",
        )
        == []
    )


def test_the_whole_table_is_recognised_as_a_scan(sample: Sample) -> None:
    assert scans(sample, "SELECT Id FROM Account WHERE Fax = 'x'") != []
