"""Fixtures every test can use: a Salesforce org of one's own and the settings to reach it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from local_org import defaults
from local_org.testing import start
from support.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.testing import RunningOrg

# Properties say what is right, not how fast a busy machine finds examples; CI looks at the same ones each time.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("patient")


@pytest.fixture
def org() -> Iterator[RunningOrg]:
    """A fresh, empty org on a free port of the loopback interface.

    The test fails when something inside the org broke; one that breaks it on purpose clears `org.errors`.
    """
    with start() as running:
        yield running
        assert not running.errors, "\n".join(map(str, running.errors))


@pytest.fixture
def connection_settings(org: RunningOrg) -> dict[str, Any]:
    """How both plugins reach the org: the client-credentials flow."""
    return {
        "instance_url": org.url,
        "client_id": defaults.CLIENT_ID,
        "client_secret": defaults.CLIENT_SECRET,
    }


@pytest.fixture
def rest(org: RunningOrg) -> Iterator[Rest]:
    """A bare REST client logged in to `org` as its administrator."""
    with Rest(org) as client:
        yield client
