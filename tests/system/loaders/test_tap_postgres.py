"""meltanolabs-tap-postgres into target-salesforce-abm: tables of a warehouse reach Salesforce, and the second time nothing does."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from target.lab import NAMES, Lab

from support.clients import Client, python_client
from support.loaders import BIN, pipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_org.testing import RunningOrg
    from support.postgres import Database

pytestmark = [pytest.mark.clients, pytest.mark.long, pytest.mark.xdist_group("loaders")]
COMPANIES = 60
STREAMS = ("account_engagement", "account_intent", "account_segments")
TABLES = """
    CREATE TABLE account_engagement (
        domain text PRIMARY KEY, account_id text, engagement_score numeric(12, 4), last_engaged_at timestamptz);
    CREATE TABLE account_intent (domain text PRIMARY KEY, intent_score numeric, intent_topics jsonb);
    CREATE TABLE account_segments (
        account_id text, segment_id integer, segment_name varchar(80), status text,
        PRIMARY KEY (account_id, segment_id));
"""
TOPICS: tuple[Any, ...] = (["ads", "crm"], [], None, "a text", ["größe", "漢字 🚀"])


def sql(value: Any) -> str:
    """A value as PostgreSQL's literal."""
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"


class Warehouse:
    """Three tables as a model would make them, and what Salesforce should hold for them."""

    def __init__(self, database: Database, lab: Lab) -> None:
        self.database = database
        self.lab = lab
        lab.recipe()
        database.execute(TABLES)
        self.accounts = [lab.company(f"company-{n}.com") for n in range(COMPANIES)]
        self.engagement: dict[str, tuple[Decimal | None, datetime | None]] = {}
        self.intent: dict[str, tuple[Decimal | None, Any]] = {}
        self.segments: dict[tuple[str, int], tuple[str, str]] = {}
        now = datetime.now(UTC)
        for n, account in enumerate(self.accounts):
            moment = None if n % 7 == 3 else now - timedelta(days=n % 80, microseconds=n)
            self.engagement[account] = (None if n % 5 == 4 else Decimal(n) / 8, moment)
            self.intent[account] = (None if n % 6 == 5 else Decimal(f"80.{n:02}4999999999999"), TOPICS[n % 5])
            for segment in range(n % 3):
                self.segments[account, segment] = (f"Segment {segment}, it's “{n}”", "active")
        # the last has not been engaged for too long
        self.engagement[self.accounts[-1]] = (Decimal(9), now - timedelta(days=120))
        self.store()

    def store(self) -> None:
        """Make the tables anew."""
        lines = ["BEGIN; TRUNCATE account_engagement, account_intent, account_segments;"]
        for n, account in enumerate(self.accounts):
            # every second row says its Account by the Id alone, as short as Salesforce's pages show it
            domain = f"company-{n}.com" if n % 2 else f"nobody-{n}.com"
            engagement = (domain, None if n % 2 else account[:15], *self.engagement[account])
            lines.append(f"INSERT INTO account_engagement VALUES ({', '.join(map(sql, engagement))});")
            score, topics = self.intent[account]
            # null is stored as JSON's null and as SQL's
            text = None if topics is None and n % 2 else json.dumps(topics)
            lines.append(
                f"INSERT INTO account_intent VALUES ({', '.join(map(sql, (f'company-{n}.com', score, text)))});"
            )
        for (account, segment), more in self.segments.items():
            values = ", ".join(map(sql, (account, segment, *more)))
            lines.append(f"INSERT INTO account_segments VALUES ({values});")
        self.database.execute("\n".join([*lines, "COMMIT;"]))

    def check(self) -> None:
        """Salesforce holds what the tables say."""
        names = (NAMES.engagement_score, NAMES.last_engaged, NAMES.intent_score, NAMES.intent_topics)
        rows = {row["Id"]: row for row in self.lab.rows(f"SELECT Id, {', '.join(names)} FROM Account")}
        for account in self.accounts:
            score, moment = self.engagement[account]
            if moment is not None and (datetime.now(UTC) - moment).days > 90:
                score = moment = None
            intent, topics = self.intent[account]
            expected = (
                score and _rounded(score),
                moment and moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
                intent and _rounded(intent),
                ("; ".join(topics) if isinstance(topics, list) else topics) or None,
            )
            assert tuple(rows[account][name] for name in names) == expected, account
        fields = (NAMES.segment_account, NAMES.segment_id, NAMES.segment_name, NAMES.segment_status)
        held = self.lab.rows(f"SELECT {', '.join(fields)} FROM {NAMES.segment_object}")
        assert sorted(tuple(row[name] for name in fields) for row in held) == sorted(
            (account, str(segment), *more) for (account, segment), more in self.segments.items()
        )


def _rounded(number: Decimal) -> float:
    return float(number.quantize(Decimal("0.01"), ROUND_HALF_UP))


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return python_client("meltanolabs-tap-postgres", tmp_path)


