"""Which records a condition finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org.schema import FieldDef

if TYPE_CHECKING:
    from .conftest import Sample

ALL = ["100%_Pure", "Acme", "beta", "Ångström"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("Name = 'ACME'", ["Acme"], id="text-without-case"),
        pytest.param("Name = 'åNGSTRÖM'", ["Ångström"], id="text-without-case-beyond-ascii"),
        pytest.param("Name != 'acme'", ["100%_Pure", "beta", "Ångström"], id="unequal"),
        pytest.param("Industry != 'Banking'", ["beta", "Ångström"], id="unequal-finds-null"),
        pytest.param("NOT Industry = 'Banking'", ["beta", "Ångström"], id="not-finds-null"),
        pytest.param("NOT (Industry = 'Banking' OR Name = 'beta')", ["Ångström"], id="not-of-or"),
        pytest.param("Industry = null", ["Ångström"], id="null"),
        pytest.param("Industry = ''", ["Ångström"], id="empty-text-is-null"),
        pytest.param("Industry != null", ["100%_Pure", "Acme", "beta"], id="not-null"),
        pytest.param("Industry IN ('banking', 'Nope')", ["100%_Pure", "Acme"], id="in"),
        pytest.param("Industry IN ('Energy', null)", ["beta", "Ångström"], id="in-with-null"),
        pytest.param("Industry NOT IN ('Banking')", ["beta", "Ångström"], id="not-in-finds-null"),
        pytest.param("Industry NOT IN ('Banking', null)", ["beta"], id="not-in-with-null"),
        pytest.param("Name IN ('ångström', 'ACME')", ["Acme", "Ångström"], id="in-beyond-ascii"),
        pytest.param("Name LIKE 'a%'", ["Acme"], id="like-prefix"),
        pytest.param("Name LIKE '%Ö%'", ["Ångström"], id="like-beyond-ascii"),
        pytest.param("Name LIKE '_cme'", ["Acme"], id="like-one-character"),
        pytest.param("Name LIKE '%\\%%'", ["100%_Pure"], id="like-escaped-percent"),
        pytest.param("Name LIKE '%\\_%'", ["100%_Pure"], id="like-escaped-underscore"),
        pytest.param("(NOT Name LIKE 'a%') AND Name LIKE '%e%'", ["100%_Pure", "beta"], id="not-like"),
        pytest.param("Name < 'b'", ["100%_Pure", "Acme"], id="less-text"),
        pytest.param("Name >= 'BETA'", ["beta", "Ångström"], id="greater-text-without-case"),
        pytest.param("AnnualRevenue > 22.5", ["Acme", "beta"], id="number"),
        pytest.param("AnnualRevenue = 23", ["beta"], id="number-equal"),
        pytest.param("AnnualRevenue > USD5000", ["Acme"], id="currency-literal"),
        pytest.param("AnnualRevenue <= 23.0", ["100%_Pure", "beta"], id="null-is-not-less"),
        pytest.param("NOT AnnualRevenue <= 23.0", ["Acme", "Ångström"], id="not-less-finds-null"),
        pytest.param("NumberOfEmployees IN (5, 7, 8)", ["100%_Pure", "Ångström"], id="numbers-in"),
        pytest.param("NumberOfEmployees > null", [], id="nothing-is-greater-than-null"),
        pytest.param("IsDeleted = FALSE", ALL, id="boolean"),
        pytest.param("IsDeleted != false", [], id="boolean-unequal"),
        pytest.param(
            "Website LIKE '%.com' AND (Industry = 'Banking' OR Industry = null)", ["Acme"], id="nested"
        ),
        pytest.param("Owner.Name = 'ada admin'", ALL, id="parent"),
        pytest.param("Parent.Name = null", ALL, id="missing-parent-is-null"),
        pytest.param("Parent.Name != 'x'", ALL, id="missing-parent-is-unequal"),
        pytest.param("toLabel(Industry) = 'banking'", ["100%_Pure", "Acme"], id="label"),
        pytest.param("Name = '\\u0041cme'", ["Acme"], id="unicode-escape"),
    ],
)
def test_accounts_found(sample: Sample, where: str, found: list[str]) -> None:
    assert sample.names(where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        # the user lives in Los Angeles, where today (2024-05-15) began at 07:00 UTC
        pytest.param("CreatedDate = TODAY", ["beta"], id="today"),
        pytest.param("CreatedDate = YESTERDAY", ["Acme", "Ångström"], id="yesterday"),
        pytest.param("CreatedDate < TODAY", ["100%_Pure", "Acme", "Ångström"], id="before-today"),
        pytest.param("CreatedDate <= YESTERDAY", ["100%_Pure", "Acme", "Ångström"], id="until-yesterday"),
        pytest.param("CreatedDate > YESTERDAY", ["beta"], id="after-yesterday"),
        pytest.param("CreatedDate >= LAST_N_DAYS:1", ["Acme", "beta", "Ångström"], id="since"),
        pytest.param("CreatedDate != THIS_YEAR", ["100%_Pure"], id="another-year"),
        pytest.param("CreatedDate = 2024-05-15T07:00:00Z", ["beta"], id="moment"),
        pytest.param("CreatedDate = 2024-05-15T09:00:00+02:00", ["beta"], id="moment-with-offset"),
        pytest.param(
            "CreatedDate >= 2024-05-15T06:59:59.500Z", ["beta"], id="fraction-lies-after-its-second"
        ),
        pytest.param(
            "CreatedDate < 2024-05-15T06:59:59.500Z", ["100%_Pure", "Acme", "Ångström"], id="before-fraction"
        ),
        pytest.param("CreatedDate = 2024-05-15T07:00:00.500Z", [], id="no-row-has-a-fraction"),
        pytest.param("CALENDAR_YEAR(CreatedDate) = 2023", ["100%_Pure"], id="year"),
        pytest.param("CALENDAR_YEAR(convertTimezone(CreatedDate)) = 2023", ["100%_Pure"], id="local-year"),
        pytest.param(
            "DAY_ONLY(convertTimezone(CreatedDate)) = 2024-05-14", ["Acme", "Ångström"], id="local-day"
        ),
        pytest.param("DAY_ONLY(CreatedDate) = 2024-05-15", ["Acme", "beta"], id="utc-day"),
        pytest.param("HOUR_IN_DAY(CreatedDate) IN (6, 23)", ["100%_Pure", "Acme"], id="hour"),
        pytest.param("DAY_IN_WEEK(CreatedDate) = 3", ["Ångström"], id="tuesday"),
        pytest.param("WEEK_IN_YEAR(CreatedDate) = 53", ["100%_Pure"], id="week"),
        pytest.param("CreatedDate IN (TODAY, 2024-05-14T12:00:00Z)", ["beta", "Ångström"], id="in"),
    ],
)
def test_accounts_found_by_time(sample: Sample, where: str, found: list[str]) -> None:
    assert sample.names(where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("CloseDate = 2024-01-31", ["Big"], id="day"),
        pytest.param("CloseDate = THIS_YEAR", ["Big", "Small"], id="year"),
        pytest.param("CloseDate > LAST_YEAR", ["Big", "Small"], id="after-year"),
        pytest.param("CloseDate NOT IN (2024-01-31, THIS_MONTH)", ["Lost"], id="not-in"),
        pytest.param("IsWon = true", ["Big"], id="flag"),
        pytest.param("Account.Name = 'Acme' AND Amount > 60", ["Big"], id="parent-and-number"),
        pytest.param("Account.Owner.Name != null", ["Big", "Small"], id="grandparent"),
        pytest.param("AccountId != null", ["Big", "Small"], id="reference"),
        pytest.param("Account.Name NOT IN ('Acme')", ["Lost"], id="not-in-over-missing-parent"),
    ],
)
def test_opportunities_found(sample: Sample, where: str, found: list[str]) -> None:
    assert sample.names(where, "Opportunity") == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("Who.Type = 'Contact'", ["Call"], id="who-type"),
        pytest.param("What.Type = 'Opportunity'", ["Mail"], id="what-type"),
        pytest.param("What.Type IN ('Account', 'Opportunity')", ["Call", "Mail"], id="types"),
        pytest.param("What.Name LIKE 'b%'", ["Mail"], id="what-name"),
        pytest.param("Who.Name = 'ANN LEE'", ["Call"], id="who-name"),
        pytest.param("WhatId = null", ["Idle"], id="nothing"),
        pytest.param(
            "Owner.Profile.Name = 'System Administrator'", ["Call", "Idle", "Mail"], id="beyond-name"
        ),
    ],
)
def test_tasks_found_over_polymorphic_parents(sample: Sample, where: str, found: list[str]) -> None:
    assert sample.names(where, "Task", "Subject") == found


def test_ids_are_found_in_15_and_18_characters(sample: Sample) -> None:
    acme, beta = sample.ids["Acme"], sample.ids["beta"]
    assert sample.names(f"Id = '{acme[:15]}'") == ["Acme"]
    assert sample.names(f"Id IN ('{acme}', '{beta[:15]}')") == ["Acme", "beta"]
    assert sample.names(f"Id > '{acme}'") == ["100%_Pure", "beta", "Ångström"]
    assert sample.names(f"Id != '{acme}'") == ["100%_Pure", "beta", "Ångström"]


def test_thousands_of_ids_in_a_list(sample: Sample) -> None:
    absent = ",".join(f"'001000000{n:06d}'" for n in range(4000))
    assert sample.names(f"Id IN ({absent},'{sample.ids['Acme']}')") == ["Acme"]
    assert len(sample.names(f"Id NOT IN ({absent})")) == 4


def test_thousands_of_conditions(sample: Sample) -> None:
    many = " OR ".join(f"NumberOfEmployees = {n}" for n in range(10, 3000))
    assert sample.names(many) == ["Acme"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("Id IN (SELECT AccountId FROM Contact)", ["Acme"], id="semi"),
        pytest.param(
            "Id NOT IN (SELECT AccountId FROM Contact)", ["100%_Pure", "beta", "Ångström"], id="anti"
        ),
        pytest.param(
            "Id IN (SELECT AccountId FROM Opportunity WHERE StageName = 'Closed Won') AND Name LIKE 'a%'",
            ["Acme"],
            id="semi-with-filter",
        ),
        pytest.param(
            "Id IN (SELECT AccountId FROM Contact WHERE Account.Name = 'beta')",
            [],
            id="semi-with-parent-filter",
        ),
        pytest.param(
            "Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT AccountId FROM Opportunity WHERE Amount > 500)",
            ["Acme"],
            id="both",
        ),
        pytest.param("OwnerId IN (SELECT Id FROM User WHERE IsActive = true)", ALL, id="by-reference"),
    ],
)
def test_semi_and_anti_joins(sample: Sample, where: str, found: list[str]) -> None:
    assert sample.names(where) == found


def test_multi_select_picklists(own_sample: Sample) -> None:
    org = own_sample.org
    item = org.schema.object("Account")
    field = FieldDef("Tags__c", "Tags", "multipicklist", length=4099, permissionable=False, custom=True)
    org.schema.put(item.with_field(field), org.now())
    org.store.add_column(item, field)
    with org.store.write() as connection:
        for name, tags in (("Acme", "A;B;C"), ("beta", "b"), ("100%_Pure", "AB;C")):
            connection.execute('UPDATE "Account" SET "Tags__c" = ? WHERE "Name" = ?', (tags, name))
    assert own_sample.names("Tags__c INCLUDES ('A')") == ["Acme"]
    assert own_sample.names("Tags__c INCLUDES ('a;b', 'AB')") == ["100%_Pure", "Acme"]
    assert own_sample.names("Tags__c EXCLUDES ('C')") == ["beta", "Ångström"]
    assert own_sample.names("Tags__c = 'A;B;C'") == ["Acme"]
    assert (
        own_sample.refusal("SELECT Id FROM Account WHERE Tags__c LIKE 'A%'").code
        == "INVALID_QUERY_FILTER_OPERATOR"
    )


def test_the_recycle_bin_is_seen_only_on_request(own_sample: Sample) -> None:
    with own_sample.org.store.write() as connection:
        connection.execute('UPDATE "Account" SET "IsDeleted" = 1 WHERE "Name" = ?', ("Acme",))
        connection.execute('UPDATE "Contact" SET "IsDeleted" = 1 WHERE "LastName" = ?', ("Ray",))
        connection.execute('UPDATE "Task" SET "IsArchived" = 1 WHERE "Subject" = ?', ("Idle",))
    count = "SELECT Name FROM Account"
    assert len(own_sample.ask(count)) == 3
    assert len(own_sample.ask(count, all_rows=True)) == 4
    assert len(own_sample.ask(count + " ALL ROWS")) == 4
    assert own_sample.ask("SELECT Name FROM Account WHERE IsDeleted = true") == []
    assert len(own_sample.ask("SELECT Name FROM Account WHERE IsDeleted = true", all_rows=True)) == 1
    assert len(own_sample.ask("SELECT Subject FROM Task")) == 2
    assert len(own_sample.ask("SELECT Subject FROM Task", all_rows=True)) == 3
    joined = "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Ray')"
    assert own_sample.ask(joined) == []
    assert len(own_sample.ask(joined, all_rows=True)) == 1


@pytest.mark.parametrize(
    ("scope", "count"), [("everything", 4), ("mine", 4), ("team", 4)], ids=["everything", "mine", "team"]
)
def test_scopes(sample: Sample, scope: str, count: int) -> None:
    assert len(sample.ask(f"SELECT Id FROM Account USING SCOPE {scope}")) == count
