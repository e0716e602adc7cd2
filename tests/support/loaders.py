"""Singer loaders of other people, and the tables they make, read back in the terms of Salesforce."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from support.clients import ROOT, RUN_SECONDS, Client, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.postgres import Database

BIN = Path(sys.executable).parent
Row = dict[str, Any]


def pipe(extractor: Sequence[str], loader: Sequence[str], client: Client) -> tuple[Outcome, Outcome]:
    """`extractor | loader`, as a shell does it; what each of them said.

    The extractor's own output goes to the loader and nowhere else. Both run in the client's isolated environment.
    """
    log = client.home / "extractor.log"
    environment = client.isolated
    with log.open("wb") as errors:
        first = subprocess.Popen(
            extractor,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=client.home,
            env=environment,
        )
        try:
            second = subprocess.run(
                loader,
                stdin=first.stdout,
                capture_output=True,
                encoding="utf-8",
                cwd=client.home,
                env=environment,
                timeout=RUN_SECONDS,
                check=False,
            )
            assert first.stdout is not None
            first.stdout.close()
            code = first.wait(RUN_SECONDS)
        finally:
            first.kill()
            first.wait()
    return (
        Outcome(code, "", log.read_text(encoding="utf-8")),
        Outcome(second.returncode, second.stdout, second.stderr),
    )


class Loader(ABC):
    """A loader and what it loads into."""

    pins: str
    program: str
    """Its command, or a script of this repository that starts it."""
    number: type[Decimal | float] = Decimal
    """What it keeps numbers as."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Its configuration."""

    @abstractmethod
    def rows(self, stream: str) -> list[Row]:
        """The rows of a stream as they are, column names in lower case."""

    def value(self, raw: Any, kind: str) -> Any:
        """A stored value as `told` spells it."""
        if isinstance(raw, datetime):
            return raw.replace(tzinfo=raw.tzinfo or UTC).astimezone(UTC)
        if isinstance(raw, (date, time)):
            return raw.isoformat()
        return told(raw, kind, self.number)


def told(value: Any, kind: str, number: type[Decimal | float]) -> Any:
    """A value of Salesforce's, as text or JSON, in the one spelling that is compared.

    Args:
        value: as the REST API or a loader's table has it.
        kind: the field's type in its description.
        number: what the loader keeps numbers as.
    """
    if value is None:
        return None
    if kind in ("double", "currency", "percent"):
        return number(value)
    if kind == "datetime":
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if kind == "date":
        return date.fromisoformat(value).isoformat()
    if kind == "time":
        return time.fromisoformat(value.removesuffix("Z")).isoformat()
    if kind in ("address", "location"):
        parts = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
        return {
            name: Decimal(str(part)) if isinstance(part, (int, float, Decimal)) else part
            for name, part in parts.items()
        }
    return value


class Jsonl(Loader):
    """target-jsonl: a file a stream, rows appended. The last line of a key holds."""

    pins = "target-jsonl"
    program = "target-jsonl"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def config(self) -> dict[str, Any]:
        """Its configuration."""
        return {"destination_path": str(self.directory), "do_timestamp_file": False}

    def rows(self, stream: str) -> list[Row]:
        """The last line of each key."""
        latest = {}
        text = (self.directory / f"{stream}.jsonl").read_text(encoding="utf-8")
        for line in text.split("\n"):
            if line:
                row = json.loads(line, parse_float=Decimal)
                latest[row["Id"]] = row
        return [{name.lower(): value for name, value in row.items()} for row in latest.values()]


class DuckDb(Loader):
    """target-duckdb: rows merged by key, numbers as floating point, date as text."""

    pins = "target-duckdb"
    program = "demo/loader/target_duckdb_all_rows.py"
    number = float

    def __init__(self, path: Path) -> None:
        self.path = path

    def config(self) -> dict[str, Any]:
        """Its configuration: that of the demo."""
        return {
            "path": str(self.path),
            "default_target_schema": "salesforce",
            "add_metadata_columns": False,
            "data_flattening_max_level": 0,
        }

    def rows(self, stream: str) -> list[Row]:
        """The table."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            table = connection.execute(f'SELECT * FROM salesforce."{stream.lower()}"')
            columns = [column[0] for column in table.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in table.fetchall()]


class PostgresTarget(Loader):
    """meltanolabs-target-postgres: rows merged by key, numbers exact."""

    pins = "meltanolabs-target-postgres"
    program = "target-postgres"

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.settings = settings

    def config(self) -> dict[str, Any]:
        """Its configuration."""
        return {
            "sqlalchemy_url": self.database.url("psycopg"),
            "default_target_schema": "salesforce",
            **self.settings,
        }

    def rows(self, stream: str) -> list[Row]:
        """The table."""
        return [
            {name.lower(): value for name, value in row.items()}
            for row in self.database.rows(f'salesforce."{stream}"')
        ]


class Pipeline:
    """tap-salesforce-abm into a loader, again and again; STATE goes from one run to the next.

    Args:
        loader: where the rows go.
        client: the loader's environment.
        settings: those of the tap.
    """

    def __init__(self, loader: Loader, client: Client, settings: Mapping[str, Any]) -> None:
        self.loader = loader
        self.client = client
        self.settings = settings
        self.state: dict[str, Any] | None = None

    def run(self, **settings: Any) -> str:
        """One run; gives the tap's log."""
        tap = [str(BIN / "tap-salesforce-abm"), "--config", self._file("tap", {**self.settings, **settings})]
        if self.state is not None:
            tap += ["--state", self._file("state", self.state)]
        target = [
            *self._loader(),
            "--config",
            self._file("target", self.loader.config()),
        ]
        extracted, loaded = pipe(tap, target, self.client)
        loaded.require_success()
        extracted.require_success()
        # a loader says no STATE when rows came after the last one
        self.state = loaded.lines()[-1]
        return extracted.err

    def _loader(self) -> list[str]:
        if self.loader.program.endswith(".py"):
            return [*self.client.command, str(ROOT / self.loader.program)]
        return [self.client.program(self.loader.program)]

    def _file(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.client.home / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)
