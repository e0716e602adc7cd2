from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from salesforce_abm.errors import ConfigError
from salesforce_abm.settings import normalise, to_markdown
from tap_salesforce_abm.settings import (
    DEFAULT_OBJECTS,
    SETTINGS,
    TAP_SETTINGS,
    ReportSetting,
    Shard,
    TapSettings,
)


def _settings(**config: Any) -> Any:
    return TapSettings.from_config(normalise(config, SETTINGS))


def test_defaults_are_those_of_the_contract() -> None:
    settings = _settings()
    assert settings.start_date is None
    assert settings.objects == DEFAULT_OBJECTS
    assert settings.api_type == "AUTO"
    assert settings.include_deleted
    assert settings.account_domains
    assert settings.lookback == timedelta(seconds=600)
    assert settings.formula_refresh == timedelta(hours=24)
    assert settings.concurrency == 4
    assert settings.shard is None
    assert settings.reports == ()


@pytest.mark.parametrize(
    ("given", "meant"), [("BULK", "BULK2"), ("bulk2", "BULK2"), ("rest", "REST"), ("AUTO", "AUTO")]
)
def test_api_type_takes_the_older_taps_values(given: Any, meant: Any) -> None:
    assert _settings(api_type=given).api_type == meant


def test_streams_to_discover_is_another_name_of_objects() -> None:
    assert _settings(streams_to_discover=["Account"]).objects == ("Account",)
    assert _settings(objects="Account, Contact").objects == ("Account", "Contact")


@pytest.mark.parametrize(
    "text",
    ["2024-01-31", "2024-01-31T00:00:00Z", "2024-01-31T01:00:00+01:00", "2024-01-31T00:00:00.000+0000"],
)
def test_start_date_in_any_spelling(text: Any) -> None:
    assert _settings(start_date=text).start_date == datetime(2024, 1, 31, tzinfo=UTC)


def test_zero_turns_the_formula_refresh_off() -> None:
    assert _settings(formula_refresh_hours=0).formula_refresh is None


@pytest.mark.parametrize(
    ("text", "expected"), [("1/4", Shard(0, 4)), (" 4 / 4 ", Shard(3, 4)), ("1/1", None)]
)
def test_a_shard_counts_from_one(text: Any, expected: Any) -> None:
    assert _settings(shard=text).shard == expected


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0"])
def test_a_shard_that_is_none_is_refused(text: Any) -> None:
    with pytest.raises(ConfigError, match="`shard` must be i/n"):
        _settings(shard=text)


def test_reports_are_named_or_described() -> None:
    settings = _settings(
        reports=[
            "Open Deals",
            {"id": "00O000000000001AAA", "stream": "deals", "key": "OPP_ID"},
            {"name": "X", "key": ["A", "B"]},
        ]
    )
    assert settings.reports == (
        ReportSetting("Open Deals"),
        ReportSetting("00O000000000001AAA", "deals", ("OPP_ID",)),
        ReportSetting("X", None, ("A", "B")),
    )


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        _settings(
            start_date="soon", shard="9/2", reports=[{"stream": "x"}, {"name": "y", "colour": "red"}, 5]
        )
    assert [problem.split(":")[0].split(" must")[0] for problem in caught.value.problems] == [
        "`start_date`",
        "`reports`, entry 1",
        "`reports`, entry 2",
        "`reports`, entry 3",
        "`shard`",
    ]


def test_every_setting_says_what_it_does() -> None:
    for setting in TAP_SETTINGS:
        assert setting.description.endswith("."), setting.name


def test_the_readmes_table_is_made_from_the_settings() -> None:
    readme = (Path(__file__).parents[2] / "tap-salesforce-abm" / "README.md").read_text("utf-8")
    table = readme.split("docs/generate.py -->\n")[1].split("<!-- /settings -->")[0]
    assert table == to_markdown(SETTINGS), "run python docs/generate.py"
