"""A newcomer types what `docs/tutorial.md` says, and sees what it shows."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
pytestmark = [pytest.mark.meltano, pytest.mark.long, pytest.mark.xdist_group("meltano")]
# What `make setup` did for the environment these tests run in.
DONE = ("git clone", "cd salesforce-abm", "make setup", ". .venv/bin/activate")


def steps() -> list[tuple[str, list[str]]]:
    """Each block of commands, and the lines the tutorial shows after it."""
    found: list[tuple[str, list[str]]] = []
    for language, text in re.findall(
        r"^```(sh|text)\n(.*?)^```", TUTORIAL.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        if language == "sh":
            found.append((text, []))
        else:
            found[-1][1].extend(line for line in text.splitlines() if line != "...")
    return found


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is nothing to clone")
    path = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--local", str(ROOT), str(path)], check=True)
    return path


def environment(port: int) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TAP_", "TARGET_", "MELTANO_", "DBT_"))}
    url = f"http://127.0.0.1:{port}"
    return kept | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "160",
        "TAP_SALESFORCE_ABM_INSTANCE_URL": url,
        "TARGET_SALESFORCE_ABM_INSTANCE_URL": url,
        # one block's `export` is there for the next
        "TAP_SALESFORCE_ABM_REPORTS": "[]",
    }


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the org did not start")


def test_the_tutorial_shows_what_its_commands_print(clone: Path, port: int) -> None:
    env = environment(port)
    org: subprocess.Popen[bytes] | None = None
    try:
        for commands, shown in steps():
            lines = [line for line in commands.splitlines() if not line.startswith(DONE)]
            if lines and lines[-1].startswith("local-org start"):
                subprocess.run(["bash", "-ec", "\n".join(lines[:-1])], cwd=clone, env=env, check=True)
                with (clone / "org.log").open("wb") as log:
                    org = subprocess.Popen(
                        [*lines[-1].split(), "--port", str(port)], cwd=clone, env=env, stdout=log, stderr=log
                    )
                wait_for(f"http://127.0.0.1:{port}", org)
                output = (clone / "org.log").read_text("utf-8")
            else:
                done = subprocess.run(
                    ["bash", "-ec", "\n".join(lines)],
                    cwd=clone,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
                output = done.stdout
                assert done.returncode == 0, commands + output
            seen = plain(output).replace(f":{port}", ":8765")
            missing = [line for line in map(plain, shown) if line not in seen]
            assert not missing, f"{commands}\n{output[-5_000:]}"
    finally:
        if org is not None:
            org.send_signal(signal.SIGINT)
            org.wait()
