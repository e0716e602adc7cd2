"""What other loaders get wrong, side by side: each line of a published comparison, by both write paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, NUMBER, TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab, Run

PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])
FIELDS = {"text": "Site", "score": "Score__c", "day": "Day__c", "topics": "Topics__c", "note": "Note__c"}


@pytest.fixture
def shop(lab: Lab) -> Lab:
    lab.field("Account.Score__c", **NUMBER)
    lab.field("Account.Day__c", type="Date")
    lab.field("Account.Note__c", **LONG)
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    values = {"valueSetDefinition": {"value": [{"fullName": "a"}, {"fullName": "b"}]}}
    lab.field("Account.Topics__c", type="MultiselectPicklist", visibleLines=3, valueSet=values)
    return lab


def update(lab: Lab, *rows: dict[str, Any], **settings: Any) -> Run:
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": FIELDS,
        }
    ]
    types: dict[str, Any] = {name: {} for name in ("ext", *FIELDS)}
    return lab.run(stream("rows", rows, state="end", **types), **{"loads": loads, **settings})


@PATHS
def test_null_clears_a_number_field(shop: Lab, api_type: str) -> None:
    account = shop.create("Account", Name="A", Ext__c="1", Score__c=5)
    update(shop, {"ext": "1", "score": None}, api_type=api_type)
    assert shop.row("Account", account, "Score__c") == (None,)


@PATHS
def test_a_field_absent_in_one_record_is_untouched(shop: Lab, api_type: str) -> None:
    first = shop.create("Account", Name="A", Ext__c="1", Score__c=5, Site="kept")
    second = shop.create("Account", Name="B", Ext__c="2", Score__c=5, Site="old")
    update(shop, {"ext": "1", "score": 6}, {"ext": "2", "text": "new"}, api_type=api_type)
    assert shop.row("Account", first, "Score__c", "Site") == (6.0, "kept")
    assert shop.row("Account", second, "Score__c", "Site") == (5.0, "new")


@PATHS
def test_two_of_three_rows_rejected_exit_1_keep_the_good_row_and_write_the_file(
    shop: Lab, api_type: str
) -> None:
    for n in range(3):
        shop.create("Account", Name=f"A{n}", Ext__c=f"{n}")
    rows: list[dict[str, Any]] = [
        {"ext": "0", "score": 1},
        {"ext": "1", "text": "x" * 81},
        {"ext": "2", "day": "someday"},
    ]
    run = update(shop, *rows, api_type=api_type)
    assert run.code == 1
    assert run.numbers("rows") == {"received": 3, "written": 1, "rejected": 2}
    assert [reject["code"] for reject in run.rejects] == [
        "STRING_TOO_LONG",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
    ]
    assert run.states == ["end"]


@PATHS
def test_a_lock_on_one_row_is_retried_and_makes_no_duplicate(shop: Lab, api_type: str) -> None:
    ids = [shop.create("Account", Name=f"A{n}", Ext__c=f"{n}") for n in range(3)]
    shop.running.faults.lock(ids[1], 2)
    run = update(shop, *({"ext": f"{n}", "score": 1} for n in range(3)), api_type=api_type)
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert shop.count("Account") == 3


@PATHS
@pytest.mark.parametrize("batch", [1, 100])
def test_a_b_a_ends_at_a(shop: Lab, api_type: str, batch: int) -> None:
    account = shop.create("Account", Name="A", Ext__c="1", Site="B")
    rows = [{"ext": "1", "text": text} for text in ("A", "B", "A")]
    update(shop, *rows, api_type=api_type, batch_size_rows=batch)
    assert shop.row("Account", account, "Site") == ("A",)


@PATHS
def test_a_date_column_is_fine(shop: Lab, api_type: str) -> None:
    account = shop.create("Account", Name="A", Ext__c="1")
    day = {"type": ["null", "string"], "format": "date"}
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": FIELDS,
        }
    ]
    run = shop.run(
        stream("rows", [{"ext": "1", "day": "2026-02-03"}], day=day), loads=loads, api_type=api_type
    )
    assert run.code == 0, run.log
    assert shop.row("Account", account, "Day__c") == ("2026-02-03",)


def test_an_unknown_field_fails_before_the_first_write_and_is_named(shop: Lab) -> None:
    shop.create("Account", Name="A", Ext__c="1")
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": {"text": "Site", "score": "Scor__c"},
        }
    ]
    run = update(shop, {"ext": "1", "text": "x", "score": 1}, loads=loads)
    assert run.code == 1
    assert "Account.Scor__c: there is no such field (nearest: Score__c)" in run.log
    assert run.writes() == []


@PATHS
def test_a_list_is_joined_for_a_multi_select_field_and_for_text(shop: Lab, api_type: str) -> None:
    account = shop.create("Account", Name="A", Ext__c="1")
    update(shop, {"ext": "1", "topics": ["b", "a"], "note": ["b", "a"]}, api_type=api_type)
    assert shop.row("Account", account, "Topics__c", "Note__c") == ("a;b", "b; a")


@PATHS
@pytest.mark.parametrize("key", ["it's", "back\\slash", "'; DELETE", "\\'"])
def test_an_apostrophe_or_backslash_in_a_key_is_escaped(shop: Lab, api_type: str, key: str) -> None:
    account = shop.create("Account", Name="A", Ext__c=key)
    update(shop, {"ext": key, "score": 1}, api_type=api_type)
    assert shop.row("Account", account, "Score__c") == (1.0,)


def test_three_matches_for_a_website_are_excluded_with_their_ids(shop: Lab) -> None:
    ids = [shop.company("acme.com", Name=f"A{n}") for n in range(3)]
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "ext", "by": "domain"}],
            "fields": FIELDS,
        }
    ]
    run = update(shop, {"ext": "acme.com", "score": 1}, loads=loads)
    assert run.numbers("rows") == {"received": 1, "ambiguous": 1}
    assert all(record_id in run.rejects[0]["message"] for record_id in ids)


def test_the_taps_state_comes_back_as_it_was_sent(shop: Lab) -> None:
    state = {"bookmarks": {"rows": {"replication_key_value": "2026-01-01", "n": 1.5, "deep": [None, True]}}}
    messages = stream("rows", [], ext={}, state=None)
    run = shop.run(
        [*messages, {"type": "STATE", "value": state}],
        loads=[
            {
                "stream": "rows",
                "object": "Account",
                "match": [{"source": "ext", "field": "Ext__c"}],
                "fields": {"ext": "Ext__c"},
            }
        ],
    )
    assert run.states == [state]


@pytest.mark.parametrize("count", [3, 200])
def test_updates_by_external_id_cost_four_requests(shop: Lab, count: int) -> None:
    for n in range(count):
        shop.create("Account", Name=f"A{n}", Ext__c=f"{n}")
    run = update(shop, *({"ext": f"{n}", "score": 1} for n in range(count)))
    assert run.numbers("rows") == {"received": count, "written": count}
    assert len(run.requests) == 4
