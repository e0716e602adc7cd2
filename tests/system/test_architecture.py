"""The arrows between packages and floors point one way (README, "The repository")."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "salesforce_abm": ROOT / "salesforce-abm/src/salesforce_abm",
    "tap_salesforce_abm": ROOT / "tap-salesforce-abm/src/tap_salesforce_abm",
    "target_salesforce_abm": ROOT / "target-salesforce-abm/src/target_salesforce_abm",
    "local_org": ROOT / "local-org/src/local_org",
}
MAY_IMPORT = {
    "salesforce_abm": set(),
    "tap_salesforce_abm": {"salesforce_abm"},
    "target_salesforce_abm": {"salesforce_abm"},
    "local_org": set(),
}
LONGEST_MODULE = 500


def modules(package: str) -> list[Path]:
    found = sorted(SOURCES[package].rglob("*.py"))
    assert found, f"no modules found for {package}"
    return found


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", SOURCES)
def test_a_package_imports_only_the_packages_below_it(package: str) -> None:
    forbidden = set(SOURCES) - MAY_IMPORT[package] - {package}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported(path)
        if name.split(".")[0] in forbidden
    }
    assert not wrong


def test_only_the_session_and_the_sign_in_speak_http() -> None:
    outside = {
        str(path.relative_to(ROOT))
        for package in ("salesforce_abm", "tap_salesforce_abm", "target_salesforce_abm")
        for path in modules(package)
        if {name.split(".")[0] for name in imported(path)} & {"requests", "urllib3", "http"}
    }
    floor = "salesforce-abm/src/salesforce_abm"
    door = ("session", "transport", "retry", "wire", "auth")
    assert all(path.startswith(tuple(f"{floor}/{name}" for name in door)) for path in outside), outside


@pytest.mark.parametrize("package", SOURCES)
def test_modules_are_small_enough_to_read_at_one_sitting(package: str) -> None:
    long = {
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in modules(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long


def test_no_file_names_a_machine_or_a_registry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of tracked files")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    ).stdout.split(b"\0")
    # /home/abm is the user inside our container image
    pattern = re.compile(
        rb"(?<![\w.$}])/(?:root|work|home/(?!abm/)[a-z]+)/|files\.pythonhosted\.org|registry\.npmjs\.org"
    )
    wrong = [
        name.decode()
        for name in tracked
        if name
        and name != b"tests/system/test_architecture.py"
        and (ROOT / name.decode()).is_file()
        and pattern.search((ROOT / name.decode()).read_bytes())
    ]
    assert not wrong
