from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from core.keys import private_pem

from salesforce_abm.connection import FLOWS, Connection
from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

APP = {"client_id": "key", "client_secret": "app-secret"}
KEY = {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}
HERE = {"instance_url": "http://127.0.0.1:8765"}


def flow_of(config: dict[str, Any]) -> str:
    return Connection.from_config(config).flow


CHOICES: list[tuple[dict[str, Any], str]] = [
    ({**APP, "refresh_token": "r"}, "refresh_token"),
    ({"client_id": "key", "refresh_token": "r"}, "refresh_token"),
    ({"client_id": "key", "token_store_path": "x.json"}, "refresh_token"),
    ({"client_id": "key", "username": "u", **KEY}, "jwt"),
    ({**APP, "username": "u", **KEY}, "jwt"),
    ({**APP, "username": "u", "password": "p"}, "password"),
    ({**APP, "username": "u", "password": "p", "security_token": "s"}, "password"),
    ({**APP, "domain": "acme.my"}, "client_credentials"),
    ({**APP, **HERE}, "client_credentials"),
    ({**APP, **HERE, "token_store_path": "x.json"}, "client_credentials"),
    ({"access_token": "t", **HERE}, "access_token"),
    ({"session_id": "t", **HERE}, "access_token"),
    ({"access_token": "t", **APP, **HERE}, "access_token"),
    # Several complete sets: the order of the table decides.
    ({**APP, "refresh_token": "r", "username": "u", "password": "p", **KEY}, "refresh_token"),
    ({**APP, "username": "u", "password": "p", **KEY}, "jwt"),
    ({**APP, "username": "u", "password": "p", "access_token": "t", **HERE}, "password"),
    # Told outright.
    ({**APP, **HERE, "username": "u", "auth_flow": "client_credentials"}, "client_credentials"),
    ({**APP, **HERE, "refresh_token": "r", "access_token": "t", "auth_flow": "access_token"}, "access_token"),
    # Empty text is not set: an unset environment variable arrives so.
    ({**APP, **HERE, "refresh_token": "", "username": " ", "password": None}, "client_credentials"),
    ({"consumer_key": "key", "consumer_secret": "s", **HERE}, "client_credentials"),
]


@pytest.mark.parametrize(("config", "flow"), CHOICES, ids=[" ".join(sorted(c)) for c, _ in CHOICES])
def test_the_flow_follows_from_what_is_set(config: dict[str, Any], flow: str) -> None:
    assert flow_of(config) == flow


def test_flows_are_looked_for_in_the_order_of_the_settings_table() -> None:
    assert [flow.name for flow in FLOWS] == [
        "refresh_token",
        "jwt",
        "password",
        "client_credentials",
        "access_token",
    ]


MISSING: list[tuple[dict[str, Any], str]] = [
    ({}, "no way to sign in is set"),
    ({"client_id": "key"}, "`client_id` is set, but nothing to sign in with"),
    (
        {"client_secret": "s"},
        "`client_secret` is set, so the client_credentials flow is meant, but `client_id` is missing",
    ),
    (
        {"refresh_token": "r"},
        "`refresh_token` is set, so the refresh_token flow is meant, but `client_id` is missing",
    ),
    ({"username": "u", **KEY}, "`private_key` is set, so the jwt flow is meant, but `client_id` is missing"),
    ({"client_id": "key", **KEY}, "but `username` is missing"),
    (
        {"client_id": "key", "username": "u", "private_key_passphrase": "p"},
        "but `private_key` or `private_key_path` is missing",
    ),
    ({"username": "u", "password": "p"}, "but `client_id` and `client_secret` are missing"),
    ({**APP, "username": "u", "security_token": "s"}, "but `password` is missing"),
    ({**APP, "password": "p"}, "but `username` is missing"),
    ({**APP, **HERE, "username": "u"}, "or `auth_flow: client_credentials`"),
    ({"access_token": "t"}, "but `instance_url` is missing"),
    ({"access_token": "t", "instance_url": "https://login.salesforce.com"}, "must be the org's own address"),
    (
        {"auth_flow": "jwt", **APP},
        "`auth_flow: jwt` also needs `username` and `private_key` or `private_key_path`",
    ),
    ({**APP}, "works only at the org's own address: set `domain` to its My Domain"),
    ({**APP, "is_sandbox": True}, "works only at the org's own address"),
    ({**APP, "instance_url": "https://test.salesforce.com"}, "works only at the org's own address"),
    ({**APP, "instance_url": "http://acme.my.salesforce.com"}, "would send credentials unencrypted"),
    ({**APP, "domain": "a b"}, "`domain`: 'a b' is not an address"),
    ({**APP, **HERE, "api_version": "30.0"}, "`api_version` must be 47.0 or later"),
    ({**APP, **HERE, "api_version": "latest"}, "`api_version` must be 47.0 or later"),
    ({**APP, **HERE, "auth_flow": "soap"}, "`auth_flow` must be one of"),
    (
        {"client_id": "key", "username": "u", "private_key": "not a key"},
        "`private_key` must hold a private key",
    ),
    (
        {"client_id": "key", "username": "u", "private_key_path": "/nowhere/key.pem"},
        "`private_key_path`: cannot read",
    ),
]


