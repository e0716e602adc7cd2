"""The target: Singer messages in, STATE out. Everything about Salesforce is the engine's."""

from __future__ import annotations

import logging
import sys
from contextlib import nullcontext
from gzip import GzipFile
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn, cast

import msgspec
from singer_sdk import Target
from singer_sdk.helpers._batch import BaseBatchFileEncoding, StorageTarget
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.plugin_base import _ConfigInput
from typing_extensions import override

from salesforce_abm.connection import Connection
from salesforce_abm.errors import DataError
from salesforce_abm.plugin_cli import log_level_option, one_line, words
from salesforce_abm.session import Session
from salesforce_abm.settings import normalise, to_jsonschema
from target_salesforce_abm import __version__
from target_salesforce_abm.cli import exit_code_of, run, run_options
from target_salesforce_abm.engine import Engine
from target_salesforce_abm.reader import LineReader, Stopped, fraction
from target_salesforce_abm.settings import SDK_SETTINGS, TARGET_SETTINGS, Options
from target_salesforce_abm.sinks import StreamSink

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from types import FrameType

    import click
    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.sinks import Sink

__all__ = ["TargetSalesforceAbm", "main"]

_STATE_ENCODER = msgspec.json.Encoder(decimal_format="number")
_RECORD_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=fraction)


class TargetSalesforceAbm(Target):
    """Loads engagement, intent, segments and other records into Salesforce: matched, compared, written."""

    name = "target-salesforce-abm"
    package_name = "target-salesforce-abm"
    config_jsonschema: ClassVar[dict[str, Any]] = to_jsonschema(TARGET_SETTINGS)
    default_sink_class = StreamSink
    message_reader_class = LineReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    engine: Engine
    connection: Connection

    def __init__(self, **arguments: Any) -> None:
        self._ending = False
        super().__init__(**arguments)

    # Settings

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, without those that mean nothing here."""
        super().append_builtin_config(config_jsonschema)
        own = {
            name for setting in TARGET_SETTINGS for name in (setting.name, *(a.name for a in setting.aliases))
        }
        properties = config_jsonschema["properties"]
        for name in [name for name in properties if name not in own and name not in SDK_SETTINGS]:
            del properties[name]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the configuration: our settings here, the SDK's own by its schema.

        Raises:
            ConfigError: every problem, one line each, secrets left out.
        """
        self.append_builtin_config(self.config_jsonschema)
        self._config = normalise(self._config, TARGET_SETTINGS, also_known=SDK_SETTINGS)
        options = Options.from_config(self._config)
        self.connection = Connection.from_config(self._config)
        self.engine = Engine(options, self.make_session)
        return super()._validate_config(raise_errors=raise_errors)

    def make_session(self) -> Session:
        """Make the session of this run."""
        return Session(self.connection, user_agent=f"{self.name}/{__version__}")

    # Messages

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        super()._process_record_message(message_dict)
        if self.engine.is_full:
            self.engine.process()
            self._emit_state()

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"value"})
        self.engine.states.latest = message_dict["value"]
        if self.engine.wants_draining():
            self.drain_all()
        self._emit_state()

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Read the files of a BATCH, and take each line as a record; memory holds one line at a time."""
        self._assert_line_requires(message_dict, requires={"stream", "encoding", "manifest"})
        stream = message_dict["stream"]
        encoding = BaseBatchFileEncoding.from_dict(message_dict["encoding"])
        if encoding.format != "jsonl" or encoding.compression not in (None, "none", "gzip"):
            raise DataError(
                f"BATCH of stream {stream!r}: cannot read {encoding.format} with {encoding.compression}",
                remedy="Set the tap's batch_config to format jsonl, compression gzip or none.",
            )
        for url in message_dict["manifest"]:
            for record in _batch_records(url, encoding.compression, self.config.get("batch_config")):
                self._process_record_message({"type": "RECORD", "stream": stream, "record": record})

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Versions are for tables that are swapped; a mirror load does what they are for."""

    # Draining

    @override
    def _drain_all(self, sink_list: Iterable[Sink], parallelism: int) -> None:
        self.engine.drain()
        for sink in sink_list:
            sink.mark_drained()

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        self._emit_state()

    def _emit_state(self) -> None:
        """Send the latest STATE, if all it covers is durable."""
        if self.engine.options.dry_run:
            return
        value = self.engine.states.due(self.engine.pending, final=self._ending)
        if value is not None:
            sys.stdout.write(_STATE_ENCODER.encode(value).decode() + "\n")
            sys.stdout.flush()

    @override
    def process_endofpipe(self) -> None:
        """The input is through: settle everything, then end mirrors and windows."""
        reader = self.message_reader
        self.engine.drain()
        self._emit_state()
        if isinstance(reader, LineReader):
            reader.check()
        self.engine.finish()
        self._ending = True
        self.drain_all(is_endofpipe=True)
        self._emit_state()

    # Ending early

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if isinstance(self.message_reader, LineReader):
            self.logger.info("Signal %d: finishing what is in flight, then stopping", signum)
            self.message_reader.stop(signum)

    def wind_down(self) -> None:
        """Stop before the input is through: settle what was received, and send the STATE that covers it."""
        self.engine.drain()
        self._emit_state()

    # Command line

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK narrows its own signature the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        dry_run: bool = False,
        full: bool = False,
    ) -> int:
        """Run the target.

        Args:
            about: print what this is and its settings, nothing else.
            about_format: json or markdown.
            config: from `--config`.
            file_input: a file to read in place of standard input.
            dry_run: the setting `dry_run`, for this run.
            full: the setting `full_load`, for this run.

        Returns:
            The exit code.
        """
        super(Target, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        given = {"dry_run": dry_run, "full_load": full}
        settings = config.config | {name: True for name, on in given.items() if on}
        target = cls(config=settings, validate_config=True, parse_env_config=config.parse_env)
        return target.run(file_input)

    def run(self, file_input: IO[str] | None = None) -> int:
        """Read the input to its end, and give the exit code; the report is written in any case."""
        code, reason = 1, "failed"
        try:
            self.listen(file_input)
            code, reason = self.engine.outcome()
        except Stopped as stop:
            code, reason = stop.exit_code, str(stop)
            self.wind_down()
        except BaseException as error:
            code, reason = exit_code_of(error), "; ".join(words(error, known=(Stopped,)))
            raise
        finally:
            self.engine.close(code, reason)
        if code:
            self.logger.error("%s", one_line(reason))
        return code

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Add `--log-level`, `--dry-run` and `--full` to the SDK's options."""
        command = super().get_singer_command()
        command.params += [log_level_option(), *run_options()]
        return command


def _batch_records(url: str, compression: str | None, batch_config: Any) -> Iterable[dict[str, Any]]:
    """Read the lines of one file of a BATCH."""
    head, tail = StorageTarget.split_url(url)
    storage = (
        StorageTarget.from_dict(batch_config["storage"]) if batch_config else StorageTarget.from_url(head)
    )
    with storage.open(tail, mode="rb") as file, _plain(file, compression) as lines:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            try:
                yield _RECORD_DECODER.decode(line)
            except msgspec.DecodeError as error:
                raise DataError(f"line {number} of {url} is not a record: {error}") from None


def _plain(file: IO[bytes], compression: str | None) -> AbstractContextManager[IO[bytes]]:
    return cast("IO[bytes]", GzipFile(fileobj=file)) if compression == "gzip" else nullcontext(file)


def main() -> NoReturn:
    """Run the command `target-salesforce-abm`."""
    code = run(TargetSalesforceAbm, sys.argv[1:])
    logging.shutdown()
    sys.exit(code)
