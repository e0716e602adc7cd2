"""Any number of Accounts."""

from __future__ import annotations

import datetime as dt

import pytest

from local_org.clock import Clock
from local_org.org import Org
from local_org.seed import install_abm, plant
from local_org.seed.volume import COLUMNS, account_rows

TODAY = dt.date(2025, 6, 18)


def test_forty_fields_are_filled() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 40
    for row in account_rows(50, TODAY):
        assert len(row) == 40
        assert all(value not in (None, "") for value in row)


def test_rows_are_the_same_every_time_and_grow_older_backwards() -> None:
    first = list(account_rows(2000, TODAY))
    assert first == list(account_rows(2000, TODAY))
    created = COLUMNS.index("CreatedDate")
    days = [row[created][:10] for row in first]
    assert days == sorted(days)
    assert days[0] == "2023-06-19"
    assert days[-1] < TODAY.isoformat()
    assert len({row[0] for row in first}) == 2000


@pytest.mark.parametrize("count", [0, 1, 729, 731, 1500])
def test_there_are_as_many_as_asked(count: int) -> None:
    assert len(list(account_rows(count, TODAY))) == count


def test_a_number_plants_accounts_and_a_factor_contacts() -> None:
    with Org(clock=Clock(dt.datetime(2025, 6, 18, tzinfo=dt.UTC))) as org:
        plant(org, "120x2")
        read = org.store.read()
        assert read.execute('SELECT count(*) FROM "Account"').fetchone() == (120,)
        joined = 'SELECT count(*) FROM "Contact" c JOIN "Account" a ON a."Id" = c."AccountId"'
        assert read.execute(joined).fetchone() == (240,)


def test_empty_plants_nothing_and_marketing_fields_can_be_added_to_it() -> None:
    with Org() as org:
        plant(org, "empty")
        assert org.store.read().execute('SELECT count(*) FROM "Account"').fetchone() == (0,)
        assert not any(item.custom for item in org.schema)
        install_abm(org)
        assert "ABM_Key__c" in org.schema.object("ABM_Account_Segment__c")
        account = org.schema.object("Account")
        assert org.access(org.admin).readable(account, account["ABM_Memory__c"])
        assert not org.access(org.reader).readable(account, account["ABM_Memory__c"])


@pytest.mark.parametrize("seed", ["big", "-5", "10x", "x3", "1.5", ""])
def test_another_seed_is_refused(seed: str) -> None:
    with Org() as org, pytest.raises(ValueError, match="a seed is demo, empty or a number of Accounts"):
        plant(org, seed)
