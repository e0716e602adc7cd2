"""A stream that a catalog selects and the org no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_salesforce_abm.streams.base import AbmStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.errors import SalesforceAbmError
    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.streams.base import Checkpoint
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["UnreadableStream"]


class UnreadableStream(AbmStream):
    """Fails when its turn comes, and alone.

    Args:
        tap: the tap.
        name: stream name.
        schema: its schema in the catalog.
        problem: why it cannot be read.
    """

    def __init__(
        self, tap: TapSalesforceAbm, name: str, schema: dict[str, Any], problem: SalesforceAbmError
    ) -> None:
        super().__init__(tap, name, schema)
        self._problem = problem

    @override
    def events(self) -> Iterator[Lines | Checkpoint]:
        raise self._problem
