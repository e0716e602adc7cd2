"""The command as a process: signals, exit codes, what it says about itself."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest
from target.lab import lines, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target.lab import Lab

COMMAND = [sys.executable, "-m", "target_salesforce_abm"]
UPDATE = [
    {
        "stream": "rows",
        "object": "Account",
        "match": [{"source": "id", "field": "Id"}],
        "fields": {"size": "NumberOfEmployees"},
    }
]
MORE_THAN_A_PIPE_HOLDS = "\n" * 300_000


@contextmanager
def running(lab: Lab, **settings: Any) -> Iterator[subprocess.Popen[str]]:
    config = lab.directory / "config.json"
    config.write_text(json.dumps(lab.config(loads=UPDATE, **settings)))
    process = subprocess.Popen(
        [*COMMAND, "--config", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        yield process
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def tell(process: subprocess.Popen[str], messages: list[dict[str, Any]]) -> IO[str]:
    assert process.stdin is not None
    process.stdin.write(lines(messages))
    process.stdin.flush()
    return process.stdin


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_a_signal_settles_what_came_sends_its_state_and_says_so_by_the_exit_code(
    lab: Lab, number: signal.Signals, code: int
) -> None:
    account = lab.create("Account", Name="A")
    with running(lab) as process:
        assert process.stdout is not None
        tell(process, [{"type": "STATE", "value": "first"}])
        assert process.stdout.readline() == '"first"\n'
        entry = tell(process, stream("rows", [{"id": account, "size": 5}], state="second"))
        entry.write(MORE_THAN_A_PIPE_HOLDS)  # when this is through, the target has read the row
        entry.flush()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert out == '"second"\n'
    assert lab.row("Account", account, "NumberOfEmployees") == (5,)
    assert "Traceback" not in err
    assert json.loads((lab.directory / "report.json").read_text())["exit_code"] == code


def test_killed_with_9_and_run_again_loses_nothing_and_doubles_nothing(lab: Lab) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(3)]
    messages = stream("rows", [{"id": account, "size": 1} for account in accounts[:2]], state="two")
    rest = stream("rows", [{"id": accounts[2], "size": 1}], state="three")[1:]
    with running(lab, batch_size_rows=2) as process:
        assert process.stdout is not None
        entry = tell(process, messages)
        assert process.stdout.readline() == '"two"\n'
        entry.write(lines(rest[:1]))
        entry.flush()
        process.kill()
        process.wait(60)
    run = lab.run([messages[0], *rest], loads=UPDATE)
    assert run.states == ["three"]
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert [row["NumberOfEmployees"] for row in lab.rows("SELECT NumberOfEmployees FROM Account")] == [
        1,
        1,
        1,
    ]


def test_settings_can_come_from_the_environment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    account = lab.create("Account", Name="A")
    for name, value in lab.config(loads=UPDATE, dry_run=True).items():
        text = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"TARGET_SALESFORCE_ABM_{name.upper()}", text)
    done = subprocess.run(
        [*COMMAND, "--config=ENV"],
        input=lines(stream("rows", [{"id": account, "size": 5}])),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((lab.directory / "plan.json").read_text())["changes"][0]["id"] == account


def test_about_and_version_need_no_settings() -> None:
    about = subprocess.run([*COMMAND, "--about", "--format=json"], capture_output=True, text=True, check=True)
    told = json.loads(about.stdout)
    assert told["name"] == "target-salesforce-abm"
    settings = told["settings"]["properties"]
    assert {"loads", "instance_url", "stream_maps", "batch_config"} <= set(settings)
    assert not {"add_record_metadata", "load_method"} & set(settings)
    assert settings["client_secret"]["secret"] is True
    version = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("target-salesforce-abm v")


def test_no_secret_is_logged_at_any_level(lab: Lab) -> None:
    account = lab.create("Account", Name="A")
    config = lab.directory / "config.json"
    config.write_text(json.dumps(lab.config(loads=UPDATE)))
    done = subprocess.run(
        [*COMMAND, "--config", str(config), "--log-level", "debug"],
        input=lines(stream("rows", [{"id": account, "size": 5}])),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "DEBUG" in done.stderr
    assert lab.config()["client_secret"] not in done.stderr
    assert "Bearer" not in done.stderr
