from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner, Result
from core.commands import flat

import salesforce_abm
from salesforce_abm import redact
from salesforce_abm.cli import main
from salesforce_abm.cli.config import load_config
from salesforce_abm.cli.program import Program
from salesforce_abm.errors import ConfigError, QuotaError, SalesforceAbmError
from salesforce_abm.settings import CONNECTION_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The command sets up the root logger and the redaction of the process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    redact.uninstall()


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env).invoke(main, list(arguments))


def written(tmp_path: Path, config: Any) -> str:
    path = tmp_path / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    return str(path)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").output == f"salesforce-abm, version {salesforce_abm.__version__}\n"


def test_check_shows_who_where_and_how_much_is_left(
    org: RunningOrg, connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    result = run("check", "--config", written(tmp_path, connection_settings | {"objects": ["Account"]}))
    assert result.exit_code == 0, result.output
    lines = [line.split(maxsplit=1) for line in result.stdout.splitlines()[2:]]
    assert [mark for mark, _ in lines] == ["ok"] * 5
    assert f"{org.url} (client_credentials flow), Local Org, Developer Edition" in lines[0][1]
    assert "admin@example.com (Ada Admin)" in lines[1][1]
    assert "Salesforce, profile System Administrator" in lines[2][1]
    assert "66.0 (the org serves up to " in lines[3][1]
    assert " of 100,000 in 24 hours (0 %)" in lines[4][1]


def test_check_takes_its_settings_from_the_plugins_environment(
    org: RunningOrg, connection_settings: dict[str, Any]
) -> None:
    env = {f"TAP_SALESFORCE_ABM_{name.upper()}": value for name, value in connection_settings.items()}
    assert run("check", "tap", env=env).exit_code == 0
    assert run("check", "tap", "--config", "ENV", env=env).exit_code == 0
    assert run("check", "target", env=env).exit_code == 1


def test_check_says_that_the_org_does_not_serve_the_version(
    connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    result = run("check", "--config", written(tmp_path, connection_settings | {"api_version": "99.0"}))
    assert result.exit_code == 1
    assert "FAILED API version 99.0 is not served" in flat(result.stdout)
    assert "-> Set `api_version` to 67.0 or lower." in result.stdout
    assert result.stderr == "Error: 1 check failed\n"


def test_check_does_without_the_name_when_the_app_may_not_ask_for_it(
    org: RunningOrg, connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    org.faults.status(403, "FORBIDDEN", "no", path="/services/oauth2/userinfo")
    org.faults.status(403, "FORBIDDEN", "no", path="/query", times=2)
    result = run("check", "--config", written(tmp_path, connection_settings))
    assert result.exit_code == 0, result.output
    assert "user 005" in result.stdout


def test_check_shows_a_quota_that_would_stop_a_run(
    org: RunningOrg, connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    org.org.limits.maxima["DailyApiRequests"] = 15
    result = run("check", "--config", written(tmp_path, connection_settings | {"quota_percent_total": 10}))
    assert result.exit_code == 1
    assert "FAILED API requests" in flat(result.stdout)


def test_a_refused_sign_in_is_one_line_without_a_traceback(
    connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    config = written(tmp_path, connection_settings | {"client_secret": "planted-secret"})
    result = run("check", "--config", config)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: Salesforce refused the client_credentials sign-in at ")
    result = run("--log-level", "debug", "check", "--config", config)
    assert "Traceback" in result.stderr
    assert "POST /services/oauth2/token 400" in result.stderr
    assert "planted-secret" not in result.output


def test_configuration_problems_are_one_line_each(tmp_path: Path) -> None:
    result = run("check", "--config", written(tmp_path, {"refresh_token": "r", "domain": "a b"}))
    assert result.exit_code == 1
    assert [line[:7] for line in result.stderr.splitlines()] == ["Error: "] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{planted-secret", "is not a JSON document"),
        ("[]", "is not a JSON object of settings"),
        (None, "cannot read"),
    ],
    ids=["broken", "list", "missing"],
)
def test_a_bad_configuration_file_is_named_and_not_quoted(
    text: str | None, message: str, tmp_path: Path
) -> None:
    path = written(tmp_path, text) if text else str(tmp_path / "nowhere.json")
    result = run("check", "--config", path)
    assert result.exit_code == 1
    assert path in result.stderr
    assert message in result.stderr
    assert "planted" not in result.output


def failing(error: BaseException) -> click.Group:
    @click.group(cls=Program)
    def group() -> None:
        pass

    @group.command()
    def work() -> None:
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (SalesforceAbmError("it failed", remedy="Do this."), 1, "Error: it failed. Do this.\n"),
        (ConfigError.of(["one", "two"]), 1, "Error: one\nError: two\n"),
        (QuotaError("used up"), 2, "Error: used up\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted\n"),
        (KeyError("x"), 1, "Error: unexpected KeyError: 'x' (--log-level debug shows where)\n"),
    ],
    ids=["failed", "configuration", "quota", "interrupted", "unexpected"],
)
def test_every_failure_has_its_exit_code_and_one_line(error: BaseException, code: int, line: str) -> None:
    result = CliRunner().invoke(failing(error), ["work"])
    assert (result.exit_code, result.stderr, result.stdout) == (code, line, "")


def test_wrong_usage_is_clicks_own_affair() -> None:
    result = run("chek")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_the_file_wins_over_the_plugins_variables_and_those_over_the_commands(tmp_path: Path) -> None:
    env = {
        "SALESFORCE_ABM_CLIENT_ID": "command",
        "SALESFORCE_ABM_CLIENT_SECRET": "command",
        "SALESFORCE_ABM_DOMAIN": "command",
        "TAP_SALESFORCE_ABM_CLIENT_ID": "tap",
        "TAP_SALESFORCE_ABM_CLIENT_SECRET": "tap",
        "TARGET_SALESFORCE_ABM_CLIENT_ID": "target",
        "TAP_SALESFORCE_ABM_USERNAME": "",
    }
    path = written(tmp_path, {"client_id": "file"})
    assert load_config(path, "tap", environ=env) == {
        "client_id": "file",
        "client_secret": "tap",
        "domain": "command",
    }
    assert load_config(None, "target", environ=env)["client_id"] == "target"
    assert load_config("ENV", None, environ=env)["client_id"] == "command"


def test_loading_a_configuration_makes_its_secrets_known(tmp_path: Path) -> None:
    secrets = {setting.name: f"planted-{setting.name}" for setting in CONNECTION_SETTINGS if setting.secret}
    load_config(written(tmp_path, secrets | {"session_id": "planted-older-name"}), environ={})
    for secret in [*secrets.values(), "planted-older-name"]:
        assert redact.clean(f"x {secret} y") == "x [secret] y"
