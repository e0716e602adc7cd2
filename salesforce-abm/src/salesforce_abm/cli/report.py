"""`salesforce-abm report`: run reports as one HTML page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from salesforce_abm.errors import ConfigError
from salesforce_abm.run_report import read_files, render

__all__ = ["report"]


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The HTML file to write.",
)
@click.option("--title", default="Salesforce sync report", show_default=True, help="Heading of the page.")
@click.option(
    "--no-examples", is_flag=True, help="Leave out keys and messages of rows that are not in Salesforce."
)
def report(*, runs: tuple[Path, ...], output: Path, title: str, no_examples: bool) -> None:
    """Make one self-contained HTML page of runs: match rate, rejects and why, freshness, API budget.

    RUNS are files of the target's `report_path`, logs of the tap (with its METRIC line), rejects files, or
    folders that hold them.
    """
    material = read_files(runs)
    page = render(material, now=datetime.now(UTC), title=title, examples=not no_examples)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror}") from None
    count = len(material.runs)
    click.echo(f"{output}: {count} {'run' if count == 1 else 'runs'}, {len(page) // 1024 + 1} KB")
