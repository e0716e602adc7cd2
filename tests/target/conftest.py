"""Fixtures of the target's tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from target.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg


@pytest.fixture
def lab(org: RunningOrg, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Lab]:
    """An empty org and a place for the target's files."""
    handlers = list(logging.getLogger().handlers)
    yield Lab(org, tmp_path, caplog)
    for handler in logging.getLogger().handlers[:]:
        if handler not in handlers:
            logging.getLogger().removeHandler(handler)
