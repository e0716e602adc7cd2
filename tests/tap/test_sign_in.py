"""Every way to sign in, through the tap; the flows themselves are tested with the library."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from core.keys import private_pem, public_pem
from tap.running import insert, run_tap

from local_org import defaults
from salesforce_abm.connection import Connection
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from local_org.testing import RunningOrg

APP = {"client_id": defaults.CLIENT_ID, "client_secret": defaults.CLIENT_SECRET}
PASSWORD = {"username": defaults.ADMIN_USERNAME, "password": defaults.PASSWORD}


@pytest.fixture
def base(org: RunningOrg, noon: datetime) -> dict[str, Any]:
    """An org with one Account, and settings that say nothing of how to sign in."""
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    return {"instance_url": org.url, "objects": ["Account"], "account_domains": False}


def _check(result: Any) -> None:
    assert result.code == 0, result.log
    assert len(result.records["Account"]) == 1


@pytest.mark.parametrize(
    "credentials",
    [APP, {**APP, "refresh_token": defaults.REFRESH_TOKEN}, {**APP, **PASSWORD, "security_token": "TOKEN"}],
    ids=["client_credentials", "refresh_token", "password"],
)
def test_sign_in(org: RunningOrg, base: dict[str, Any], credentials: dict[str, str]) -> None:
    _check(run_tap({**base, **credentials}))
    assert not [request for request in org.requests if "/soap" in request.path.lower()]


def test_sign_in_with_a_key(org: RunningOrg, base: dict[str, Any], tmp_path: Path) -> None:
    private = private_pem()
    org.org.apps.register_key(defaults.CLIENT_ID, public_pem())
    path = tmp_path / "key.pem"
    path.write_text(private)
    credentials = {"client_id": defaults.CLIENT_ID, "username": defaults.ADMIN_USERNAME}
    _check(run_tap({**base, **credentials, "private_key_path": str(path)}))
    _check(run_tap({**base, **credentials, "private_key": private.replace("\n", "\\n")}))


def test_sign_in_with_a_session_obtained_elsewhere(org: RunningOrg, base: dict[str, Any]) -> None:
    with Session(Connection.from_config({**base, **APP})) as session:
        token = session.current().access_token
    _check(run_tap({**base, "access_token": token}))


def test_a_session_obtained_elsewhere_that_ends_cannot_be_renewed(
    org: RunningOrg, base: dict[str, Any]
) -> None:
    with Session(Connection.from_config({**base, **APP})) as session:
        token = session.current().access_token
    org.faults.expire_all_sessions()
    result = run_tap({**base, "access_token": token})
    assert result.code == 1
    assert len(result.errors) == 1
    assert token not in result.log


def test_many_threads_renew_a_session_once(org: RunningOrg, noon: datetime, base: dict[str, Any]) -> None:
    names = ["Account", "Campaign", "Contact", "Lead", "Opportunity", "Task", "User"]
    settings = {**base, **APP, "objects": names, "api_type": "BULK2", "concurrency": 8}
    for name, row in (("Contact", {"LastName": "c"}), ("Lead", {"LastName": "l", "Company": "c"})):
        insert(org, name, [row], at=noon.replace(hour=1))
    org.faults.expire_session(everybody=True, path="/jobs/query", times=1, skip=1)
    result = run_tap(settings)
    assert result.code == 0, result.log
    assert result.summary["tags"]["api_requests"]["auth"] == 2
    assert threading.active_count() < 50


def test_a_rotated_refresh_token_is_kept_for_the_next_run(
    org: RunningOrg, base: dict[str, Any], tmp_path: Path
) -> None:
    store = tmp_path / "tokens.json"
    credentials = {**APP, "refresh_token": defaults.REFRESH_TOKEN, "token_store_path": str(store)}
    _check(run_tap({**base, **credentials}))
    _check(run_tap({**base, **credentials}))
