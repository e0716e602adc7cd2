"""The Salesforce of the benchmarks: `python -m benchmarks.org SPEC` serves one until its input ends.

SPEC is JSON: `{"objects": {"Name__c": [columns, rows]}, "loads": {"Name__c": [rows, share, ids file]},
"prerendered": true}`. The first line it prints is `{"url": ...}`. It is a process of its own, so that its
work is in nobody's bill.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.data import NOW, make_load_object, make_object

if TYPE_CHECKING:
    from collections.abc import Mapping


class OrgProcess:
    """An org in another process, and its switches.

    Args:
        objects: name to number of columns and rows.
        loads: name to number of rows, share of them that changes, and where their Ids go.
        prerendered: queries are rendered once and then served from disk.
    """

    def __init__(
        self,
        objects: Mapping[str, tuple[int, int]],
        loads: Mapping[str, tuple[int, int, str]],
        *,
        prerendered: bool,
    ) -> None:
        spec = json.dumps({"objects": objects, "loads": loads, "prerendered": prerendered})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.org", spec], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.url: str = json.loads(self._process.stdout.readline())["url"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def used(self) -> int:
        """API requests counted so far, as Salesforce counts them."""
        return int(self.ask("GET", "")["apiUsage"].partition("=")[2].partition("/")[0])

    def latency(self, seconds: float) -> None:
        """Let every request wait so long."""
        self.ask("DELETE", "/faults")
        if seconds:
            self.ask("POST", "/faults", {"kind": "latency", "seconds": seconds, "times": None})

    def behave(self, **switches: Any) -> None:
        """Change `local_org.behaviour.Behaviour`."""
        self.ask("PATCH", "/behaviour", switches)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the admin API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/local-org{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
        return json.loads(content) if content else None


def serve(spec: Mapping[str, Any]) -> None:
    """Build the org and serve it until standard input is closed."""
    from local_org.testing import start  # noqa: PLC0415 - the parent process does without it, and stays small

    with start() as running:
        running.org.clock.set(NOW)  # and stays there, see data.NOW
        running.org.limits.maxima["DailyApiRequests"] = 10_000_000
        for name, (columns, rows) in spec["objects"].items():
            make_object(running.org, name, columns, rows)
        for name, (rows, share, path) in spec["loads"].items():
            make_load_object(running.org, name, rows, share)
            found = running.org.store.read().execute(f'SELECT "Id" FROM "{name}" ORDER BY "Name"')
            Path(path).write_text("".join(f"{row[0]}\n" for row in found), "ascii")
        running.org.behaviour.prerendered = spec["prerendered"]
        running.application.on_error = lambda problem: print(problem, file=sys.stderr)
        print(json.dumps({"url": running.url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
