"""The command line: the SDK's, with exit codes that mean something and errors of one line.

0   done
1   failed: settings, permissions, too many rejected rows
2   stopped before the API quota; STATE is good
130, 143   stopped by SIGINT or SIGTERM; STATE of what is done has been written
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import TYPE_CHECKING

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError

from salesforce_abm import redact
from salesforce_abm.errors import ConfigError, SalesforceAbmError
from target_salesforce_abm.reader import Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Target

__all__ = ["exit_code_of", "log_level_option", "one_line", "run", "run_options", "words"]

_FAILED = 1
_LEVELS = ("debug", "info", "warning", "error")


def run(plugin: type[Target], arguments: Sequence[str]) -> int:
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
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else _FAILED
    except BrokenPipeError:
        # Whoever read our STATE is gone; writing more, even at exit, would raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        log.error("Nobody reads our output any more")  # noqa: TRY400 - the traceback would say nothing more
        return _FAILED
    except (Exception, Stopped) as error:
        for problem in words(error):
            log.error("%s", problem)  # noqa: TRY400 - the traceback is for the debug level
        log.debug("Where it happened:", exc_info=True)
        return exit_code_of(error)
    return result if isinstance(result, int) else 0


def exit_code_of(error: BaseException) -> int:
    """Give the exit code for a run that ended with this."""
    return error.exit_code if isinstance(error, SalesforceAbmError | Stopped) else _FAILED


def one_line(text: object) -> str:
    """Put an error's words on one line."""
    return " ".join(str(text).split())


def words(error: BaseException) -> list[str]:
    """Say what went wrong, a line a problem."""
    if isinstance(error, ConfigError):
        return [one_line(problem) for problem in error.problems]
    if isinstance(error, ConfigValidationError):
        return [one_line(problem) for problem in error.errors]
    if isinstance(error, click.ClickException):
        return [one_line(error.format_message())]
    known = SalesforceAbmError | OSError | json.JSONDecodeError | UnicodeError | SingerSDKError | Stopped
    if isinstance(error, known):
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


def run_options() -> tuple[click.Option, ...]:
    """Make the options that stand for a setting, for one run."""
    return (
        click.Option(["--dry-run"], is_flag=True, help="Write nothing; put the plan into `plan_path`."),
        click.Option(["--full"], is_flag=True, help="Send what Salesforce holds already, too."),
    )
