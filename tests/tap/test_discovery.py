"""Which streams there are, and what finding out costs."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from tap.running import discover, insert, run_tap
from tap.support import sobject

from salesforce_abm.errors import ApiError
from tap_salesforce_abm.discovery import describe, find_objects
from tap_salesforce_abm.settings import DEFAULT_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from local_org.testing import RunningOrg
    from salesforce_abm.describe import Describer, SObject


def _streams(config: dict[str, Any]) -> list[str]:
    return [entry["tap_stream_id"] for entry in discover(config)["streams"]]


def test_the_default_list_costs_one_request(org: RunningOrg, connection_settings: dict[str, Any]) -> None:
    assert _streams(connection_settings) == sorted([*DEFAULT_OBJECTS, "account_domain"])
    assert [request.path for request in org.requests if request.counted] == ["/services/data/v66.0/composite"]


def test_everything_costs_one_request_for_25_objects_and_one_for_the_list(
    org: RunningOrg, config: dict[str, Any]
) -> None:
    streams = _streams({**config, "objects": ["*"]})
    assert len(streams) > 50
    assert "Account" in streams
    assert not {"Name", "UserRecordAccess", "PicklistValueInfo"} & set(streams)
    described = [request for request in org.requests if request.counted]
    assert len(described) <= len(streams) // 25 + 2


def test_globs_and_names_in_any_letter_case(org: RunningOrg, config: dict[str, Any]) -> None:
    assert _streams({**config, "objects": ["account", "opportunity*history", "CAMPAIGN"]}) == [
        "Account",
        "Campaign",
        "OpportunityFieldHistory",
        "OpportunityHistory",
    ]


def test_an_unknown_object_is_one_line_with_the_nearest_name(org: RunningOrg, config: dict[str, Any]) -> None:
    result = run_tap({**config, "objects": ["Acount", "Contact", "Zzz__c"]}, "--discover")
    assert result.code == 1
    assert result.output == ""
    assert len(result.errors) == 2
    assert "Acount does not exist" in result.errors[0]
    assert "did you mean Account?" in result.errors[0]
    assert "Zzz__c" in result.errors[1]


def test_a_glob_that_matches_nothing_is_an_error(org: RunningOrg, config: dict[str, Any]) -> None:
    result = run_tap({**config, "objects": ["Foo*"]}, "--discover")
    assert result.code == 1
    assert "Foo* matches no object" in result.errors[0]


def test_an_object_that_cannot_be_queried_says_so(org: RunningOrg, config: dict[str, Any]) -> None:
    result = run_tap({**config, "objects": ["Name"]}, "--discover")
    assert result.code == 1
    assert "Name" in result.errors[0]


def test_a_restricted_user_sees_what_he_may(org: RunningOrg, connection_settings: dict[str, Any]) -> None:
    org.faults.hide_field("Account", "Website", path="/oauth2/token")
    result = run_tap(connection_settings, "--discover")
    [account] = [e for e in json.loads(result.output)["streams"] if e["tap_stream_id"] == "Account"]
    assert "Website" not in account["schema"]["properties"]
    assert "account_domain" not in [e["tap_stream_id"] for e in json.loads(result.output)["streams"]]
    assert "Account.Website" in result.log


def test_with_a_catalog_only_the_selected_objects_are_described(
    org: RunningOrg, noon: datetime, connection_settings: dict[str, Any]
) -> None:
    catalog = discover(connection_settings, "Account")
    insert(org, "Account", [{"Name": "a"}], at=noon.replace(hour=1))
    before = len(list(org.requests))
    result = run_tap(connection_settings, catalog=catalog)
    assert result.code == 0, result.log
    assert set(result.schemas) == {"Account"}
    requests = [request for request in list(org.requests)[before:] if request.counted]
    assert [request.path.rpartition("/")[2] for request in requests] == [
        "composite",
        "recordCount",
        "queryAll",
    ]


def test_a_discovered_catalog_is_incremental_with_key_and_replication_key(
    org: RunningOrg, config: dict[str, Any]
) -> None:
    [entry] = discover(config)["streams"]
    assert entry["key_properties"] == ["Id"]
    assert entry["replication_key"] == "SystemModstamp"
    assert entry["replication_method"] == "INCREMENTAL"
    root = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
    assert root["table-key-properties"] == ["Id"]
    assert root["valid-replication-keys"][0] == "SystemModstamp"
    inclusion = {
        item["breadcrumb"][1]: item["metadata"]["inclusion"]
        for item in entry["metadata"]
        if len(item["breadcrumb"]) == 2
    }
    assert {name for name, value in inclusion.items() if value == "automatic"} == {"Id", "SystemModstamp"}


@pytest.mark.parametrize(
    ("sobject", "key"),
    [("AccountHistory", "CreatedDate"), ("LoginHistory", "LoginTime"), ("User", "SystemModstamp")],
)
def test_objects_without_a_modstamp_go_by_what_they_have(
    org: RunningOrg, config: dict[str, Any], sobject: str, key: str
) -> None:
    [entry] = discover({**config, "objects": [sobject]})["streams"]
    assert entry["replication_key"] == key


class _Stumbling:
    """Describes every object but one."""

    def sobjects(self, names: Iterable[str]) -> dict[str, SObject]:
        listed = list(names)
        if "Case" in listed:
            raise ApiError(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")
        return {name: sobject(name=name) for name in listed}


def test_an_object_that_salesforce_stumbles_over_does_not_take_the_others_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    describer = cast("Describer", _Stumbling())
    names = [*(f"X{number}__c" for number in range(30)), "Case"]
    found, failed = describe(describer, names, logging.getLogger("test"))
    assert set(found) == set(names) - {"Case"}
    assert set(failed) == {"Case"}
    assert "Case could not be described" in caplog.text


def test_discovery_goes_on_without_it(caplog: pytest.LogCaptureFixture) -> None:
    describer = cast("Describer", _Stumbling())
    found = find_objects(describer, ["Account", "Case", "Contact"], logging.getLogger("test"))
    assert [one.name for one in found] == ["Account", "Contact"]
