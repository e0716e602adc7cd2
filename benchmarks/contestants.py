"""Who is measured, and the command line of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import inputs, peers
from benchmarks.measure import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

TAP: Final = "tap-salesforce-abm"
PLAIN_TAP: Final = "plain SDK tap"
SINGER: Final = "tap-salesforce"
AIRBYTE: Final = "airbyte-source-salesforce"
TARGET: Final = "target-salesforce-abm"
PLAIN_TARGET: Final = "plain SDK BatchSink target"
SIMPLE: Final = "simple-salesforce bulk2"
COPY: Final = "limit: bytes through a pipe"
CSV: Final = "limit: csv.reader, empty loop"

_HERE = Path(__file__).parent
_BIN = Path(sys.executable).parent
_APP = {"client_id": "local-org-app", "client_secret": "local-org-secret"}


@dataclass
class Stage:
    """Where a suite keeps its files and what it has found out.

    Attributes:
        url: the org.
        folder: for configurations, catalogs and inputs.
    """

    url: str
    folder: Path
    _catalogs: dict[str, Path] = field(default_factory=dict)

    def file(self, name: str, content: Any) -> Path:
        """Write a JSON file."""
        path = self.folder / name
        path.write_text(json.dumps(content), "utf-8")
        return path

    # Extraction

    def tap(self, sobject: str, api: str, *, columns: int | None = None, **settings: Any) -> Command:
        """Our tap on one object."""
        config = {
            "instance_url": self.url,
            **_APP,
            "objects": [sobject],
            "account_domains": False,
            "api_type": api,
            **settings,
        }
        program = str(_BIN / "tap-salesforce-abm")
        path = self.file("tap.json", config)
        key = f"{sobject}-{columns}"
        if key not in self._catalogs:
            found = json.loads(_output([program, "--config", str(path), "--discover"]))
            _select(found["streams"][0], columns)
            self._catalogs[key] = self.file(f"catalog-{key}.json", found)
        path = self.file(f"tap-{key}-{api}.json", config)
        return Command([program, "--config", str(path), "--catalog", str(self._catalogs[key])], {})

    def plain_tap(self, sobject: str, api: str, *, columns: int | None = None) -> Command:
        """The SDK tap of the yardsticks."""
        config = {"instance_url": self.url, **_APP, "object": sobject, "api_type": api, "columns": columns}
        path = self.file(f"plain-{sobject}-{api}-{columns}.json", config)
        script = str(_HERE / "yardsticks" / "plain_tap.py")
        return Command([sys.executable, script, "--config", str(path)], {})

    def singer(self, sobject: str, api: str) -> Command:
        """singer-io's tap-salesforce; its Bulk is version 1.0."""
        environment = {"BENCHMARK_ORG": self.url}
        config = {
            **_APP,
            "refresh_token": "local-org-refresh-token",
            "start_date": "2020-01-01T00:00:00Z",
            "api_type": "BULK" if api == "BULK2" else api,
        }
        program = peers.program("tap-salesforce", "tap-salesforce")
        path = self.file(f"singer-{api}.json", config)
        key = f"singer-{sobject}"
        if key not in self._catalogs:
            found = json.loads(_output([program, "--config", str(path), "--discover"], environment))
            found["streams"] = [s for s in found["streams"] if s["tap_stream_id"] == sobject]
            for item in found["streams"][0]["metadata"]:
                item["metadata"]["selected"] = True
            self._catalogs[key] = self.file(f"{key}.json", found)
        arguments = [program, "--config", str(path), "--properties", str(self._catalogs[key])]
        return Command(arguments, environment)

    def airbyte(self, sobject: str) -> Command:
        """Airbyte's source, forced to Bulk API 2.0 as its own choice would be."""
        environment = {"BENCHMARK_ORG": self.url}
        config = {
            **_APP,
            "refresh_token": "local-org-refresh-token",
            "start_date": "2020-01-01T00:00:00Z",
            "force_use_bulk_api": True,
            "streams_criteria": [{"criteria": "exacts", "value": sobject}],
        }
        program = peers.program("airbyte", "source-salesforce")
        path = self.file(f"airbyte-{sobject}.json", config)
        key = f"airbyte-catalog-{sobject}"
        if key not in self._catalogs:
            output = _output([program, "discover", "--config", str(path)], environment)
            [line] = [line for line in output.splitlines() if line.startswith('{"type":"CATALOG"')]
            streams = [
                {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
                for stream in json.loads(line)["catalog"]["streams"]
                if stream["name"] == sobject
            ]
            self._catalogs[key] = self.file(f"{key}.json", {"streams": streams})
        arguments = [program, "read", "--config", str(path), "--catalog", str(self._catalogs[key])]
        return Command(arguments, environment, record=b'{"type":"RECORD"')

    def limit(self, which: str, sobject: str) -> Command:
        """A bare loop over the CSV of an object."""
        path = self.folder / f"{sobject}.csv"
        if not path.exists():
            _download(self.url, sobject, path)
        return Command([sys.executable, str(_HERE / "yardsticks" / "limits.py"), which, str(path)], {})

    # Loading

    def messages(self, ids: Path, rows: int, share: int, turn: int) -> Path:
        """Singer messages for a round."""
        path = self.folder / f"input-{rows}-{share}.singer"
        arguments = [str(value) for value in (ids, rows, share, turn, path)]
        subprocess.run([sys.executable, "-m", "benchmarks.inputs", *arguments], check=True)
        return path

    def target(self, sobject: str, messages: Path, **settings: Any) -> Command:
        """Our target."""
        config = {
            "instance_url": self.url,
            **_APP,
            "loads": [
                {
                    "stream": "rows",
                    "object": sobject,
                    "match": [{"source": "id", "field": "Id"}],
                    "fields": _fields(),
                }
            ],
            "rejects_path": str(self.folder / "rejects.jsonl"),
            "report_path": str(self.folder / "report.json"),
            **settings,
        }
        path = self.file(f"target-{sobject}.json", config)
        return Command([str(_BIN / "target-salesforce-abm"), "--config", str(path)], {}, messages)

    def plain_target(self, sobject: str, messages: Path) -> Command:
        """The SDK target of the yardsticks."""
        config = {"instance_url": self.url, **_APP, "object": sobject, "fields": _fields()}
        path = self.file(f"plain-target-{sobject}.json", config)
        script = str(_HERE / "yardsticks" / "plain_target.py")
        return Command([sys.executable, script, "--config", str(path)], {}, messages)

    def simple(self, sobject: str, messages: Path) -> Command:
        """simple-salesforce's bulk2."""
        config = {"instance_url": self.url, **_APP, "object": sobject, "fields": _fields()}
        path = self.file(f"simple-{sobject}.json", config)
        script = str(_HERE / "yardsticks" / "simple_bulk2.py")
        interpreter = peers.python("simple-salesforce")
        return Command([interpreter, script, str(path)], {"BENCHMARK_ORG": self.url}, messages)


def _fields() -> dict[str, str]:
    return {f"p{number}": f"P{number}__c" for number in range(inputs.MAPPED)}


def _select(stream: dict[str, Any], columns: int | None) -> None:
    """Select a stream and its first columns, the key and the replication key always among them."""
    names = list(stream["schema"]["properties"])
    wanted = names if columns is None else ["Id", "SystemModstamp", *names][: columns + 2]
    wanted = wanted if columns is None else list(dict.fromkeys(wanted))[:columns]
    for item in stream["metadata"]:
        item["metadata"]["selected"] = not item["breadcrumb"] or item["breadcrumb"][1] in wanted


def _output(arguments: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        arguments, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stderr[-2000:]}")
    return done.stdout


_DOWNLOAD = """
import json, sys, time, requests
url, name, path = sys.argv[1:]
login = requests.post(f"{url}/services/oauth2/token", data={"grant_type": "client_credentials",
    "client_id": "local-org-app", "client_secret": "local-org-secret"}).json()
head = {"Authorization": "Bearer " + login["access_token"]}
root = f"{url}/services/data/v60.0"
fields = requests.get(f"{root}/sobjects/{name}/describe", headers=head).json()["fields"]
soql = f"SELECT {', '.join(field['name'] for field in fields)} FROM {name}"
job = f"{root}/jobs/query/" + requests.post(
    f"{root}/jobs/query", headers=head, json={"operation": "query", "query": soql}).json()["id"]
while requests.get(job, headers=head).json()["state"] != "JobComplete":
    time.sleep(0.2)
answer = requests.get(f"{job}/results?maxRecords=100000000", headers=head, stream=True)
with open(path, "wb") as file:
    for piece in answer.iter_content(1 << 20):
        file.write(piece)
"""


def _download(url: str, sobject: str, path: Path) -> None:
    subprocess.run([sys.executable, "-c", _DOWNLOAD, url, sobject, str(path)], check=True)
