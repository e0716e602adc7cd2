"""PostgreSQL for loaders and extractors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.postgres import find_server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import Database, Server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this session's own; without one on the machine the test skips."""
    programs = find_server()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with serve(programs) as server:
        yield server


@pytest.fixture
def database(postgres_server: Server) -> Iterator[Database]:
    """An empty database."""
    with postgres_server.database("warehouse") as made:
        yield made
