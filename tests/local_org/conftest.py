"""Fixtures for tests of the local org."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.demo import start_demo
from support.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.testing import RunningOrg


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningOrg]:
    """The demo org on 2025-06-18. Shared: tests look and change nothing."""
    with start_demo() as running:
        yield running
        assert not running.errors, "\n".join(map(str, running.errors))


@pytest.fixture(scope="session")
def demo_rest(demo: RunningOrg) -> Iterator[Rest]:
    """The demo org's administrator over REST."""
    with Rest(demo) as rest:
        yield rest
