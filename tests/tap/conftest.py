"""What the tap's tests share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from salesforce_abm.bulk import jobs

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local org's jobs are done at once: ask after a moment, not after half a second."""
    monkeypatch.setattr(jobs, "FIRST_DELAY", 0.01)


@pytest.fixture
def config(connection_settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a tap that reads Accounts and nothing else."""
    return {**connection_settings, "objects": ["Account"], "account_domains": False}


@pytest.fixture
def noon(org: RunningOrg) -> datetime:
    """The org's clock stands still at this moment."""
    moment = datetime(2026, 5, 20, 12, tzinfo=UTC)
    org.org.clock.set(moment)
    return moment
