"""The `local-org` command and the admin API behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner

from local_org import __version__, defaults
from local_org.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg
    from support.rest import Rest


def run(*arguments: str) -> tuple[int, str]:
    """The command in this process: exit code and everything it printed."""
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def admin(org: RunningOrg, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{org.url}/local-org{path}", json=body, timeout=10)


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`local-org start` as a process of its own, with what it prints until it is ready."""
    command = [sys.executable, "-m", "local_org", "start", "--port", "0", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as started:
        try:
            assert started.stdout is not None
            lines = []
            for line in started.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            yield started, "".join(lines)
        finally:
            started.kill()


# --- start ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["SIGINT", "SIGTERM"]
)
def test_start_says_how_to_log_in_and_stops_on_a_signal(sent: signal.Signals, code: int) -> None:
    with process("--seed", "empty") as (started, printed):
        address = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert address is not None
        for secret in (
            defaults.ADMIN_USERNAME,
            defaults.PASSWORD,
            defaults.CLIENT_ID,
            defaults.CLIENT_SECRET,
        ):
            assert secret in printed
        form = {
            "grant_type": "refresh_token",
            "refresh_token": defaults.REFRESH_TOKEN,
            "client_id": defaults.CLIENT_ID,
        }
        assert requests.post(f"{address[0]}/services/oauth2/token", data=form, timeout=10).status_code == 200
        started.send_signal(sent)
        output, errors = started.communicate(timeout=20)
        assert (started.returncode, errors) == (code, "")
        assert "Stopped." in output


def test_data_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "org.db"
    for count in (0, 1):
        with process("--seed", "empty", "--data", str(file)) as (started, printed):
            address = re.search(r"http://127\.0\.0\.1:\d+", printed)
            assert address is not None
            form = {"grant_type": "client_credentials"}
            auth = (defaults.CLIENT_ID, defaults.CLIENT_SECRET)
            token = requests.post(
                f"{address[0]}/services/oauth2/token", data=form, auth=auth, timeout=10
            ).json()
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            base = f"{address[0]}/services/data/v60.0"
            query = {"q": "SELECT COUNT() FROM Account"}
            found = requests.get(f"{base}/query", params=query, headers=headers, timeout=10).json()
            assert found["totalSize"] == count
            requests.post(f"{base}/sobjects/Account", json={"Name": "A"}, headers=headers, timeout=10)
            started.terminate()
            started.communicate(timeout=20)


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = run("start", "--seed", "empty", "--port", str(port))
    assert code == 1
    assert output == f"Error: port {port} is in use: stop what listens there, or choose another with --port\n"


def test_a_file_that_holds_no_org_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, only notes of some length" * 50)
    code, output = run("start", "--port", "0", "--data", str(file))
    assert code == 1
    assert output == f"Error: {file} does not hold a local org: file is not a database\n"


def test_a_wrong_seed_is_one_line() -> None:
    code, output = run("start", "--seed", "plenty")
    assert code == 2
    assert "'plenty' is neither demo, empty nor a number of accounts" in output


def test_the_version_is_told() -> None:
    assert run("--version") == (0, f"local-org {__version__}\n")


# --- faults and clock -------------------------------------------------------------------------------


def test_faults_are_switched_on_listed_and_cleared(org: RunningOrg, rest: Rest) -> None:
    options = ("status=503", "times=2", "path=/limits", "--url", org.url)
    code, output = run("fault", "add", "status", *options)
    assert code == 0
    assert json.loads(output)["status"] == 503
    code, output = run("fault", "list", "--url", org.url)
    assert '"kind": "status"' in output
    assert "kinds: change-row" in output
    assert rest.get("limits").status_code == 503
    assert run("fault", "clear", "--url", org.url)[0] == 0
    assert rest.get("limits").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("magic",), "no fault is called 'magic'"),
        (("status", "colour=red"), "status has no option 'colour'"),
        (("status", "503"), "'503' is not NAME=VALUE"),
    ],
    ids=["kind", "option", "form"],
)
def test_a_wrong_fault_is_explained(org: RunningOrg, arguments: tuple[str, ...], complaint: str) -> None:
    code, output = run("fault", "add", *arguments, "--url", org.url)
    assert code != 0
    assert complaint in output


def test_faults_can_last_for_ever(org: RunningOrg, rest: Rest) -> None:
    run("fault", "add", "status", "times=none", "--url", org.url)
    assert {rest.get("limits").status_code for _ in range(5)} == {503}


