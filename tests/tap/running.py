"""Running the tap as a person does, in this process or in one of its own, and reading what it wrote."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_org.clock import stored
from salesforce_abm import redact
from tap_salesforce_abm.cli import run
from tap_salesforce_abm.tap import TapSalesforceAbm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from local_org.testing import RunningOrg

COMMAND = str(Path(sys.executable).parent / "tap-salesforce-abm")


@dataclass
class Result:
    """What a run gave.

    Attributes:
        code: exit code.
        messages: Singer messages, numbers exact.
        log: everything on standard error.
    """

    code: int
    messages: list[dict[str, Any]]
    log: str
    output: str = field(default="", repr=False)

    @property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Records by stream, in order."""
        found = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The last SCHEMA of each stream."""
        return {m["stream"]: m for m in self.messages if m["type"] == "SCHEMA"}

    @property
    def states(self) -> list[dict[str, Any]]:
        """Values of the STATE messages."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE."""
        return self.states[-1] if self.states else {}

    def bookmark(self, stream: str) -> dict[str, Any]:
        """A stream's part of the last STATE."""
        bookmark: dict[str, Any] = self.state["bookmarks"][stream]
        return bookmark

    @property
    def summary(self) -> dict[str, Any]:
        """The line at the end of the run."""
        [line] = [line for line in self.log.splitlines() if '"type":"summary"' in line]
        summary: dict[str, Any] = json.loads(line.split("METRIC: ")[1])
        return summary

    @property
    def errors(self) -> list[str]:
        """What was logged as an error."""
        return [line.split("|", 3)[3].strip() for line in self.log.splitlines() if "| ERROR" in line]

    @property
    def warnings(self) -> list[str]:
        """What was logged as a warning."""
        return [line.split("|", 3)[3].strip() for line in self.log.splitlines() if "| WARNING" in line]


@contextmanager
def arguments_of(
    config: Mapping[str, Any],
    *more: str,
    catalog: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Iterator[list[str]]:
    """Write the files of a command line."""
    with tempfile.TemporaryDirectory(prefix="tap-test-") as name:
        directory = Path(name)
        arguments = []
        for option, content in (("config", config), ("catalog", catalog), ("state", state)):
            if content is not None:
                path = directory / f"{option}.json"
                path.write_text(json.dumps(content), "utf-8")
                arguments += [f"--{option}", str(path)]
        yield [*arguments, *more]


def run_tap(
    config: Mapping[str, Any], *more: str, output: io.RawIOBase | None = None, **files: Any
) -> Result:
    """Run the command line in this process.

    Args:
        config: the configuration.
        more: further arguments.
        output: what stands for standard output, in place of memory.
        files: `catalog` and `state`.
    """
    with arguments_of(config, *more, **files) as arguments:
        return run_arguments(arguments, output=output)


def run_arguments(arguments: list[str], *, output: io.RawIOBase | None = None) -> Result:
    """Run a command line in this process."""
    memory = io.BytesIO()
    out = io.TextIOWrapper(memory if output is None else io.BufferedWriter(output), "utf-8", newline="")
    err = io.StringIO()
    root = logging.getLogger()
    handlers, level, environment = list(root.handlers), root.level, os.environ.copy()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run(TapSalesforceAbm, arguments)
            out.flush()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        os.environ.clear()
        os.environ.update(environment)
        logging.captureWarnings(capture=False)
        redact.uninstall()
    text = memory.getvalue().decode("utf-8")
    return Result(code, parse(text), err.getvalue(), text)


def run_process(config: Mapping[str, Any], *more: str, **files: Any) -> Result:
    """Run the command line in a process of its own."""
    with arguments_of(config, *more, **files) as arguments:
        done = subprocess.run(
            [COMMAND, *arguments], capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
        )
    return Result(done.returncode, parse(done.stdout), done.stderr, done.stdout)


def parse(output: str) -> list[dict[str, Any]]:
    """Read Singer messages; anything else (a catalog) gives none."""
    lines = [line for line in output.split("\n") if line.startswith('{"type"')]
    return [json.loads(line, parse_float=Decimal) for line in lines]


def discover(config: Mapping[str, Any], *selected: str) -> dict[str, Any]:
    """Discover, and select only these streams (all when none is named)."""
    result = run_tap(config, "--discover")
    assert result.code == 0, result.log
    catalog: dict[str, Any] = json.loads(result.output)
    for entry in catalog["streams"]:
        root = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
        root["selected"] = not selected or entry["tap_stream_id"] in selected
    return catalog


def insert(
    org: RunningOrg, sobject: str, rows: Iterable[Mapping[str, Any]], *, at: datetime | None = None
) -> int:
    """Put rows into an org, unchecked; all rows name the same fields."""
    listed = list(rows)
    columns = list(listed[0])
    return org.org.store.bulk_insert(
        org.org.schema.object(sobject),
        columns,
        [[row[name] for name in columns] for row in listed],
        stamp=stored(at or org.org.now()),
        user_id=org.org.admin.id,
    )