@pytest.fixture
def warehouse(
    org: RunningOrg, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Warehouse:
    return Warehouse(database, Lab(org, tmp_path, caplog))


def source_settings(database: Database) -> dict[str, Any]:
    """The tap's settings; it names streams after schema and table."""
    return {
        "sqlalchemy_url": database.url("psycopg2"),
        "filter_schemas": ["public"],
        "stream_maps": {f"public-{name}": {"__alias__": name} for name in STREAMS},
    }


def by_pipe(warehouse: Warehouse, client: Client) -> None:
    """`tap-postgres | target-salesforce-abm`, as a shell does it."""
    config, catalog, target = (client.home / f"{name}.json" for name in ("tap", "catalog", "target"))
    config.write_text(json.dumps(source_settings(warehouse.database)), encoding="utf-8")
    target.write_text(json.dumps(warehouse.lab.config()), encoding="utf-8")
    tap = [client.program("tap-postgres"), "--config", str(config)]
    if not catalog.exists():
        told = Client(client.version, tuple(tap), client.home, client.environment).run("--discover")
        found = json.loads(told.require_success().out)
        for stream in found["streams"]:
            [whole] = [item["metadata"] for item in stream["metadata"] if not item["breadcrumb"]]
            whole["selected"] = True
        catalog.write_text(json.dumps(found), encoding="utf-8")
    loader = [str(BIN / "target-salesforce-abm"), "--config", str(target)]
    extracted, loaded = pipe([*tap, "--catalog", str(catalog)], loader, client)
    loaded.require_success()
    extracted.require_success()
    assert loaded.lines(), "no STATE came"


def by_meltano(warehouse: Warehouse, client: Client) -> None:
    """`meltano run` in a project of its own, whose plugins are installed already."""
    project = client.home / "project"
    if not project.exists():
        project.mkdir()
        settings = {"source": source_settings(warehouse.database), "target": warehouse.lab.config()}
        plugins: dict[str, Any] = {
            "extractors": [
                {
                    "name": "tap-postgres",
                    "namespace": "tap_postgres",
                    "executable": client.program("tap-postgres"),
                    "capabilities": ["catalog", "discover", "state"],
                    "settings": [
                        {"name": "sqlalchemy_url"},
                        {"name": "filter_schemas", "kind": "array"},
                        {"name": "stream_maps", "kind": "object"},
                    ],
                    "config": settings["source"],
                }
            ],
            "loaders": [
                {
                    "name": "target-salesforce-abm",
                    "namespace": "target_salesforce_abm",
                    "executable": str(BIN / "target-salesforce-abm"),
                    "settings": [{"name": name} for name in settings["target"]],
                    "config": settings["target"],
                }
            ],
        }
        about = {"default_environment": "test", "environments": [{"name": "test"}]}
        text = yaml.safe_dump({**about, "send_anonymous_usage_stats": False, "plugins": plugins})
        (project / "meltano.yml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [BIN / "meltano", "run", "--no-install", "tap-postgres", "target-salesforce-abm"],
        cwd=project,
        env=client.isolated | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def report(lab: Lab) -> dict[str, dict[str, int]]:
    """What the run's report counts, by stream; zeros left out."""
    kept = (
        "received",
        "written",
        "unchanged",
        "unmatched",
        "ambiguous",
        "rejected",
        "skipped",
        "removed",
        "expired",
    )
    streams = json.loads((lab.directory / "report.json").read_text(encoding="utf-8"))["streams"]
    return {
        stream: {name: counts[name] for name in kept if counts[name]} for stream, counts in streams.items()
    }


@pytest.mark.parametrize("run", [by_pipe, by_meltano], ids=["by a pipe", "by Meltano"])
def test_tables_reach_salesforce_once(
    warehouse: Warehouse, client: Client, run: Callable[[Warehouse, Client], None]
) -> None:
    lab = warehouse.lab
    run(warehouse, client)
    warehouse.check()
    first = report(lab)
    assert {name: counts["received"] for name, counts in first.items()} == {
        "account_engagement": COMPANIES,
        "account_intent": COMPANIES,
        "account_segments": len(warehouse.segments),
    }
    before = stamps(lab)
    lab.org.clock.shift(timedelta(minutes=5))

    run(warehouse, client)
    warehouse.check()
    assert report(lab) == {name: {"received": n, "unchanged": n} for name, n in received(first).items()}
    assert stamps(lab) == before

    changed, cleared = warehouse.accounts[10], warehouse.accounts[20]
    warehouse.engagement[changed] = (Decimal("77.5"), datetime.now(UTC))
    warehouse.intent[cleared] = (None, None)
    (gone,) = [key for key in warehouse.segments if key[0] == warehouse.accounts[1]]
    del warehouse.segments[gone]
    warehouse.segments[warehouse.accounts[0], 7] = ("new", "active")
    warehouse.store()
    run(warehouse, client)
    warehouse.check()
    third = report(lab)
    assert {name: counts.get("written") for name, counts in third.items()} == dict.fromkeys(STREAMS, 1)
    assert third["account_segments"]["removed"] == 1


def stamps(lab: Lab) -> list[dict[str, Any]]:
    """When each record that is written to was written to."""
    return [
        row
        for name in ("Account", NAMES.segment_object)
        for row in lab.rows(f"SELECT Id, SystemModstamp FROM {name}")
    ]


def received(counted: dict[str, dict[str, int]]) -> dict[str, int]:
    """Records of each stream."""
    return {stream: counts["received"] for stream, counts in counted.items()}
