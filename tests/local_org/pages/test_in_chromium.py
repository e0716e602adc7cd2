"""Pages in a real browser: scripts run, nothing is blocked, nothing is logged, pages fit the screen."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def browse(url: str, profile: Path, *options: str) -> tuple[str, list[str]]:
    """The page after its scripts, and what the browser said on its console."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", *options, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


@pytest.mark.parametrize("page", ["home", "account", "report", "fields"])
def test_a_page_runs_in_the_browser_without_a_complaint(demo: RunningOrg, tmp_path: Path, page: str) -> None:
    row = demo.org.store.read().execute(
        'SELECT "Id" FROM "Account" WHERE "IsDeleted" = 0 ORDER BY "Id" LIMIT 1'
    )
    report = demo.org.store.read().execute('SELECT "Id" FROM "Report" ORDER BY "Id" LIMIT 1')
    path = {
        "home": "/",
        "account": f"/Account/{row.fetchone()[0]}",
        "report": f"/lightning/r/Report/{report.fetchone()[0]}/view",
        "fields": "/lightning/setup/ObjectManager/Account/FieldsAndRelationships/view",
    }[page]
    html, console = browse(demo.url + path, tmp_path)
    assert console == []
    assert read(html.partition("<!DOCTYPE html>")[2] or html).one("h1").text
    if page == "home":  # a script put the address in
        assert demo.url in html
