"""The message files of the SDK's own target suite.

The suite itself asserts hardly more than that nothing is raised: a target that throws every record away passes it. So its
files are fed to ours, and the org is looked at.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, TEXT

if TYPE_CHECKING:
    from target.lab import Lab, Run

BY_KEY = [{"source": "id", "field": "Key__c"}]


@pytest.fixture
def things(lab: Lab) -> Lab:
    lab.object("Thing__c")
    lab.field("Thing__c.Key__c", externalId=True, unique=True, **TEXT)
    lab.field("Thing__c.Text__c", **LONG)
    lab.field("Thing__c.More__c", **LONG)
    return lab


def feed(
    lab: Lab, name: str, fields: dict[str, Any], *, source: str = "id", only: str = "*", **settings: Any
) -> Run:
    text = files("singer_sdk.testing").joinpath("target_test_streams", f"{name}.singer").read_text("utf-8")
    loads = [
        {
            "stream": only,
            "object": "Thing__c",
            "operation": "upsert",
            "match": [{"source": source, "field": "Key__c"}],
            "fields": fields,
        }
    ]
    return lab.run(text, loads=loads, **settings)


def texts(lab: Lab, field: str = "Text__c") -> dict[str, Any]:
    return {row["Key__c"]: row[field] for row in lab.rows(f"SELECT Key__c, {field} FROM Thing__c")}


def test_array_data(things: Lab) -> None:
    run = feed(things, "array_data", {"fruits": "Text__c"})
    assert run.code == 0, run.log
    assert texts(things)["1"] == "apple; orange; pear"
    assert len(texts(things)) == 4
    assert run.states == [{"test_array_data": 4}]


def test_duplicate_records(things: Lab) -> None:
    run = feed(things, "duplicate_records", {"metric": "Text__c"})
    assert texts(things) == {"1": "100", "2": "20"}
    assert run.numbers("test_duplicate_records") == {"received": 5, "written": 5}


def test_encoded_string_data(things: Lab) -> None:
    run = feed(
        things, "encoded_string_data", {"info": "Text__c"}, only="test_strings", on_unknown_stream="skip"
    )
    assert run.code == 0, run.log
    found = texts(things)
    assert found["2"] == "απλή συμβολοσειρά"
    assert found["6"] == 'various " \\ / \n escape sequences'


def test_multiple_state_messages(things: Lab) -> None:
    run = feed(things, "multiple_state_messages", {"metric": "Text__c"})
    assert run.states[-1] == {"test_multiple_state_messages_a": 5, "test_multiple_state_messages_b": 6}


@pytest.mark.parametrize("name", ["no_primary_keys", "no_primary_keys_append"])
def test_no_primary_keys(things: Lab, name: str) -> None:
    assert feed(things, name, {"metric": "Text__c"}).code == 0
    assert texts(things)["2"] in ("22", "202")


@pytest.mark.parametrize("name", ["optional_attributes", "record_missing_fields"])
def test_optional_attributes(things: Lab, name: str) -> None:
    assert feed(things, name, {"optional": "Text__c"}).code == 0
    assert texts(things)["2"] is None
    assert texts(things)["1"] is not None


def test_schema_updates(things: Lab) -> None:
    run = feed(things, "schema_updates", {"a2": "Text__c", "a5": "More__c"})
    assert run.code == 0, run.log
    assert texts(things)["6"] == "string6"
    assert texts(things, "More__c")["6"] == "banana; orange"


def test_special_chars_in_attributes(things: Lab) -> None:
    assert feed(things, "special_chars_in_attributes", {"d": "Text__c"}, source="_id").code == 0
    assert texts(things)["a2e98886"] == '{"env":"prod","agent:type":"desktop","agent:os:version":"10.13.1"}'


def test_pk_updates(things: Lab) -> None:
    assert feed(things, "pk_updates", {"name": "Text__c"}).code == 0
    assert texts(things) == {"1": "Alice", "2": "Bob"}


def test_record_missing_key_property_goes_to_the_rejects(things: Lab) -> None:
    run = feed(things, "record_missing_key_property", {"metric": "Text__c"})
    assert run.code == 1
    assert run.rejects[0]["code"] == "KEY_MISSING"


def test_record_missing_required_property_goes_to_the_rejects(things: Lab) -> None:
    run = feed(things, "record_missing_required_property", {"metric": "Text__c"})
    assert run.rejects[0]["code"] == "SCHEMA_INVALID"
    assert "id" in run.rejects[0]["message"]


@pytest.mark.parametrize("name", ["record_before_schema", "invalid_schema"])
def test_broken_streams_end_the_run(things: Lab, name: str) -> None:
    run = feed(things, name, {"metric": "Text__c"})
    assert run.code == 1
    assert texts(things) == {}
