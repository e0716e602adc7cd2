"""Run the loop twice on a local org and show what moved.

make demo                 # serve the org at the end when on a terminal, until Ctrl-C
make demo DEMO_PORT=9000  # another port for the local org
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from demo import edits, outcome
from demo.events import write_events
from demo.org import OrgClient
from demo.processes import StepFailedError, run, running

if TYPE_CHECKING:
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".demo"
BIN = Path(sys.executable).parent
FORWARD = ("tap-salesforce-abm", "target-duckdb")
REVERSE = ("tap-account-engagement", "tap-account-intent", "tap-account-segments")
DEFAULT_PORT = 8765


def main() -> int:
    """Run the demo; exit code 0 when every step did what it should, 130 on Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _demo()
    except StepFailedError as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return 130
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _demo() -> None:
    began = time.monotonic()
    for name in ("logs", "reports", "rejects", "reverse_etl"):
        shutil.rmtree(WORK / name, ignore_errors=True)
        (WORK / name).mkdir(parents=True)
    for leftover in [*WORK.glob("org.db*"), *WORK.glob("warehouse.duckdb*"), *WORK.glob("meltano.db*")]:
        leftover.unlink()
    port = _free_port(int(os.environ.get("DEMO_PORT", DEFAULT_PORT)))
    url = f"http://127.0.0.1:{port}"
    env = _environment(url)

    with _step("Installing the plugins"):
        run([str(BIN / "meltano"), "install"], log=WORK / "logs" / "install.log", env=env)
    with running(_org_command(port), log=WORK / "logs" / "org.log", env=env) as org_process:
        with _step(f"Starting the local org on {url}"):
            org = OrgClient(url)
            org.wait(lambda: org_process.poll() is None, log=WORK / "logs" / "org.log")
        first = _round(1, org, env)
        with _step("Some work in Salesforce: sales edits, a deletion"):
            changed = edits.apply(org)
        second = _round(2, org, env)
        print(outcome.tables([first, second], changed))
        print(
            f"\nDone in {time.monotonic() - began:.0f} s. An Account with engagement: {url}{outcome.example(org)}"
        )
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("The org stays open for you to look around; press Ctrl-C to stop it.")
            while org_process.poll() is None:
                time.sleep(0.5)
        else:
            print("`make org` opens it again.")


def _round(number: int, org: OrgClient, env: dict[str, str]) -> outcome.Round:
    """Salesforce to warehouse, transformation, warehouse to Salesforce."""
    logs = WORK / "logs"
    requests = {"start": org.requests()}
    with _step(f"Round {number}: Salesforce -> warehouse"):
        forward = logs / f"{number}-salesforce-to-warehouse.log"
        run(_meltano("run", *FORWARD), log=forward, env=env)
    requests["extract"] = org.requests()
    with _step(f"Round {number}: engagement, intent and segments in the warehouse"):
        events = Path(env["EVENTS_PATH"])
        if number == 1:
            write_events(events, _verified_domains(), now=org.now())
        run(_meltano("run", "dbt:build"), log=logs / f"{number}-dbt.log", env=env)
    for extractor in REVERSE:
        with _step(f"Round {number}: warehouse -> Salesforce ({extractor.removeprefix('tap-')})"):
            log = logs / f"{number}-{extractor}.log"
            run(_meltano("run", extractor, "target-salesforce-abm"), log=log, env=env)
            report = WORK / "reports" / f"{extractor}.json"
            report.rename(WORK / "reports" / f"{number}-{extractor}.json")
        requests[extractor] = org.requests()
    return outcome.Round(
        extracted=outcome.extracted(forward),
        loaded={
            stream: counts
            for extractor in REVERSE
            for stream, counts in outcome.loaded(WORK / "reports" / f"{number}-{extractor}.json").items()
        },
        requests=requests,
    )


def _meltano(*arguments: str) -> list[str]:
    return [str(BIN / "meltano"), *arguments]


def _org_command(port: int) -> list[str]:
    data = str(WORK / "org.db")
    return [str(BIN / "local-org"), "start", "--port", str(port), "--data", data, "--seed", "demo"]


def _environment(url: str) -> dict[str, str]:
    """The environment of every step: the demo's own Meltano database, and none of the user's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TAP_", "TARGET_", "MELTANO_", "DBT_"))}
    return kept | {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_ENVIRONMENT": "local",
        "MELTANO_DATABASE_URI": f"sqlite:///{WORK / 'meltano.db'}",
        "TAP_SALESFORCE_ABM_INSTANCE_URL": url,
        "TARGET_SALESFORCE_ABM_INSTANCE_URL": url,
        "WAREHOUSE_PATH": str(WORK / "warehouse.duckdb"),
        "EVENTS_PATH": str(WORK / "web_and_ads.csv"),
        "REVERSE_ETL_PATH": str(WORK / "reverse_etl"),
    }


def _verified_domains() -> list[str]:
    with duckdb.connect(str(WORK / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.execute(
            "select domain from salesforce.account_domain where status = 'verified'"
        ).fetchall()
    return [domain for (domain,) in rows]


def _free_port(wanted: int) -> int:
    """The wanted port, or one that is free when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StepFailedError("no free port on 127.0.0.1")


class _step:  # noqa: N801 - reads as a statement: with _step("..."):
    """Print what is being done, then how long it took."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __enter__(self) -> None:
        print(f"{self._title} ", end="", flush=True)
        self._began = time.monotonic()

    def __exit__(self, kind: object, *_: object) -> None:
        print(
            f"{'.' * max(3, 72 - len(self._title))} "
            + (f"{time.monotonic() - self._began:.1f} s" if kind is None else "failed")
        )


if __name__ == "__main__":
    sys.exit(main())
