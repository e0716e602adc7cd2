"""Other people's Salesforce clients: each installed once, in an environment of its own, and run as a child process.

They live in `.clients/` at the root of the repository, named after their pins, so that a changed pin makes a new
environment. Where a runtime or the registry cannot be had the test skips and says why; in CI it fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_org.testing import RunningOrg

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".clients"
HERE = ROOT / "tests/system/clients"
PINS = HERE / "pins"
CHILD = HERE / "child"
OLDEST_NODE = 18
INSTALL_SECONDS = 600
RUN_SECONDS = 120
HOSTS = ("login.salesforce.com", "test.salesforce.com", "acme.my.salesforce.com")
"""Hosts that clients insist on; `child/sitecustomize.py` leads them to the org."""


@dataclass(frozen=True)
class Outcome:
    """What a child process said."""

    code: int
    out: str
    err: str

    def require_success(self) -> Outcome:
        """Itself, if the process ended well."""
        assert self.code == 0, f"exit code {self.code}\n{self.out[-3000:]}\n{self.err[-6000:]}"
        return self

    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects among its lines: what Singer taps and Airbyte sources say."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]


@dataclass
class Client:
    """An installed client.

    Attributes:
        version: the pinned version.
        command: what starts it, or its interpreter.
        home: where the child processes live: an isolated HOME and working directory.
        environment: variables of the child processes.
    """

    version: str
    command: tuple[str, ...]
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def trust(self, org: RunningOrg) -> Client:
        """Itself, trusting the org's certificate and finding it where it looks for salesforce.com."""
        certificate = str(org.certificate)
        self.environment |= {
            "REQUESTS_CA_BUNDLE": certificate,
            "SSL_CERT_FILE": certificate,
            "NODE_EXTRA_CA_CERTS": certificate,
            "LOCAL_ORG_PORT": org.url.rpartition(":")[2],
        }
        return self

    @property
    def isolated(self) -> dict[str, str]:
        """All variables of a child process: nothing of this machine but PATH."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **self.environment,
        }

    def program(self, name: str) -> str:
        """A command that came with a Python client."""
        return str(Path(self.command[0]).with_name(name))

    def run(self, *arguments: str | Path, stdin: str = "") -> Outcome:
        """Start the client and wait for it."""
        done = subprocess.run(
            [*self.command, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            cwd=self.home,
            env=self.isolated,
            timeout=RUN_SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def call(self, script: str, function: str, **arguments: Any) -> Any:
        """Call a function of a script in `child/` and give what it returns."""
        text = json.dumps(arguments)
        done = self.run(CHILD / script, function, stdin=text).require_success()
        return json.loads(done.out.splitlines()[-1])


def python_client(name: str, home: Path, *, newest: tuple[int, int] | None = None) -> Client:
    """A client from PyPI: `command` is the interpreter of its virtual environment.

    Args:
        name: its file of pins, whose first requirement is the client itself.
        home: where its processes live.
        newest: the newest Python it works with, which uv brings when this one is newer.
    """
    python = sys.executable if newest is None or sys.version_info[:2] <= newest else "{}.{}".format(*newest)
    pins = PINS / f"{name}.txt"
    where = _folder(name, pins.read_text(encoding="utf-8") + python + sys.version)
    interpreter = where / "venv/bin/python"

    def install() -> None:
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if uv is None:
            _unavailable("uv is not installed")
        _do([uv, "venv", "--quiet", "--python", python, str(where / "venv")], where)
        _do(
            [uv, "pip", "install", "--quiet", "--python", str(interpreter), "--requirement", str(pins)], where
        )

    _once(where, install)
    return Client(_first_pin(pins), (str(interpreter),), home, {"PYTHONPATH": str(CHILD)})


def node_client(name: str, home: Path, *, entry: str | None = None) -> Client:
    """A client from npm: `command` is node, or node with the client's entry point.

    Args:
        name: its folder of pins, with a `package.json`.
        home: where its processes live.
        entry: the JavaScript file that is its command, inside `node_modules`.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        _unavailable("node and npm are not installed")
    seen = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(seen.lstrip("v").split(".")[0]) < OLDEST_NODE:
        _unavailable(f"node {seen} is older than {OLDEST_NODE}")
    pins = PINS / name / "package.json"
    where = _folder(name, pins.read_text(encoding="utf-8") + seen)

    def install() -> None:
        shutil.copy(pins, where)
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error")
        _do([npm, "install", *quiet], where)

    _once(where, install)
    modules = where / "node_modules"
    command = (node,) if entry is None else (node, str(modules / entry))
    (version,) = json.loads(pins.read_text(encoding="utf-8"))["dependencies"].values()
    environment = {"NODE_PATH": str(modules), "NODE_OPTIONS": f"--require {CHILD / 'loopback.cjs'}"}
    return Client(version, command, home, environment)


def _folder(name: str, content: str) -> Path:
    return CACHE / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _first_pin(pins: Path) -> str:
    lines = (line.partition("#")[0].strip() for line in pins.read_text(encoding="utf-8").splitlines())
    return next(line for line in lines if line).partition("==")[2]


def _once(where: Path, install: Callable[[], None]) -> None:
    """Install unless it is done; workers of one test run wait for each other."""
    ready = where / ".ready"
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{where.name}.lock", timeout=INSTALL_SECONDS):
        if not ready.exists():
            shutil.rmtree(where, ignore_errors=True)
            where.mkdir()
            install()
            ready.touch()


def _do(command: Sequence[str], where: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=where, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        _unavailable(f"{where.name} could not be installed in {INSTALL_SECONDS} s")
    if done.returncode:
        _unavailable(f"{where.name} could not be installed: {(done.stderr or done.stdout)[-2000:]}")


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
