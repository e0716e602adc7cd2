"""The same random query, asked over REST and over Bulk, has the same answer."""

from __future__ import annotations

import csv
import io
import random
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from local_org.soql.encode import java_double

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

QUERIES = 15
OBJECTS = ("Account", "Contact", "Opportunity", "Lead", "Campaign", "CampaignMember", "Task", "User")
PARENTS = {
    "Account": ("Owner.Name", "Parent.Name", "CreatedBy.Profile.Name"),
    "Contact": ("Account.Name", "Account.Owner.Email", "ReportsTo.LastName"),
    "Opportunity": ("Account.Industry", "Owner.IsActive", "Campaign.Name"),
    "CampaignMember": ("Campaign.StartDate", "Contact.Account.AnnualRevenue", "Lead.Company"),
    "Task": ("Account.Name", "Owner.Name", "Who.Name"),
    "User": ("Profile.Name", "Manager.CreatedDate"),
}


def literal(kind: str, value: Any) -> str:
    if value is None:
        return "null"
    if kind in ("date", "datetime", "boolean", "int", "long", "double", "currency", "percent"):
        return str(value).lower() if kind == "boolean" else str(value).replace("+0000", "Z")
    text = str(value)[:80].replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{text}'"


def random_query(chance: random.Random, org: RunningOrg, rest: Rest) -> str:
    """A query with a condition made of a value that is there."""
    sobject = chance.choice(OBJECTS)
    item = org.org.schema.object(sobject)
    fields = [
        field
        for field in org.org.access(org.org.admin).fields(item)
        if not field.is_compound and field.type != "base64"
    ]
    names = [field.name for field in chance.sample(fields, min(len(fields), chance.randrange(1, 15)))]
    names += chance.sample(PARENTS.get(sobject, ()), k=min(1, len(PARENTS.get(sobject, ()))))
    subject = chance.choice(
        [
            field
            for field in fields
            if field.filterable and field.type not in ("textarea", "multipicklist", "address")
        ]
    )
    found = rest.query(f"SELECT {subject.name} FROM {sobject} LIMIT 50")
    value = chance.choice(found)[subject.name] if found else None
    operators = (
        ["=", "!="]
        if value is None or subject.type in ("boolean", "id", "reference")
        else ["=", "!=", "<", ">="]
    )
    where = f"{subject.name} {chance.choice(operators)} {literal(subject.type, value)}"
    if chance.random() < 0.3:
        where = f"(NOT {where}) OR CreatedDate = LAST_N_DAYS:{chance.randrange(1, 400)}"
    return f"SELECT {', '.join(dict.fromkeys(['Id', *names]))} FROM {sobject} WHERE {where} ORDER BY Id LIMIT 700"


def as_csv(value: Any) -> str:
    """A value of a JSON answer as Bulk writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return java_double(value)
    return re.sub(r"\+0000\Z", "Z", str(value)) if re.match(r"\d{4}-\d\d-\d\dT", str(value)) else str(value)


def by_rest(rest: Rest, soql: str, columns: list[str]) -> list[list[str]]:
    first = rest.get("query", params={"q": soql})
    assert first.status_code == 200, f"{first.text} for {soql}"
    page = first.json()
    records = page["records"]
    while not page["done"]:
        page = rest.get(page["nextRecordsUrl"]).json()
        records += page["records"]
    rows = []
    for record in records:
        row = []
        for column in columns:
            value = record
            for key in column.split("."):
                value = value and value[key]
            row.append(as_csv(value))
        rows.append(row)
    return rows


def by_bulk(rest: Rest, soql: str) -> list[list[str]]:
    made = rest.post("jobs/query", {"operation": "query", "query": soql})
    assert made.status_code == 200, f"{made.text} for {soql}"
    job = made.json()["id"]
    deadline = time.monotonic() + 60
    while rest.get(f"jobs/query/{job}").json()["state"] != "JobComplete":
        assert time.monotonic() < deadline
    rows: list[list[str]] = []
    locator = None
    while locator != "null":
        where = {"maxRecords": "300"} | ({"locator": locator} if locator else {})
        answer = rest.get(f"jobs/query/{job}/results", params=where)
        page = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
        rows += page if not rows else page[1:]
        locator = answer.headers["Sforce-Locator"]
    return rows


@pytest.mark.parametrize("seed", range(4), ids=lambda seed: f"{QUERIES} queries, seed {seed}")
def test_bulk_and_rest_answer_random_queries_alike(demo: RunningOrg, demo_rest: Rest, seed: int) -> None:
    chance = random.Random(seed)
    total = 0
    for _ in range(QUERIES):
        soql = random_query(chance, demo, demo_rest)
        header, *rows = by_bulk(demo_rest, soql)
        assert rows == by_rest(demo_rest, soql, header), soql
        total += len(rows)
    # queries that find nothing would prove nothing
    assert total > 500