def test_without_an_org_the_command_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    code, output = run("fault", "list", "--url", url)
    assert code == 1
    assert output.startswith(f"Error: no local org answers on {url}: ")


def test_the_clock_is_set_shifted_and_released(org: RunningOrg) -> None:
    code, output = run("clock", "--set", "2026-01-31T12:00:00Z", "--url", org.url)
    assert (code, output) == (0, "2026-01-31T12:00:00Z\n")
    assert run("clock", "--shift", "60", "--url", org.url)[1] == "2026-01-31T12:01:00Z\n"
    assert run("clock", "--url", org.url)[1] == "2026-01-31T12:01:00Z\n"
    run("clock", "--run", "--url", org.url)
    assert abs(org.org.clock.now().timestamp() - time.time()) < 60


# --- the rest of the admin API ----------------------------------------------------------------------


def test_the_org_tells_about_itself(org: RunningOrg, rest: Rest) -> None:
    rest.get("limits")
    status = admin(org, "GET", "").json()
    assert (status["product"], status["version"]) == ("local-org", __version__)
    assert (status["organizationId"], status["errors"]) == (org.org.id, [])
    assert status["apiUsage"] == "api-usage=1/100000"


def test_the_admin_api_needs_no_session_and_counts_for_nothing(org: RunningOrg) -> None:
    org.faults.status(503, times=None)
    assert admin(org, "POST", "/quota", {"remaining": 5}).json() == {"apiUsage": "api-usage=99995/100000"}
    assert admin(org, "GET", "/faults").status_code == 200


def test_rows_are_locked_and_sessions_ended_from_outside(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    admin(org, "POST", "/locks", {"id": account})
    path = f"sobjects/Account/{account}"
    assert rest.patch(path, {"Name": "B"}).json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    admin(org, "DELETE", "/faults")
    assert rest.patch(path, {"Name": "B"}).status_code == 204
    assert admin(org, "POST", "/sessions/expire").json() == {"expired": 1}
    assert rest.get("limits").status_code == 401


def test_apps_get_keys_and_policies_from_outside(org: RunningOrg) -> None:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    answer = admin(org, "POST", f"/apps/{defaults.CLIENT_ID}/keys", {"public_key": "-----BEGIN PUBLIC KEY"})
    assert (answer.status_code, app.public_keys) == (204, ["-----BEGIN PUBLIC KEY"])
    changed = {"rotate_refresh_tokens": True, "flows": ["refresh_token"]}
    assert admin(org, "PATCH", f"/apps/{defaults.CLIENT_ID}", changed).status_code == 204
    assert (app.rotate_refresh_tokens, app.flows) == (True, {"refresh_token"})
    for wrong in ({"nothing": 1}, {"rotate_refresh_tokens": "yes"}, {"client_id": "x"}):
        assert admin(org, "PATCH", f"/apps/{defaults.CLIENT_ID}", wrong).status_code == 400


def test_the_orgs_switches_are_turned_from_outside(org: RunningOrg) -> None:
    shown = admin(org, "PATCH", "/behaviour", {"bulk_page_rows": 7, "job_life": 60}).json()
    assert (shown["bulk_page_rows"], shown["job_life"]) == (7, 60.0)
    assert org.org.behaviour.job_life == timedelta(minutes=1)
    assert admin(org, "PATCH", "/behaviour", {"bulk_page_rows": "many"}).status_code == 400


def test_jobs_are_held_and_released_from_outside(org: RunningOrg, rest: Rest) -> None:
    admin(org, "POST", "/jobs/hold")
    job = rest.post("jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()["id"]
    assert rest.get(f"jobs/query/{job}").json()["state"] == "UploadComplete"
    admin(org, "POST", "/jobs/release")
    org.org.jobs.wait(job)
    assert admin(org, "POST", "/jobs/dance").status_code == 400


def test_the_request_log_can_be_read_and_emptied(org: RunningOrg, rest: Rest) -> None:
    rest.get("limits")
    (entry,) = [item for item in admin(org, "GET", "/requests").json() if "limits" in item["path"]]
    assert (entry["method"], entry["status"], entry["user"]) == ("GET", 200, defaults.ADMIN_USERNAME)
    admin(org, "DELETE", "/requests")
    assert [item["path"] for item in admin(org, "GET", "/requests").json()] == ["/local-org/requests"]
