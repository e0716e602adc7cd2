"""Fixtures of the command's tests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from core.commands import Desk

from salesforce_abm import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, connection_settings: dict[str, Any]) -> Iterator[Desk]:
    """A command line beside a fresh org; the logging of the process is as before afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Desk(tmp_path, connection_settings)
    root.handlers[:], root.level = handlers, level
    redact.uninstall()
