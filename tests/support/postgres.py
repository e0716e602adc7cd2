"""A PostgreSQL server of a test session's own: on a Unix socket in a temporary directory, gone at the end."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEBIAN = Path("/usr/lib/postgresql")
USER = "abm"
SECONDS = 60
# what is lost in a crash is of no interest here
HASTY = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nshared_buffers=16MB\nmax_connections=20\n"


def find_server() -> Path | None:
    """The directory with the newest server's programs, or None."""
    found = [path.parent for path in DEBIAN.glob("*/bin/postgres") if (path.parent / "initdb").exists()]
    if found:
        return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).parent if elsewhere else None


@dataclass(frozen=True)
class Database:
    """A database of the server.

    Attributes:
        name: its name.
        socket: the directory of the server's socket.
        programs: the server's programs.
    """

    name: str
    socket: Path
    programs: Path

    def url(self, driver: str) -> str:
        """How SQLAlchemy spells it. Host and password are a formality that some clients insist on."""
        return f"postgresql+{driver}://{USER}:none@localhost/{self.name}?host={self.socket}"

    def execute(self, sql: str) -> str:
        """Run statements; gives what they print, rows as lines."""
        options = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        address = (f"--host={self.socket}", f"--username={USER}", f"--dbname={self.name}")
        return _do([str(self.programs / "psql"), *options, *address, "--file=-"], sql)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, as PostgreSQL writes them in JSON; numbers keep their digits."""
        text = self.execute(f"SELECT row_to_json(t) FROM {table} t")
        return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]


class Server:
    """A running server."""

    def __init__(self, programs: Path, socket: Path) -> None:
        self.programs = programs
        self.socket = socket

    @property
    def version(self) -> str:
        """What it says it is."""
        return Database("postgres", self.socket, self.programs).execute("SHOW server_version").strip()

    @contextmanager
    def database(self, name: str) -> Iterator[Database]:
        """A new, empty database."""
        home = Database("postgres", self.socket, self.programs)
        home.execute(f'CREATE DATABASE "{name}"')
        yield Database(name, self.socket, self.programs)
        home.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def serve(programs: Path) -> Iterator[Server]:
    """Start a server and stop it at the end.

    PostgreSQL refuses to run as root; root starts it as the user `postgres`, which Debian's package makes. The
    directory has a short name, for the path of a socket has 107 characters at most.
    """
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        os.chown(directory, who.pw_uid, who.pw_gid)
        as_user = [_setpriv(), f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    data = directory / "data"
    control = [*as_user, str(programs / "pg_ctl"), f"--pgdata={data}"]
    try:
        initdb = [*as_user, str(programs / "initdb"), f"--pgdata={data}", f"--username={USER}"]
        _do([*initdb, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], cwd=directory)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"listen_addresses=''\nunix_socket_directories='{directory}'\n{HASTY}")
        log = directory / "server.log"
        _do([*control, f"--log={log}", f"--timeout={SECONDS}", "--wait", "start"], cwd=directory)
        try:
            yield Server(programs, directory)
        finally:
            _do([*control, "--mode=immediate", "--wait", "stop"], cwd=directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _setpriv() -> str:
    found = shutil.which("setpriv")
    assert found, "setpriv (util-linux) is needed to leave root's rights behind"
    return found


def _do(command: Sequence[str], text: str = "", *, cwd: Path | None = None) -> str:
    # the server inherits the files of pg_ctl, and a pipe would stay open with it: files instead
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        done = subprocess.run(
            command,
            input=text,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PGCLIENTENCODING": "UTF8"},
            timeout=SECONDS,
            check=False,
        )
        out.seek(0)
        told = out.read()
    assert done.returncode == 0, f"{' '.join(command)}\n{told}"
    return told