@pytest.mark.parametrize(
    ("config", "message"), MISSING, ids=[" ".join(sorted(c)) + ": " + m[:30] for c, m in MISSING]
)
def test_a_set_that_fits_no_flow_is_told_what_it_lacks(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Connection.from_config(config)
    assert message in str(caught.value)


def test_a_token_store_that_is_there_means_the_refresh_token_flow(tmp_path: Path) -> None:
    store = tmp_path / "token.json"
    config = {**APP, **HERE, "token_store_path": str(store)}
    assert flow_of(config) == "client_credentials"
    store.write_text("{}")
    assert flow_of(config) == "refresh_token"


def test_several_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Connection.from_config({"refresh_token": "r", "domain": "a b", "api_version": "1"})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("config", "login", "instance"),
    [
        ({}, "https://login.salesforce.com", None),
        ({"is_sandbox": True}, "https://test.salesforce.com", None),
        ({"is_sandbox": "true", "domain": "login"}, "https://test.salesforce.com", None),
        (
            {"is_sandbox": True, "domain": "acme--uat.sandbox.my"},
            "https://acme--uat.sandbox.my.salesforce.com",
            None,
        ),
        ({"domain": "ACME.my"}, "https://acme.my.salesforce.com", None),
        (
            {"instance_url": "https://acme.my.salesforce.com/lightning/page/home", "domain": "test"},
            "https://acme.my.salesforce.com",
            "https://acme.my.salesforce.com",
        ),
        ({"instance_url": "https://test.salesforce.com/"}, "https://test.salesforce.com", None),
        (HERE, "http://127.0.0.1:8765", "http://127.0.0.1:8765"),
    ],
    ids=str,
)
def test_the_addresses_follow_from_domain_and_instance_url(
    config: dict[str, Any], login: str, instance: str | None
) -> None:
    connection = Connection.from_config({"client_id": "key", "refresh_token": "r", **config})
    assert (connection.login_url, connection.instance_url) == (login, instance)


@pytest.mark.parametrize("text", ["66", "66.0", "v66.0", " V66.0 "])
def test_the_api_version_is_taken_in_any_usual_form(text: str) -> None:
    assert Connection.from_config({**APP, **HERE, "api_version": text}).api_version == "66.0"


def test_settings_that_are_not_about_the_connection_are_left_to_the_plugin() -> None:
    connection = Connection.from_config({**APP, **HERE, "objects": ["Account"], "concurrency": 9})
    assert connection.concurrency == 9


def test_defaults_are_those_of_the_settings() -> None:
    connection = Connection.from_config({**APP, **HERE})
    assert connection == Connection(
        "client_credentials",
        HERE["instance_url"],
        HERE["instance_url"],
        APP["client_id"],
        APP["client_secret"],
    )


def jwt_config(**key: str) -> dict[str, Any]:
    return {"client_id": "key", "username": "u", **key}


def test_a_key_may_come_with_escaped_line_feeds_in_base64_or_in_a_file(tmp_path: Path) -> None:
    pem = private_pem()
    path = tmp_path / "key.pem"
    path.write_text(pem)
    ways = {
        "plain": jwt_config(private_key=pem),
        "escaped": jwt_config(private_key=pem.replace("\n", "\\n")),
        "windows": jwt_config(private_key=pem.replace("\n", "\\r\\n")),
        "base64": jwt_config(private_key=base64.b64encode(pem.encode()).decode()),
        "file": jwt_config(private_key_path=str(path)),
    }
    assert {
        name: Connection.from_config(config).private_key for name, config in ways.items()
    } == dict.fromkeys(ways, pem)


def test_a_public_key_is_not_taken_for_a_private_one() -> None:
    with pytest.raises(ConfigError, match="must hold a private key"):
        Connection.from_config(
            jwt_config(private_key="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")
        )


def test_a_key_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.der"
    path.write_bytes(b"\x30\x82\xff\xfe")
    with pytest.raises(ConfigError, match="it is not a text file"):
        Connection.from_config(jwt_config(private_key_path=str(path)))


def test_the_password_flow_warns_that_it_is_being_withdrawn() -> None:
    connection = Connection.from_config({**APP, **HERE, "username": "u", "password": "p"})
    assert "withdrawing" in connection.warnings[0]
    assert Connection.from_config({**APP, **HERE}).warnings == ()


def test_no_secret_is_in_the_repr_and_all_are_known() -> None:
    planted = {
        "client_secret": "planted-1",
        "refresh_token": "planted-2",
        "private_key": KEY["private_key"],
        "private_key_passphrase": "planted-3",
        "password": "planted-4",
        "security_token": "planted-5",
        "access_token": "planted-6",
    }
    connection = Connection.from_config(
        {"client_id": "key", "username": "u", **HERE, **planted, "auth_flow": "jwt"}
    )
    assert "planted" not in repr(connection)
    assert "AAAA" not in repr(connection)
    assert {value for name, value in planted.items() if name != "private_key"} < set(connection.secrets)
    assert "planted-4planted-5" in connection.secrets
