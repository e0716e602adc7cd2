"""The click group all commands hang on.

Failures are one line on stderr; the traceback is for `--log-level debug`. Exit codes: 0 done, 1 failed, 2
stopped on the API quota (and wrong usage, which click also gives 2), 130 interrupted.
"""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import click

from salesforce_abm import __version__, redact
from salesforce_abm.errors import SalesforceAbmError

__all__ = ["Program", "main"]

logger = logging.getLogger("salesforce_abm.cli")

_LEVELS = ("debug", "info", "warning", "error")
_INTERRUPTED = 130


class Program(click.Group):
    """A group whose commands may raise any error of this library."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn errors into lines and exit codes."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except SalesforceAbmError as error:
            _end(ctx, str(error), error.exit_code, error)
        except KeyboardInterrupt as error:
            _end(ctx, "interrupted", _INTERRUPTED, error)
        except Exception as error:  # noqa: BLE001 - a person gets one line, whatever went wrong
            hint = "" if logger.isEnabledFor(logging.DEBUG) else " (--log-level debug shows where)"
            _end(ctx, f"unexpected {type(error).__name__}: {error}{hint}", 1, error)


def _end(ctx: click.Context, message: str, code: int, error: BaseException) -> NoReturn:
    logger.debug("The command failed", exc_info=error)
    for line in redact.clean(message).splitlines() or [""]:
        click.echo(f"Error: {line}", err=True)
    ctx.exit(code)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="salesforce-abm")
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS, case_sensitive=False),
    default="warning",
    show_default=True,
    help="What to log on stderr.",
)
def main(log_level: str) -> None:
    """Set up and look after tap-salesforce-abm and target-salesforce-abm."""
    redact.install()
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(name)s: %(message)s", force=True)
