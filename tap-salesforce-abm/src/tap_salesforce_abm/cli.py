"""The command line: the SDK's, with exit codes that mean something and errors of one line.

0   done
1   failed: settings, permissions, a stream that failed
2   stopped before the API quota; STATE is good
130, 143   stopped by SIGINT or SIGTERM; STATE of what is done has been written
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError

from salesforce_abm import redact
from salesforce_abm.errors import ConfigError, SalesforceAbmError
from tap_salesforce_abm.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Tap

__all__ = ["leave", "log_level_option", "one_line", "run"]

_FAILED = 1
_LEVELS = ("debug", "info", "warning", "error")


def leave(code: int) -> NoReturn:
    """End the process with this exit code."""
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Not sys.exit: threads may be waiting for Salesforce, and Python would wait for them.
        os._exit(code)


def run(plugin: type[Tap], arguments: Sequence[str]) -> int:
    """Run a plugin.

    Args:
        plugin: its class.
        arguments: the command line without the program's name.

    Returns:
        The exit code.
    """
    redact.install()
    log = logging.getLogger(plugin.name)
    try:
        command: click.Command = plugin.cli
        result = command.main(args=list(arguments), prog_name=plugin.name, standalone_mode=False)
    except Interrupted as stop:
        log.warning("%s", stop)
        return stop.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _FAILED
    except Exception as error:
        for problem in _words(error):
            log.error("%s", problem)  # noqa: TRY400 - the traceback is for the debug level
        log.debug("Where it happened:", exc_info=True)
        return error.exit_code if isinstance(error, SalesforceAbmError) else _FAILED
    return result if isinstance(result, int) else 0


def one_line(text: object) -> str:
    """Put an error's words on one line."""
    return " ".join(str(text).split())


def _words(error: Exception) -> list[str]:
    """Say what went wrong, a line a problem."""
    if isinstance(error, ConfigError):
        return [one_line(problem) for problem in error.problems]
    if isinstance(error, ConfigValidationError):
        return [one_line(problem) for problem in error.errors]
    if isinstance(error, click.ClickException):
        return [one_line(error.format_message())]
    if isinstance(error, SalesforceAbmError | OSError | json.JSONDecodeError | UnicodeError | SingerSDKError):
        return [one_line(error) or type(error).__name__]
    return [f"unexpected {type(error).__name__}: {one_line(error)} (more with --log-level debug)"]


def log_level_option() -> click.Option:
    """Make the option `--log-level`, which goes before `LOGLEVEL` of the environment."""

    def apply(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
        if value:
            for name in ("", "singer_sdk.metrics"):
                logging.getLogger(name).setLevel(value.upper())
            os.environ["LOGLEVEL"] = value.upper()  # plugins read it when they start

    return click.Option(
        ["--log-level"],
        type=click.Choice(_LEVELS, case_sensitive=False),
        help="How much to log; `debug` shows tracebacks and one line a request.",
        is_eager=True,
        expose_value=False,
        callback=apply,
    )
