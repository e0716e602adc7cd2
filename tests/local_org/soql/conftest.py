"""An org with a few rows whose answers can be worked out in one's head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings

from local_org.clock import Clock
from local_org.org import Org
from local_org.soql import SoqlError, run_query

NOW = datetime(2024, 5, 15, 20, 0, tzinfo=UTC)
Ask = Callable[..., list[dict[str, Any]]]


def examples(count: int) -> settings:
    """Return settings for that many examples; how long one takes is nobody's promise on a busy machine."""
    return settings(max_examples=count, deadline=None)


class Sample:
    """The org and the ids of its rows by name."""

    def __init__(self) -> None:
        self.org = Org(clock=Clock(NOW))
        self.user = self.org.admin
        self.ids: dict[str, str] = {}
        self._insert(
            "Account",
            (
                "Name",
                "Industry",
                "AnnualRevenue",
                "NumberOfEmployees",
                "BillingCity",
                "Website",
                "CreatedDate",
            ),
            ("Acme", "Banking", 1.39e8, 10, "Paris", "acme.com", "2024-05-15T06:59:59Z"),
            ("beta", "Energy", 23.0, None, None, None, "2024-05-15T07:00:00Z"),
            ("Ångström", None, None, 5, "Köln", None, "2024-05-14T12:00:00Z"),
            ("100%_Pure", "Banking", 0.0005, 7, None, "pure.example", "2023-12-31T23:59:59Z"),
        )
        a = self.ids
        self._insert(
            "Contact",
            ("FirstName", "LastName", "AccountId", "Email", "Birthdate"),
            ("Ann", "Lee", a["Acme"], "ann@acme.com", "1980-02-29"),
            (None, "Ray", a["Acme"], None, None),
            ("Zoe", "Quist", None, "zoe@example.com", "1990-12-31"),
        )
        self._insert(
            "Opportunity",
            ("Name", "AccountId", "Amount", "StageName", "CloseDate", "IsWon"),
            ("Big", a["Acme"], 100.5, "Closed Won", "2024-01-31", 1),
            ("Small", a["Acme"], 50.0, "Prospecting", "2024-05-31", 0),
            ("Lost", None, None, "Qualification", "2023-01-01", 0),
        )
        self._insert(
            "Task",
            ("Subject", "WhoId", "WhatId", "Status", "ActivityDate"),
            ("Call", a["Ann Lee"], a["Acme"], "Completed", "2024-05-15"),
            ("Mail", None, a["Big"], "Not Started", None),
            ("Idle", None, None, "Not Started", "2024-05-01"),
        )

    def _insert(self, sobject: str, columns: tuple[str, ...], *rows: tuple[Any, ...]) -> None:
        item = self.org.schema.object(sobject)
        stored = [c for c in columns if item[c].stored]
        keep = [i for i, c in enumerate(columns) if c in stored]
        self.org.store.bulk_insert(
            item,
            stored,
            [tuple(row[i] for i in keep) for row in rows],
            stamp="2024-05-10T10:00:00Z",
            user_id=self.user.id,
        )
        name = item.name_field.name if item.name_field else "Id"
        for record_id, text in self.org.store.read().execute(f'SELECT "Id", "{name}" FROM "{sobject}"'):
            self.ids[text] = record_id

    def ask(self, soql: str, **options: Any) -> list[dict[str, Any]]:
        """Return all records of an answer, without their attributes."""
        result = run_query(self.org, self.user, soql, **options)
        return [
            {key: value for key, value in record.items() if key != "attributes"}
            for record in result.records(0, 10_000, version="60.0")
        ]

    def names(self, where: str, sobject: str = "Account", field: str = "Name") -> list[str]:
        """Return the names of the records a condition finds, sorted."""
        return sorted(r[field] for r in self.ask(f"SELECT {field} FROM {sobject} WHERE {where}"))

    def refusal(self, soql: str, **options: Any) -> SoqlError:
        """Return the error a query is refused with."""
        with pytest.raises(SoqlError) as caught:
            run_query(self.org, self.user, soql, **options)
        return caught.value


@pytest.fixture(scope="session")
def sample() -> Iterator[Sample]:
    """Rows nobody may change."""
    made = Sample()
    yield made
    made.org.close()


@pytest.fixture
def own_sample() -> Iterator[Sample]:
    """Rows this test may change."""
    made = Sample()
    yield made
    made.org.close()
