"""Today's tools, each from PyPI in an environment of its own, made once.

Two of them know one login host only. `_REDIRECT` goes into their environments as `sitecustomize`: requests to
`login.salesforce.com` go to the benchmark's org instead, and their waits for a job, 20 s at a time, are cut
to a tenth of a second, which changes no CPU second. Nothing else is touched.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parent / ".peers"

_WANTED = {
    "tap-salesforce": ("tap-salesforce==2.8.1", "setuptools<81"),
    "airbyte": ("airbyte-source-salesforce==2.10.3",),
    "simple-salesforce": ("simple-salesforce==1.12.10",),
}

_REDIRECT = """
import os, time

_org = os.environ.get("BENCHMARK_ORG")
if _org:
    import requests.adapters

    _send = requests.adapters.HTTPAdapter.send

    def send(self, request, **options):
        host = request.url.split("/", 3)[2]
        if host.endswith(".salesforce.com"):
            request.url = _org + "/" + request.url.split("/", 3)[3]
        return _send(self, request, **options)

    requests.adapters.HTTPAdapter.send = send

    _sleep = time.sleep
    time.sleep = lambda seconds: _sleep(min(seconds, 0.1))
"""


def python(peer: str) -> str:
    """The interpreter of a peer's environment, which is made first if it has to be."""
    home = HOME / peer
    interpreter = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        print(f"Installing {peer} ...", file=sys.stderr)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", "3.11", str(home)], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", str(interpreter), *_WANTED[peer]], check=True
        )
        [packages] = home.glob("lib/python*/site-packages")
        (packages / "sitecustomize.py").write_text(_REDIRECT, "utf-8")
        ready.touch()
    return str(interpreter)


def program(peer: str, name: str) -> str:
    """A command of a peer."""
    return str(Path(python(peer)).with_name(name))
