"""Orgs for clients that insist on https."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org.testing import start
from support.clients import HOSTS
from support.demo import start_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.testing import RunningOrg


@pytest.fixture
def secure_org() -> Iterator[RunningOrg]:
    """A fresh, empty org that speaks https, also in the name of salesforce.com."""
    with start(tls=True, names=HOSTS) as running:
        yield running
        assert not running.errors, "\n".join(map(str, running.errors))


@pytest.fixture(scope="module")
def secure_demo() -> Iterator[RunningOrg]:
    """The demo org with https. Shared within a file: clients only read."""
    with start_demo(tls=True, names=HOSTS) as running:
        yield running
        assert not running.errors, "\n".join(map(str, running.errors))
