"""The command line: the SDK's, with exit codes that mean something and errors of one line.

0   done
1   failed: settings, permissions, too many rejected rows
2   stopped before the API quota; STATE is good
130, 143   stopped by SIGINT or SIGTERM; STATE of what is done has been written
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from salesforce_abm import redact
from salesforce_abm.errors import SalesforceAbmError
from salesforce_abm.plugin_cli import words
from target_salesforce_abm.reader import Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Target

__all__ = ["exit_code_of", "run", "run_options"]

_FAILED = 1


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
        for problem in words(error, known=(Stopped,)):
            log.error("%s", problem)  # noqa: TRY400 - the traceback is for the debug level
        log.debug("Where it happened:", exc_info=True)
        return exit_code_of(error)
    return result if isinstance(result, int) else 0


def exit_code_of(error: BaseException) -> int:
    """Give the exit code for a run that ended with this."""
    return error.exit_code if isinstance(error, SalesforceAbmError | Stopped) else _FAILED


def run_options() -> tuple[click.Option, ...]:
    """Make the options that stand for a setting, for one run."""
    return (
        click.Option(["--dry-run"], is_flag=True, help="Write nothing; put the plan into `plan_path`."),
        click.Option(["--full"], is_flag=True, help="Send what Salesforce holds already, too."),
    )
