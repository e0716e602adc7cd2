"""Running the command in this process, with a configuration that reaches an org."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner, Result

from salesforce_abm.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Desk:
    """A place for files, and the settings that reach the org."""

    directory: Path
    settings: dict[str, Any]

    def config(self, **settings: Any) -> str:
        """Write a configuration; settings that are None are left out."""
        path = self.directory / "config.json"
        merged = {name: value for name, value in (self.settings | settings).items() if value is not None}
        path.write_text(json.dumps(merged), encoding="utf-8")
        return str(path)

    def run(self, command: str, *arguments: str, **settings: Any) -> Result:
        """Run a command with `--config`."""
        words = [*command.split(), "--config", self.config(**settings), *arguments]
        return CliRunner().invoke(main, words)


def flat(text: str) -> str:
    """Text without the line breaks and padding that tables put in."""
    return " ".join(text.split())
