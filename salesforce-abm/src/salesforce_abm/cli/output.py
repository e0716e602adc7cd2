"""How commands show things: tables for people, JSON for machines, progress on a terminal."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from salesforce_abm import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["json_option", "print_json", "progress", "table"]

_WIDE: Final = 160
"""Columns when the output is no terminal: a file or a log, where lines may be long."""

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")


def table(
    columns: Sequence[str], rows: Iterable[tuple[Sequence[str], str]], *, title: str | None = None
) -> None:
    """Print a table.

    Args:
        columns: headings.
        rows: cells and the style of the first one (`green`, `bold red`, `dim`, ...).
        title: above the table.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    made = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        pad_edge=False,
        show_edge=False,
        title_style="bold",
    )
    for number, column in enumerate(columns):
        # Names must stay in one piece, to be copied; the last column takes what is left.
        made.add_column(column, overflow="fold", no_wrap=number == 0)
    for cells, style in rows:
        first, *others = (Text(redact.clean(cell)) for cell in cells)
        first.stylize(style)
        made.add_row(first, *others)
    console.print(made)


def print_json(value: Any) -> None:
    """Print a JSON document."""
    click.echo(redact.clean(json.dumps(value, indent=2, ensure_ascii=False)))


@contextmanager
def progress(start: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on while a block runs: a spinner on a terminal, nothing elsewhere.

    Yields:
        A function that takes the words for the next step.
    """
    console = Console(stderr=True)
    with console.status(start) as status:
        yield status.update
