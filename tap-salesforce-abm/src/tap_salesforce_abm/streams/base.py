"""What all streams share: rows go out first, then the STATE that covers them, and one failure stays alone.

A stream gives a sequence of events: `Lines` to emit, and `Checkpoint`s, each saying how STATE changes now
that everything before it has been emitted. Three loops consume them:

* the fast one writes lines as they are: when no feature needs dicts;
* the SDK's own loop, through `get_records`: for stream maps, flattening and `--test`;
* BATCH files: a checkpoint never before the file that holds its rows.

The SDK's bookkeeping of bookmarks by record (progress markers, signposts, starting values) is switched off:
rows come unordered, so a row's timestamp says nothing about what has been read.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from singer_sdk.batch import Batcher
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.messages import RecordMessage
from singer_sdk.streams import Stream
from typing_extensions import override

from salesforce_abm.errors import AuthError, ConfigError, QuotaError, SalesforceAbmError
from tap_salesforce_abm.batch_files import BatchFiles
from tap_salesforce_abm.emit import OutputClosedError
from tap_salesforce_abm.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.helpers.types import Context, Record

    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["AbmStream", "Checkpoint"]

_STOP_THE_RUN: Final = (AuthError, ConfigError, OutputClosedError, QuotaError)
"""What concerns every stream alike."""

_PROGRESS_EVERY: Final = 30.0
"""Seconds between two lines that say how far a long stream has come."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything given so far may now count as done.

    Attributes:
        apply: changes the stream's part of STATE, in place.
        whole: the stream has been read whole: rows that were not sent are no longer there.
    """

    apply: Callable[[dict[str, Any]], object]
    whole: bool = False


class AbmStream(Stream):
    """A stream of the tap.

    Args:
        tap: the tap.
        name: stream name.
        schema: JSON Schema of all its columns.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # values are typed when they are decoded

    _tap: TapSalesforceAbm

    def __init__(self, tap: TapSalesforceAbm, name: str, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema, name=name)
        self._widened: set[str] = set()
        self._last_shown = time.monotonic()

    @abstractmethod
    def events(self) -> Iterator[Lines | Checkpoint]:
        """Read the stream.

        Raises:
            SalesforceAbmError: it cannot be read further; checkpoints given so far are good.
        """

    # The three loops

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        try:
            with self._tap.summary.reading(self.name):
                if write_messages and self._needs_no_dicts():
                    self._write_lines()
                else:
                    yield from super()._sync_records(context, write_messages=write_messages)
        except _STOP_THE_RUN:
            raise
        except SalesforceAbmError as error:
            self._tap.stream_failed(self.name, error)

    def _needs_no_dicts(self) -> bool:
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and self.ABORT_AT_RECORD_COUNT is None
            and self.selected
        )

    def _write_lines(self) -> None:
        head = f'{{"type":"RECORD","stream":{json.dumps(self.name)},"record":'.encode()
        with self.get_record_counter() as counter, self.get_sync_timer():
            for event in self.events():
                if isinstance(event, Checkpoint):
                    self._commit(event)
                    continue
                self._notice(event)
                extracted = datetime.now(UTC).isoformat()
                version = f',"version":{self._stream_version}' if self._stream_version is not None else ""
                tail = f'{version},"time_extracted":"{extracted}"}}'.encode()
                self._tap.line_writer.write_lines(event.messages(head, tail))
                counter.increment(event.count)

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Give the records as dicts, for the SDK's loop.

        It asks for the next record only after it has written the last one, so a checkpoint met here covers
        nothing that has not gone out.
        """
        for event in self.events():
            if isinstance(event, Checkpoint):
                self._commit(event)
            else:
                self._notice(event)
                yield from event.records()

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        """Map a record. Columns that are not selected were never read, and all values have their types."""
        for stream_map in self.stream_maps:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield RecordMessage(
                    stream=stream_map.stream_alias,
                    record=mapped,
                    version=self._stream_version,
                    time_extracted=datetime.now(UTC),
                )

    @override
    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        straight = self._needs_no_dicts() and BatchFiles.suits(batch_config)
        events = self._line_batches(batch_config) if straight else self._record_batches(batch_config)
        try:
            reading = self._tap.summary.reading(self.name)
            with reading, self.get_batch_counter() as counter, self.get_sync_timer():
                for event in events:
                    if isinstance(event, Checkpoint):
                        self._commit(event)
                    else:
                        counter.increment()
                        self._write_batch_message(encoding=batch_config.encoding, manifest=event)
        except _STOP_THE_RUN:
            raise
        except SalesforceAbmError as error:
            self._tap.stream_failed(self.name, error)

    def _line_batches(self, batch_config: BatchConfig) -> Iterator[list[str] | Checkpoint]:
        files = BatchFiles(f"{self.tap_name}--{self.name}", batch_config)
        try:
            for event in self.events():
                if isinstance(event, Checkpoint):
                    yield from ([url] for url in files.end())
                    yield event
                else:
                    self._notice(event)
                    yield from ([url] for url in files.add(event))
            yield from ([url] for url in files.end())
        finally:
            files.close()

    def _record_batches(self, batch_config: BatchConfig) -> Iterator[list[str] | Checkpoint]:
        batcher = Batcher(tap_name=self.tap_name, stream_name=self.name, batch_config=batch_config)
        stretch = _Stretch(self)
        while not stretch.ended:
            yield from batcher.get_batches(records=stretch.records())
            if stretch.checkpoint is not None:
                yield stretch.checkpoint

    # What they have in common

    def _notice(self, lines: Lines) -> None:
        """Count rows, and allow null where the schema promised a value and Salesforce has none."""
        surprising = lines.nulls - self._widened
        if surprising:
            self._widened |= surprising
            self.logger.warning("Null in fields that Salesforce calls required: %s", ", ".join(surprising))
            schema = copy.deepcopy(self.effective_schema)
            for name in surprising:
                declared = schema["properties"][name]
                types = declared["type"] if isinstance(declared["type"], list) else [declared["type"]]
                declared["type"] = [*types, *([] if "null" in types else ["null"])]
            self.declare(schema)
            self._write_schema_message()
        self._tap.summary.rows[self.name] += lines.count
        self._show_progress()

    def _show_progress(self) -> None:
        now = time.monotonic()
        if now - self._last_shown < _PROGRESS_EVERY:
            return
        self._last_shown = now
        expected = self.expected_rows()
        of = f" of about {expected:,}" if expected else ""
        self.logger.info("%s: %s%s rows so far", self.name, f"{self._tap.summary.rows[self.name]:,}", of)

    def expected_rows(self) -> int | None:
        """About how many rows the stream will have; None when that is not known."""
        return None

    def declare(self, schema: dict[str, Any]) -> None:
        """Replace the stream's schema, in its stream maps too."""
        if self._input_schema is None:
            self._schema = schema
        else:
            self._input_schema = schema
        selected = get_selected_schema(self.name, schema, self.mask)
        self._tap.mapper.register_raw_stream_schema(self.name, selected, self.primary_keys)
        self._stream_maps = None

    def _commit(self, checkpoint: Checkpoint) -> None:
        with interrupts.held():
            if checkpoint.whole:
                self.activate_version()
            checkpoint.apply(self.stream_state)
            self.state_manager.is_flushed = False
            self._write_state_message()

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **more: Any) -> None:
        """Log a message.

        The SDK announces each exception as an error before it lets it pass; the command says it once, in one
        line, so the announcement is for the debug level.
        """
        if message.startswith("An unhandled error occurred"):
            level = logging.DEBUG
        super().log(message, *args, level=level, **more)

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Wait: the SDK activates a version before its first row, and loaders would empty the table."""

    def activate_version(self) -> None:
        """Say that all rows of the version have been sent; loaders may remove the others."""
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    # The SDK's bookkeeping by record, switched off

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Leave STATE alone: checkpoints change it."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Leave STATE alone: where to start is worked out from the bookmark when it is needed."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """No signpost: the upper bound of a run is in its windows."""


class _Stretch:
    """The records between two checkpoints, again and again until the stream ends."""

    def __init__(self, stream: AbmStream) -> None:
        self._stream = stream
        self._events = stream.events()
        self.checkpoint: Checkpoint | None = None
        self.ended = False

    def records(self) -> Iterator[Record]:
        """Give the records up to the next checkpoint, mapped: BATCH in the SDK leaves stream maps out."""
        self.checkpoint = None
        transform = self._stream.stream_maps[0].transform
        for event in self._events:
            if isinstance(event, Checkpoint):
                self.checkpoint = event
                return
            self._stream._notice(event)  # noqa: SLF001 - part of the stream
            for record in event.records():
                mapped = transform(record)
                if mapped is not None:
                    yield mapped
        self.ended = True
