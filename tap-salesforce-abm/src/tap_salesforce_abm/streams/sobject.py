"""One object of the org as a stream."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, Metadata, MetadataMapping
from typing_extensions import override

from salesforce_abm import times
from salesforce_abm.errors import ConfigError
from salesforce_abm.soql import any_of, split_by_length
from tap_salesforce_abm.decode import Lines, encode_rows
from tap_salesforce_abm.deletes import tombstone
from tap_salesforce_abm.drift import as_declared, reconcile
from tap_salesforce_abm.fetch import Source
from tap_salesforce_abm.formulas import CREATED, Comparison, Known
from tap_salesforce_abm.layout import Layout, selected_layout
from tap_salesforce_abm.parents import PARENTS, ParentReader
from tap_salesforce_abm.reader import Paused, Reader, Unfinished
from tap_salesforce_abm.schema import DELETED_FLAG, Kind
from tap_salesforce_abm.state import Bookmark, advance, pause, paused_at
from tap_salesforce_abm.streams.base import AbmStream, Checkpoint
from tap_salesforce_abm.windows import Window, of_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.singerlib import Catalog

    from tap_salesforce_abm.reader import Done
    from tap_salesforce_abm.schema import ObjectSchema
    from tap_salesforce_abm.settings import ApiType
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["SObjectStream"]


_READ_BY_ID: Final = 10_000
"""Rows beyond which all are read rather than those of a list of Ids."""
_IDS_IN_A_QUERY: Final = 12_000
"""Characters of Ids in a query."""


class SObjectStream(AbmStream):
    """Rows of one object, incrementally where it has a replication key.

    Args:
        tap: the tap.
        described: the object's columns.
    """

    def __init__(self, tap: TapSalesforceAbm, described: ObjectSchema) -> None:
        super().__init__(tap, described.name, described.json_schema())
        self.described = described
        self._reader: Reader | ParentReader | None = None
        self.primary_keys = list(described.key)
        self.replication_key = described.replication_key

    # Catalog

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """The SDK's metadata, with bodies not selected unless somebody asks for them."""
        fresh = self._metadata is None and self._tap_input_catalog is None
        metadata = super().metadata
        if fresh:
            metadata.root.valid_replication_keys = list(self.described.replication_keys) or None
            for column in self.described.columns:
                if column.kind is Kind.BASE64:
                    metadata["properties", column.name] = Metadata(
                        inclusion=Metadata.InclusionType.AVAILABLE, selected_by_default=False
                    )
        return metadata

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take over the catalog's choices.

        A catalog without a replication key (selection rules write such) keeps the discovered one, unless it
        asks for FULL_TABLE in so many words.
        """
        discovered_key, discovered_columns = self.replication_key, list(self.primary_keys)
        super().apply_catalog(catalog)
        if self.forced_replication_method == REPLICATION_FULL_TABLE:
            self.replication_key = None
        elif not self.replication_key:
            self.replication_key = discovered_key
        elif not self._is_moment(self.replication_key):
            self.logger.warning(
                "%s cannot be a replication key (it is no filterable datetime): using %s",
                self.replication_key,
                discovered_key or "full table",
            )
            self.replication_key = discovered_key
        self.primary_keys = self.primary_keys or discovered_columns
        declared = self._input_schema
        if declared is not None:
            schema, notes = reconcile(declared, self.described)
            for note in notes:
                self.logger.warning("%s", note)
            if schema != declared:
                self.declare(schema)

    def _is_moment(self, name: str) -> bool:
        column = self.described.column(name)
        return column is not None and column.kind is Kind.DATETIME

    # Reading

    @property
    def incremental(self) -> bool:
        """Whether the stream continues from a bookmark."""
        return bool(self.replication_key) and self.forced_replication_method != REPLICATION_FULL_TABLE

    def layout(self) -> Layout:
        """The selected columns, as the announced schema wants them."""
        layout = selected_layout(self.described, self.mask)
        return as_declared(layout, self.effective_schema, self.mask)

    def reader(self) -> Reader | ParentReader:
        """Make what reads the stream from its bookmark; no request is made yet."""
        settings = self._tap.settings
        source = Source(
            layout=self.layout(),
            key=self.replication_key if self.incremental else None,
            all_rows=settings.include_deleted,
            limit=self.ABORT_AT_RECORD_COUNT,
            version=self.described.replication_key,
        )
        bookmark = self._bookmark()
        windows = self._windows(bookmark)
        if self.described.name in PARENTS:
            return ParentReader(self._tap.tools, source, windows, settings.api_type, self.logger)
        unfinished = self._unfinished(bookmark) if source.key and settings.shard is None else None
        return Reader(self._tap.tools, source, windows, settings.api_type, self.logger, unfinished=unfinished)

    def _unfinished(self, bookmark: Bookmark) -> Unfinished | None:
        """Say what an earlier run was reading when it ended."""
        found = paused_at(self.stream_state)
        if found is None:
            return None
        paused, high = found
        # Once that window is finished, the bookmark is at its end, with the bound of that run.
        after = replace(bookmark, value=paused.window.end, high=high)
        return Unfinished(paused, high, tuple(self._windows(after)))

    @override
    def events(self) -> Iterator[Lines | Checkpoint]:
        deletions_from = self.deletions_from()
        high = self._tap.high
        with ExitStack() as stack:
            # Before the rows: a value that changes in between is then found to differ the next time.
            comparison = self._compare_formulas(stack)
            self._reader = reader = self._tap.prepared(self) or self.reader()
            for event in reader.events():
                if isinstance(event, Lines):
                    yield event
                elif isinstance(event, Paused):
                    if self.incremental:
                        yield self._paused(event, high)
                elif self.incremental:
                    yield self._moved(event, event.high or high)
                else:
                    yield Checkpoint(lambda _state: None, whole=self._tap.settings.shard is None)
            if self._reports_deletes():
                yield from self._deletes(deletions_from, high)
            if comparison is not None:
                yield from self._recalculated(comparison)

    @override
    def expected_rows(self) -> int | None:
        return self._reader.expected if self._reader is not None else None

    def _moved(self, done: Done, high: datetime) -> Checkpoint:
        key, end = str(self.replication_key), done.window.end
        self.logger.info("%s: %s rows, %s", self.name, f"{done.rows:,}", done.window)
        return Checkpoint(lambda state: end is not None and advance(state, key, end, high))

    def _paused(self, paused: Paused, high: datetime) -> Checkpoint:
        return Checkpoint(lambda state: pause(state, paused, high))

    def _bookmark(self) -> Bookmark:
        try:
            return Bookmark.read(self.stream_state)
        except ValueError as error:
            raise ConfigError(f"STATE of {self.name}: {error}") from error

    def _windows(self, bookmark: Bookmark) -> list[Window]:
        settings = self._tap.settings
        if not self.incremental:
            shard = settings.shard
            # Without a timestamp to cut by, whole objects are dealt out.
            mine = shard is None or sum(self.name.encode()) % shard.count == shard.index
            return [Window(None, None)] if mine else []
        start = bookmark.start(lookback=settings.lookback, start_date=settings.start_date)
        window = Window(start, self._tap.high)
        if window.is_empty:
            return []
        return [window] if settings.shard is None else of_shard([window], settings.shard)

    def _read(self, source: Source, api: ApiType) -> Iterator[Lines]:
        """Read rows beside the ordinary windows."""
        reader = Reader(self._tap.tools, source, [Window(None, None)], api, self.logger)
        return (event for event in reader.events() if isinstance(event, Lines))

    # Formulas

    def _calculated(self) -> list[str]:
        """The selected formula and roll-up fields."""
        columns = self.described.columns
        return [c.name for c in columns if c.calculated and self.mask["properties", c.name]]

    def _compare_formulas(self, stack: ExitStack) -> Comparison | None:
        """Compare the calculated fields with what they were, when it is time for that."""
        settings, high, names = self._tap.settings, self._tap.high, self._calculated()
        every = settings.formula_refresh
        alone = self.ABORT_AT_RECORD_COUNT is None and settings.shard is None
        if not (names and every and alone and self.incremental and self.described.key == ("Id",)):
            return None
        known = Known.read(self.stream_state.get("formulas"), names)
        if known is not None and high - known.at < every:
            return None
        comparison = stack.enter_context(Comparison(names, known, high))
        columns = Layout(self.described.name, self.described.columns).only(["Id", CREATED, *names])
        source = Source(columns, None, all_rows=settings.include_deleted)
        for lines in self._read(source, settings.api_type):
            comparison.add(lines.records())
        return comparison

    def _recalculated(self, comparison: Comparison) -> Iterator[Lines | Checkpoint]:
        """Give the rows whose calculated fields changed, then remember what they are now."""
        settings = self._tap.settings
        changed = list(comparison.changed())
        if changed:
            self.logger.info("%s: %s rows whose formulas changed", self.name, f"{len(changed):,}")
        whole = Source(self.layout(), None, all_rows=settings.include_deleted)
        if len(changed) > _READ_BY_ID:
            yield from self._read(whole, settings.api_type)
        else:
            for group in split_by_length(changed, _IDS_IN_A_QUERY, url=True):
                yield from self._read(replace(whole, conditions=(any_of("Id", group, "id"),)), "REST")
        state = comparison.state()
        yield Checkpoint(lambda kept: kept.update(formulas=state))

    # Deletes

    def deletions_from(self) -> datetime | None:
        """Say from when on purged rows are to be reported; None when they are not.

        A first run has nothing to take back.
        """
        if not self._reports_deletes():
            return None
        bookmark = self._bookmark()
        # An interrupted first run knows when it began: nothing purged before then was ever emitted.
        start = bookmark.deleted_to or bookmark.high or bookmark.value
        return start if start is not None and start < self._tap.high else None

    def _reports_deletes(self) -> bool:
        return (
            self._tap.settings.include_deleted
            and self.incremental
            and self.described.replicateable
            and self.described.key == ("Id",)
            and self.described.column(DELETED_FLAG) is not None
            and self.mask["properties", DELETED_FLAG]
            and self.ABORT_AT_RECORD_COUNT is None
        )

    def _reconciled(self, since: datetime) -> Iterator[Lines | Checkpoint]:
        """Give every row that there is, because deletions since some moment cannot be known any more."""
        self.logger.warning(
            "%s: the last run was at %s, and Salesforce remembers deletions for 15 days at most. All rows "
            "are sent again now: those in the warehouse that were extracted before %s no longer exist%s.",
            self.name,
            times.format_datetime(since),
            datetime.now(UTC).isoformat(timespec="seconds"),
            "" if self.emit_activate_version_messages else " (emit_activate_version_messages removes them)",
        )
        if self.emit_activate_version_messages:
            self._stream_version = self._initialized_at // 1000
        settings = self._tap.settings
        yield from self._read(Source(self.layout(), None, settings.include_deleted), settings.api_type)
        yield Checkpoint(lambda _state: None, whole=True)

    def _deletes(self, start: datetime | None, high: datetime) -> Iterator[Lines | Checkpoint]:
        """Give the rows purged since the last run."""
        covered = high
        if start is not None:
            found = self._tap.deletes.between(self.described.name, start, high)
            key = str(self.replication_key)
            if found.rows:
                yield encode_rows(tombstone(identifier, moment, key) for identifier, moment in found.rows)
            covered = found.covered
            if found.gap_from is not None and self._bookmark().deleted_to is not None:
                yield from self._reconciled(found.gap_from)
            elif found.gap_from is not None:
                # STATE of another tap, which knew nothing of purged rows: no reason to load all again.
                self.logger.info("Rows purged before the last 15 days are not known")
        text = times.format_datetime(covered.astimezone(UTC))
        yield Checkpoint(lambda state: state.update(deleted_to=text))
