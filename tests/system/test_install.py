"""Each plugin installs on its own, with plain pip, from a subdirectory of the git repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.parametrize("plugin", ["tap-salesforce-abm", "target-salesforce-abm"])
def test_pip_installs_the_plugin_from_a_git_subdirectory(plugin: str, tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is nothing to install from")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    # the pip that comes with a new environment may be too old for git+file addresses
    subprocess.run([python, "-m", "pip", "install", "-q", "--upgrade", "pip"], check=True)
    address = f"{plugin} @ git+file://{ROOT}#subdirectory={plugin}"
    subprocess.run([python, "-m", "pip", "install", "-q", address], check=True)

    command = tmp_path / "venv/bin" / plugin
    version = subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout
    about = json.loads(
        subprocess.run(
            [command, "--about", "--format=json"], check=True, capture_output=True, text=True
        ).stdout
    )

    assert plugin in version
    assert about["name"] == plugin
    assert {"instance_url", "client_id", "refresh_token"} <= set(about["settings"]["properties"])
