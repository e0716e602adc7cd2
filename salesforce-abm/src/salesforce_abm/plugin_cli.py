"""What the command lines of both Singer plugins share: errors of one line, and how much to log.

Needs singer-sdk, which the plugins bring along; nothing else in this package imports this module.
"""

from __future__ import annotations

import json
import logging
import os

import click
from singer_sdk.exceptions import ConfigValidationError, SingerSDKError

from salesforce_abm.errors import ConfigError, SalesforceAbmError

__all__ = ["log_level_option", "one_line", "words"]

_LEVELS = ("debug", "info", "warning", "error")


def one_line(text: object) -> str:
    """Put an error's words on one line."""
    return " ".join(str(text).split())


def words(error: BaseException, *, known: tuple[type[BaseException], ...] = ()) -> list[str]:
    """Say what went wrong, a line a problem.

    Args:
        error: what ended the run.
        known: further errors whose own words are for people.
    """
    if isinstance(error, ConfigError):
        return [one_line(problem) for problem in error.problems]
    if isinstance(error, ConfigValidationError):
        return [one_line(problem) for problem in error.errors]
    if isinstance(error, click.ClickException):
        return [one_line(error.format_message())]
    ours = (SalesforceAbmError, OSError, json.JSONDecodeError, UnicodeError, SingerSDKError, *known)
    if isinstance(error, ours):
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
