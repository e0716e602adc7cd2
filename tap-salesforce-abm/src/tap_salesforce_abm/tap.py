"""The tap: settings in, catalog or Singer messages out."""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from singer_sdk import Tap
from singer_sdk.helpers._util import load_json
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from salesforce_abm.connection import Connection
from salesforce_abm.describe import Describer
from salesforce_abm.errors import ConfigError, SalesforceAbmError
from salesforce_abm.plugin_cli import log_level_option, one_line
from salesforce_abm.session import Session
from salesforce_abm.settings import normalise, to_jsonschema
from tap_salesforce_abm import __version__
from tap_salesforce_abm.catalog import discovered, selected
from tap_salesforce_abm.cli import leave, run
from tap_salesforce_abm.deletes import Deletes
from tap_salesforce_abm.emit import LineWriter, OutputClosedError
from tap_salesforce_abm.fetch_bulk import BulkFetcher
from tap_salesforce_abm.fetch_rest import RestFetcher
from tap_salesforce_abm.interrupts import interrupts
from tap_salesforce_abm.lookahead import LookAhead
from tap_salesforce_abm.planner import Planner, RecordCounts
from tap_salesforce_abm.reader import Tools
from tap_salesforce_abm.settings import SETTINGS, TapSettings
from tap_salesforce_abm.state import understand
from tap_salesforce_abm.streams.sobject import SObjectStream
from tap_salesforce_abm.summary import Summary
from tap_salesforce_abm.windows import floor_second

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from types import FrameType
    from typing import IO

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from salesforce_abm.usage import Usage
    from tap_salesforce_abm.parents import ParentReader
    from tap_salesforce_abm.reader import Reader
    from tap_salesforce_abm.streams.base import AbmStream

__all__ = ["StreamsFailed", "TapSalesforceAbm"]


class StreamsFailed(SalesforceAbmError):
    """Some streams failed; the others are complete and STATE is good."""


