"""An org without a network around it, at a fixed time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from local_org.clock import Clock
from local_org.org import Org

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.dml import RowOutcome
    from local_org.security import User

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, UTC)


@pytest.fixture
def org() -> Iterator[Org]:
    """An empty org whose clock stands at 2026-03-04 05:06:07.89 UTC."""
    with Org(clock=Clock(NOW)) as made:
        yield made


@pytest.fixture
def admin(org: Org) -> User:
    """The org's administrator."""
    return org.admin


@pytest.fixture
def rows(org: Org) -> Callable[..., list[tuple[Any, ...]]]:
    """Run SQL against the org's tables."""

    def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return org.store.read().execute(sql, values).fetchall()

    return run


@pytest.fixture
def make(org: Org, admin: User) -> Callable[..., str]:
    """Create a row and return its id; fails the test when the org refuses it."""

    def create(sobject: str, **values: Any) -> str:
        outcome: RowOutcome = org.dml.create(admin, sobject, values)
        assert outcome.success, outcome.errors
        assert outcome.id is not None
        return outcome.id

    return create
