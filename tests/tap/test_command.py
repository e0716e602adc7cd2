"""The command line: exit codes, one-line errors, and what the SDK's options do here."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import COMMAND, arguments_of, discover, insert, run_arguments, run_process, run_tap

from local_org import defaults
from tap_salesforce_abm import __version__

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from local_org.testing import RunningOrg


def _assert_one_line(result: Any, *words: str) -> None:
    assert result.code == 1
    assert result.messages == []
    assert result.output == ""
    assert len(result.errors) == 1, result.errors
    for word in words:
        assert word in result.errors[0]
    assert "Traceback" not in result.log


def test_an_unknown_setting_is_named_with_the_nearest(config: dict[str, Any]) -> None:
    _assert_one_line(run_tap({**config, "lookback_windw": 5}), "`lookback_windw`", "`lookback_window`")


def test_missing_credentials_say_what_there_could_be(org: RunningOrg) -> None:
    _assert_one_line(run_tap({"instance_url": org.url}), "`client_id`", "`private_key`")


def test_half_given_credentials_say_what_is_missing(org: RunningOrg) -> None:
    _assert_one_line(
        run_tap({"instance_url": org.url, "client_id": "x", "username": "u", "private_key_passphrase": "p"}),
        "jwt",
        "`private_key`",
    )


def test_several_problems_are_a_line_each(org: RunningOrg) -> None:
    result = run_tap({"instance_url": org.url, "colour": "red", "concurrency": 0, "api_type": "SOAP"})
    assert result.code == 1
    assert len(result.errors) == 3


def test_an_unreachable_host_is_named(config: dict[str, Any]) -> None:
    result = run_tap({**config, "instance_url": "http://127.0.0.1:9", "request_timeout": 1})
    _assert_one_line(result, "127.0.0.1:9")


def test_a_wrong_secret_says_so(config: dict[str, Any]) -> None:
    result = run_tap({**config, "client_secret": "wrong-secret-value"})
    _assert_one_line(result, "secret")
    assert "wrong-secret-value" not in result.log


def test_a_wrong_password_says_so(org: RunningOrg, config: dict[str, Any]) -> None:
    settings = {**config, "username": defaults.ADMIN_USERNAME, "password": "not-the-password"}
    result = run_tap(settings)
    assert result.code == 1
    assert "password" in result.errors[0].lower()
    assert "not-the-password" not in result.log


def test_a_missing_config_file_is_one_line(tmp_path: Path) -> None:
    result = run_arguments(["--config", str(tmp_path / "none.json")])
    _assert_one_line(result, "none.json")


def test_a_config_file_that_is_no_json_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{not json")
    _assert_one_line(run_arguments(["--config", str(path)]))


def test_state_that_is_none_is_one_line(config: dict[str, Any]) -> None:
    state = {"bookmarks": {"Account": {"replication_key_value": "yesterday"}}}
    _assert_state(run_tap(config, state=state))
    _assert_state(run_tap(config, state={"bookmarks": {"Account": {"SystemModstamp": "yesterday"}}}))
    _assert_state(run_tap(config, state={"bookmarks": ["Account"]}))


def _assert_state(result: Any) -> None:
    assert result.code == 1
    assert "STATE" in result.errors[0]
    assert "Traceback" not in result.log


def test_test_reads_one_record_a_stream(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": f"{n}"} for n in range(50)], at=noon.replace(hour=1))
    result = run_tap({**config, "account_domains": True}, "--test")
    assert result.code == 0, result.log
    assert len(result.records["Account"]) == 1
    assert len(result.records["account_domain"]) <= 1
    [query] = [r.query for r in org.requests if "FROM+Account" in r.query and "IsDeleted" in r.query]
    assert "LIMIT+1" in query


def test_test_fails_when_a_stream_does(org: RunningOrg, config: dict[str, Any]) -> None:
    org.faults.hide_object("Account", path="/composite")
    result = run_tap(config, "--test")
    assert result.code == 1
    assert "Account" in result.errors[0]


def test_test_schema_reads_nothing(org: RunningOrg, config: dict[str, Any]) -> None:
    result = run_tap(config, "--test=schema")
    assert result.code == 0
    assert [message["type"] for message in result.messages] == ["SCHEMA"]
    assert not [request for request in org.requests if "/query" in request.path]


def test_about_needs_no_org() -> None:
    result = run_tap({}, "--about", "--format=json")
    assert result.code == 0
    about = json.loads(result.output)
    assert about["name"] == "tap-salesforce-abm"
    assert about["description"].startswith("Extracts Salesforce objects")
    settings = about["settings"]["properties"]
    assert settings["client_secret"]["secret"] is True
    assert {"objects", "stream_maps", "flattening_enabled", "batch_config"} <= set(settings)


def test_version() -> None:
    result = run_tap({}, "--version")
    assert result.code == 0
    assert __version__ in result.output


def test_settings_come_from_the_environment(
    org: RunningOrg,
    noon: datetime,
    connection_settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    settings = {
        **connection_settings,
        "objects": '["Account"]',
        "account_domains": "false",
        "concurrency": "2",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"TAP_SALESFORCE_ABM_{name.upper()}", str(value))
    result = run_arguments(["--config=ENV"])
    assert result.code == 0, result.log
    assert len(result.records["Account"]) == 1
    assert set(result.schemas) == {"Account"}


def test_nothing_but_singer_messages_on_standard_output(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    result = run_process(config)
    assert result.code == 0, result.log
    lines = result.output.splitlines()
    assert [json.loads(line)["type"] for line in lines][:2] == ["SCHEMA", "RECORD"]
    assert set(json.loads(lines[1])) == {"type", "stream", "record", "time_extracted"}


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"refresh_token": defaults.REFRESH_TOKEN},
        {
            "username": defaults.ADMIN_USERNAME,
            "password": defaults.PASSWORD,
            "security_token": defaults.SECURITY_TOKEN,
        },
    ],
    ids=["client_credentials", "refresh_token", "password"],
)
def test_no_secret_in_any_output(
    org: RunningOrg, noon: datetime, config: dict[str, Any], credentials: dict[str, str], level: str
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    org.faults.expire_session(path="/queryAll", times=1)
    org.faults.hide_object("Contact", path="/composite")
    settings = {**config, **credentials, "objects": ["Account", "Contact"]}
    result = run_tap(settings, "--log-level", level)
    assert result.code == 1, "one stream fails, with a traceback at debug"
    session_ids = f"{defaults.ORG_ID[:15]}!"
    secrets = {"client_secret", "refresh_token", "password", "security_token"}
    for secret in (session_ids, *(settings[name] for name in secrets if name in settings)):
        # The password is also part of the app's public id.
        text = (result.log + result.output).replace(defaults.CLIENT_ID, "")
        assert secret not in text


def test_debug_shows_where_an_error_came_from(config: dict[str, Any]) -> None:
    result = run_tap({**config, "client_secret": "wrong"}, "--log-level", "debug")
    assert result.code == 1
    assert "Traceback" in result.log


def test_a_target_that_goes_away_is_one_line(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": f"{n}"} for n in range(3000)], at=noon.replace(hour=1))
    script = (
        "import subprocess,sys\n"
        "tap=subprocess.Popen(sys.argv[1:],stdout=subprocess.PIPE,stderr=subprocess.PIPE,text=True)\n"
        "tap.stdout.readline();tap.stdout.close()\n"
        "log=tap.stderr.read();print(tap.wait());print(log)\n"
    )
    with arguments_of(config) as arguments:
        done = subprocess.run(
            [sys.executable, "-c", script, COMMAND, *arguments], capture_output=True, text=True, check=True
        )
    assert done.stdout.splitlines()[0] == "1"
    assert "the target closed its input" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_catalog_may_be_given_as_properties(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    with arguments_of(config, catalog=discover(config)) as arguments:
        result = run_arguments(["--properties" if word == "--catalog" else word for word in arguments])
    assert result.code == 0, result.log
    assert len(result.records["Account"]) == 1


def test_long_streams_say_how_far_they_have_come(
    org: RunningOrg, noon: datetime, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_salesforce_abm.streams.base._PROGRESS_EVERY", 0)
    insert(org, "Account", [{"Name": f"{n}"} for n in range(1200)], at=noon.replace(hour=1))
    log = run_tap({**config, "api_type": "BULK2"}).log
    assert "Account: 1,200 of about 1,200 rows so far" in log


def test_the_summary_counts_rows_requests_and_seconds(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": f"{n}"} for n in range(7)], at=noon.replace(hour=1))
    summary = run_tap(config).summary
    assert summary["value"] == 7
    assert summary["tags"]["rows"] == {"Account": 7}
    assert summary["tags"]["api_requests"] == {"auth": 1, "describe": 1, "limits": 1, "query": 1}
    assert summary["tags"]["seconds"] > 0
    stream = summary["tags"]["streams"]["Account"]
    assert (stream["rows"], stream["api_requests"]) == (7, 2)
    assert stream["seconds"] >= 0
    assert stream["bytes_received"] > 0


def test_the_quota_stops_the_run_with_exit_code_2_and_good_state(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    settings = {
        **config,
        "objects": ["Account", "Campaign", "Case", "Contact", "Lead", "Task"],
        "concurrency": 1,
    }
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    insert(org, "Task", [{"Subject": "t"}], at=noon.replace(hour=1))
    org.faults.quota(20_003)
    result = run_tap(settings)
    assert result.code == 2, result.log
    assert "quota_percent_total" in result.errors[0]
    assert len(result.records["Account"]) == 1
    assert result.records["Task"] == []
    org.faults.quota(100_000)
    rest = run_tap(settings, state=result.state)
    assert rest.code == 0, rest.log
    assert len(rest.records["Task"]) == 1
    assert rest.records["Account"] == []