class TapSalesforceAbm(Tap):
    """Extracts Salesforce objects and reports as typed, incremental streams, deletes included."""

    name = "tap-salesforce-abm"
    package_name = "tap-salesforce-abm"
    dynamic_catalog = True
    config_jsonschema: ClassVar[dict[str, Any]] = to_jsonschema(SETTINGS)
    message_writer_class = LineWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.TEST,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    settings: TapSettings
    connection: Connection

    def __init__(self, **arguments: Any) -> None:
        self.summary = Summary(self._usage)
        self._started = time.monotonic()
        super().__init__(**arguments)

    # Settings

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the configuration: our settings here, the SDK's own by its schema.

        Raises:
            ConfigError: every problem, one line each, secrets left out.
        """
        self.append_builtin_config(self.config_jsonschema)
        given = self._config
        own = normalise(given, SETTINGS, also_known=self.config_jsonschema["properties"])
        self.settings = TapSettings.from_config(own)
        self.connection = Connection.from_config(own)
        self._config = own
        return super()._validate_config(raise_errors=raise_errors)

    # What the streams work with

    @cached_property
    def session(self) -> Session:
        """The connection to the org; signs in with the first request."""
        return Session(self.connection, user_agent=f"{self.name}/{__version__}")

    @cached_property
    def high(self) -> datetime:
        """Upper bound of this run, fixed before the first query: Salesforce's clock, less the running second.

        Timestamps have whole seconds, and the present one can still gain rows. What is committed later still
        with an earlier timestamp is what `lookback_window` is for.
        """
        return floor_second(self.session.server_now())

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.settings.concurrency, thread_name_prefix="ahead")

    @cached_property
    def _rest(self) -> RestFetcher:
        return RestFetcher(self.session, self._pool)

    @cached_property
    def tools(self) -> Tools:
        """What reads objects."""
        counts = RecordCounts(self.session, [stream.described.name for stream in self._objects()])
        return Tools(
            planner=Planner(self.session, self.settings, counts, self._rest),
            rest=self._rest,
            bulk=BulkFetcher(self.session, self.settings.concurrency),
            workers=self._pool,
            ahead=self.settings.concurrency - 1,
            fields_of=self._fields_of,
        )

    @property
    def line_writer(self) -> LineWriter:
        """Where records go."""
        return cast("LineWriter", self.message_writer)

    def _fields_of(self, sobject: str) -> frozenset[str]:
        return frozenset(Describer(self.session).sobject(sobject).by_name)

    # Streams

    @override
    def discover_streams(self) -> Sequence[AbmStream]:
        """Give the streams: all there are, or with a catalog those that it selects."""
        catalog = self.input_catalog
        return list(discovered(self) if catalog is None else selected(self, catalog))

    def prepared(self, stream: SObjectStream) -> Reader | ParentReader | None:
        """Give a stream's reader, prepared ahead of its turn; None when that is not done (`--test`)."""
        if stream.ABORT_AT_RECORD_COUNT is not None:
            return None
        return self._look_ahead.ready(stream.name)

    @cached_property
    def _look_ahead(self) -> LookAhead:
        readers = {stream.name: stream.reader() for stream in self._objects()}
        return LookAhead(self.tools, self._rest, readers, self.logger)

    @cached_property
    def deletes(self) -> Deletes:
        """What finds purged rows; knows what all streams will ask."""
        starts = {stream.described.name: stream.deletions_from() for stream in self._objects()}
        expected = {name: start for name, start in starts.items() if start is not None}
        return Deletes(self.session, expected, self.high)

    def _objects(self) -> list[SObjectStream]:
        """The selected objects in the order of their turns."""
        streams = self.streams.values()
        return [stream for stream in streams if isinstance(stream, SObjectStream) and stream.selected]

    # State

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Take in STATE, ours or an older tap's.

        Raises:
            ConfigError: it is not STATE of a tap.
        """
        bookmarks = state.get("bookmarks") or {}
        try:
            understood = {name: understand(bookmark) for name, bookmark in bookmarks.items() if bookmark}
        except (AttributeError, ValueError) as error:
            raise ConfigError(f"STATE cannot be read: {error}") from error
        super().load_state({"bookmarks": understood})

    # Running

    def run(self) -> None:
        """Extract all selected streams.

        Raises:
            StreamsFailed: some failed, the rest is complete.
            SalesforceAbmError: the run could not go on; STATE of what is done has been written.
            Interrupted: a signal stopped the run; STATE of what is done has been written.
        """
        try:
            self.sync_all()
        finally:
            self.finish()
        self.raise_for_failures()

    def finish(self) -> None:
        """Bring out what has been emitted and its STATE, log the summary, stop the helpers."""
        with suppress(OutputClosedError):
            self.line_writer.flush()
            if self.state:
                self.state_writer.write_state(self.state)
        if "_pool" in self.__dict__:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self.summary.log(self.metrics_logger, time.monotonic() - self._started)

    def _usage(self) -> Usage | None:
        return self.session.usage if "session" in self.__dict__ else None

    def stream_failed(self, name: str, error: SalesforceAbmError) -> None:
        """Note that a stream failed; the others go on."""
        self.summary.failed[name] = str(error)
        self.logger.error(
            "%s failed: %s", name, one_line(error), exc_info=self.logger.isEnabledFor(logging.DEBUG)
        )

    def raise_for_failures(self) -> None:
        """Fail when a stream did.

        Raises:
            StreamsFailed: naming them.
        """
        if self.summary.failed:
            names = ", ".join(sorted(self.summary.failed))
            raise StreamsFailed(f"failed: {names}; the other streams are complete")

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK narrows its own signature the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Carry out the command line."""
        super(Tap, cls).invoke(about=about, about_format=about_format)
        given = config or _ConfigInput()
        tap = cls(
            config=given.config,
            state=None if state is None else load_json(state.read()),
            catalog=None if catalog is None else load_json(catalog.read()),
            parse_env_config=given.parse_env,
        )
        tap.run()

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Carry out `--test`: as in the SDK, and a stream that fails makes the command fail."""
        if value == CliTestOptionValue.Disabled.value:
            return
        given: _ConfigInput = ctx.params.get("config", _ConfigInput())
        tap = cls(config=given.config, parse_env_config=given.parse_env)
        try:
            if value == CliTestOptionValue.Schema.value:
                tap.write_schemas()
            else:
                tap.run_connection_test()
        finally:
            tap.finish()
        tap.raise_for_failures()
        ctx.exit()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Give the SDK's command with our options added."""
        command = super().get_singer_command()
        for option in command.params:
            if option.name == "catalog":
                option.opts.append("--properties")  # what older taps call it
        command.params.append(log_level_option())
        return command

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop in good order: `run` flushes on the way out, `cli` makes the exit code."""
        interrupts.signalled(signum)


def main() -> NoReturn:
    """Run the tap as a command and leave the process."""
    leave(run(TapSalesforceAbm, sys.argv[1:]))
