from __future__ import annotations

import json
import re
from typing import Any

import fastjsonschema
import pytest

from salesforce_abm.errors import ConfigError
from salesforce_abm.settings import (
    CONNECTION_SETTINGS,
    Alias,
    Setting,
    nearest,
    normalise,
    to_jsonschema,
    to_markdown,
    to_meltano,
)

SETTINGS = (
    Setting("path", "string", "Where."),
    Setting("token", "string", "What opens it.", secret=True),
    Setting("limit", "integer", "How many.", default=10, minimum=1, maximum=100),
    Setting("ratio", "number", "How much."),
    Setting("deleted", "boolean", "Deleted ones too.", default=True),
    Setting(
        "objects",
        "array",
        "Which.",
        default=["Account"],
        aliases=(Alias("streams_to_discover"),),
        schema={"items": {"type": "string"}},
    ),
    Setting("mapping", "object", "Names."),
    Setting(
        "api_type",
        "string",
        "Which API | or both.",
        default="AUTO",
        allowed=("AUTO", "REST", "BULK2"),
        same_as={"BULK": "BULK2"},
    ),
    Setting(
        "site",
        "string",
        "Which.",
        default="live",
        aliases=(Alias("is_test", "boolean", lambda v: "test" if v else None, weak=True),),
    ),
)


def test_what_is_unset_gets_its_default_or_none() -> None:
    filled = normalise({}, SETTINGS)
    assert filled["limit"] == 10
    assert filled["path"] is None
    assert list(filled) == [setting.name for setting in SETTINGS]


def test_a_default_list_is_not_shared_between_configurations() -> None:
    normalise({}, SETTINGS)["objects"].append("Contact")
    assert normalise({}, SETTINGS)["objects"] == ["Account"]


@pytest.mark.parametrize("empty", [None, "", "  "], ids=["null", "empty", "blank"])
def test_null_and_empty_text_count_as_unset(empty: Any) -> None:
    assert normalise({"limit": empty}, SETTINGS)["limit"] == 10


FROM_TEXT = [
    ("limit", "25", 25),
    ("limit", 25.0, 25),
    ("ratio", "2.5", 2.5),
    ("deleted", "false", False),
    ("deleted", "YES", True),
    ("objects", '["A", "B"]', ["A", "B"]),
    ("objects", "A, B", ["A", "B"]),
    ("mapping", '{"a": 1}', {"a": 1}),
    ("path", 7, "7"),
    ("api_type", "rest", "REST"),
    ("api_type", "bulk", "BULK2"),
    ("streams_to_discover", ["X"], ["X"]),
]


@pytest.mark.parametrize(
    ("name", "value", "expected"), FROM_TEXT, ids=[f"{n}={v!r}" for n, v, _ in FROM_TEXT]
)
def test_values_are_taken_as_text_too_since_the_environment_has_nothing_else(
    name: str, value: Any, expected: Any
) -> None:
    target = "objects" if name == "streams_to_discover" else name
    assert normalise({name: value}, SETTINGS)[target] == expected


WRONG = [
    ("limit", "many", "`limit` must be a whole number, not 'many'"),
    ("limit", 1.5, "`limit` must be a whole number, not '1.5'"),
    ("limit", True, "`limit` must be a whole number, not 'True'"),
    ("limit", 0, "`limit` must be at least 1, not 0"),
    ("limit", 101, "`limit` must be at most 100, not 101"),
    ("deleted", "maybe", "`deleted` must be true or false, not 'maybe'"),
    ("objects", 5, "`objects` must be a list, not '5'"),
    ("mapping", "[1]", "`mapping` must be a mapping, not '[1]'"),
    ("path", ["a"], "`path` must be a text, not \"['a']\""),
    ("api_type", "SOAP", "`api_type` must be one of AUTO, REST, BULK2, not 'SOAP'"),
    ("token", {"a": "hidden"}, "`token` must be a text"),
    ("limt", 5, "`limt` is not a setting: the nearest known one is `limit`"),
    ("API-Tpye", 5, "`API-Tpye` is not a setting: the nearest known one is `api_type`"),
    ("xyz", 5, None),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG, ids=[f"{n}={v!r}" for n, v, _ in WRONG])
