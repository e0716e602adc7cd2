"""The SDK's side of a stream: validate each record and hand it to the engine, with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import InvalidRecord
from singer_sdk.sinks import Sink
from typing_extensions import override

from target_salesforce_abm.rows import Problem
from target_salesforce_abm.validator import FastValidator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_salesforce_abm.target import TargetSalesforceAbm

__all__ = ["StreamSink"]


class StreamSink(Sink):
    """One stream. It keeps no records: the engine does, for all streams together, in the order they came."""

    def __init__(
        self,
        target: TargetSalesforceAbm,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._engine = target.engine
        self._problem: Problem | None = None
        self._deleted = False
        # Not in setup(): the SDK would add an error line of its own to ours.
        self._engine.announce(stream_name, schema, tuple(key_properties or ()))

    @property
    @override
    def include_sdc_metadata_properties(self) -> bool:
        """Salesforce has no place for the SDK's metadata columns."""
        return False

    @override
    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """Give a validator that keeps up with the input."""
        return FastValidator(self.schema) if self.validate_schema else None

    @override
    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        self._deleted = record.get("_sdc_deleted_at") is not None
        for name in [name for name in record if name.startswith("_sdc_")]:
            del record[name]

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        # Dates stay text: parsing them for every column would cost more than all the rest.
        self._problem = None
        if self._validator is not None and not self._deleted:
            try:
                self._validator.validate(record)
            except InvalidRecord as error:
                self._problem = Problem("SCHEMA_INVALID", str(error.error_message))
        return record

    @override
    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        missing = [name for name in self._key_properties if name not in record]
        if missing and self._problem is None:
            self._problem = Problem(
                "KEY_MISSING", f"the record lacks its key: {', '.join(missing)}", missing[0]
            )

    @override
    def _after_process_record(self, context: dict[str, Any]) -> None:
        """Nothing is logged for each record."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Hand a record to the engine."""
        self._engine.add(self.stream_name, record, deleted=self._deleted, problem=self._problem)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """The engine has processed the records already."""

    @property
    @override
    def is_full(self) -> bool:
        """The engine decides when there is enough to process."""
        return False
