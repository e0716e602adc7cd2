"""The command line: the SDK's, with exit codes that mean something and errors of one line.

0   done
1   failed: settings, permissions, a stream that failed
2   stopped before the API quota; STATE is good
130, 143   stopped by SIGINT or SIGTERM; STATE of what is done has been written
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from salesforce_abm import redact
from salesforce_abm.errors import SalesforceAbmError
from salesforce_abm.plugin_cli import words
from tap_salesforce_abm.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click
    from singer_sdk import Tap

__all__ = ["leave", "run"]

_FAILED = 1


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
        for problem in words(error):
            log.error("%s", problem)  # noqa: TRY400 - the traceback is for the debug level
        log.debug("Where it happened:", exc_info=True)
        return error.exit_code if isinstance(error, SalesforceAbmError) else _FAILED
    return result if isinstance(result, int) else 0