def test_a_wrong_setting_is_named_with_what_it_must_be(name: str, value: Any, message: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        normalise({name: value}, SETTINGS)
    if message is None:
        assert re.fullmatch("`xyz` is not a setting: the nearest known one is `[a-z_]+`", str(caught.value))
    else:
        assert str(caught.value) == message


def test_every_problem_is_told_at_once_one_line_each() -> None:
    with pytest.raises(ConfigError) as caught:
        normalise({"limit": "x", "detelted": True, "api_type": "SOAP"}, SETTINGS)
    assert len(caught.value.problems) == 3
    assert str(caught.value).count("\n") == 2


def test_a_missing_required_setting_is_a_problem() -> None:
    with pytest.raises(ConfigError, match="`path` is missing: Where"):
        normalise({}, (Setting("path", "string", "Where.", required=True),))


def test_settings_of_the_singer_sdk_pass_through() -> None:
    assert normalise({"stream_maps": {"a": 1}}, SETTINGS, also_known=["stream_maps"])["stream_maps"] == {
        "a": 1
    }


def test_an_older_name_that_contradicts_the_new_one_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="`streams_to_discover` is another name of `objects`, and they differ"
    ):
        normalise({"objects": ["A"], "streams_to_discover": ["B"]}, SETTINGS)
    assert normalise({"objects": ["A"], "streams_to_discover": ["A"]}, SETTINGS)["objects"] == ["A"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"is_test": True}, "test"),
        ({"is_test": "true"}, "test"),
        ({"is_test": False}, "live"),
        ({"is_test": True, "site": "live"}, "test"),
        ({"is_test": True, "site": "mine"}, "mine"),
        ({"is_test": False, "site": "mine"}, "mine"),
    ],
    ids=str,
)
def test_an_older_switch_yields_to_the_new_setting_but_not_to_its_default(config: Any, expected: str) -> None:
    assert normalise(config, SETTINGS)["site"] == expected


def test_the_nearest_name_ignores_case_and_hyphens() -> None:
    assert nearest("Client-ID", ["client_secret", "client_id"]) == "client_id"
    assert nearest("x", []) is None


@pytest.mark.parametrize("settings", [SETTINGS, CONNECTION_SETTINGS], ids=["sample", "connection"])
def test_the_json_schema_accepts_defaults_nulls_and_older_names(settings: tuple[Setting, ...]) -> None:
    schema = to_jsonschema(settings)
    validate = fastjsonschema.compile(schema)
    validate({})
    validate(dict.fromkeys(schema["properties"]))
    validate({s.name: s.default for s in settings})
    for setting in settings:
        shown = schema["properties"][setting.name]
        assert shown["title"]
        assert shown["description"] == setting.description
        assert shown.get("default") == setting.default
        assert bool(shown.get("secret")) is bool(shown.get("writeOnly")) is setting.secret
        for alias in setting.aliases:
            assert schema["properties"][alias.name]["deprecated"] is True
            assert bool(schema["properties"][alias.name].get("secret")) is setting.secret


def test_the_json_schema_refuses_what_is_out_of_range() -> None:
    validate = fastjsonschema.compile(to_jsonschema(SETTINGS))
    for wrong in ({"limit": 0}, {"api_type": "SOAP"}, {"objects": [1]}):
        with pytest.raises(fastjsonschema.JsonSchemaValueException):
            validate(wrong)
    validate({"api_type": "BULK"})


def test_the_markdown_table_has_a_row_of_four_cells_for_each_setting() -> None:
    lines = to_markdown(SETTINGS).splitlines()
    assert len(lines) == len(SETTINGS) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == 5
    assert "| `token` | string, secret |  | What opens it. |" in lines
    assert any("Also accepted as `streams_to_discover`." in line for line in lines)


def test_meltano_learns_kinds_and_secrets_but_no_defaults() -> None:
    entries = {entry["name"]: entry for entry in to_meltano(SETTINGS)}
    assert entries["token"]["sensitive"] is True
    assert entries["ratio"]["kind"] == "decimal"
    assert entries["api_type"]["options"][0] == {"label": "AUTO", "value": "AUTO"}
    assert not any("value" in entry for entry in entries.values())
    json.dumps(list(entries.values()))


def test_every_secret_of_a_connection_is_marked() -> None:
    secret = {setting.name for setting in CONNECTION_SETTINGS if setting.secret}
    assert secret == {
        "client_secret",
        "refresh_token",
        "private_key",
        "private_key_passphrase",
        "password",
        "security_token",
        "access_token",
    }
