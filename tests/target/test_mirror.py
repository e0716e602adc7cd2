"""Mirrors: rows the stream does not carry any more go, and only those, and not too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import NAMES, stream

if TYPE_CHECKING:
    from target.lab import Lab

AT, KEY, ACCOUNT, STATUS = (
    NAMES.segment_object,
    NAMES.segment_key,
    NAMES.segment_account,
    NAMES.segment_status,
)
PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])


def member(account: str, segment: str, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "segment_id": segment,
        "segment_name": segment.upper(),
        "status": "active",
        **more,
    }


def segments(lab: Lab, *rows: dict[str, Any], **settings: Any) -> Any:
    return lab.run(
        stream("account_segments", rows, account_id="string", segment_id="string", state="done"), **settings
    )


def keys(lab: Lab) -> set[str]:
    return {str(row[KEY]).removeprefix("account_segments|") for row in lab.rows(f"SELECT {KEY} FROM {AT}")}


@PATHS
def test_members_come_change_and_go(lab: Lab, api_type: str) -> None:
    lab.segment_object()
    a, b, c = (lab.create("Account", Name=name) for name in "abc")
    run = segments(lab, member(a, "s1"), member(b, "s1"), member(a[:15], "s2"), api_type=api_type)
    assert run.code == 0, run.log
    assert keys(lab) == {f"{a}|s1", f"{b}|s1", f"{a}|s2"}
    run = segments(
        lab,
        member(a, "s1", status="hot"),
        member(a, "s2"),
        member(c, "s1"),
        api_type=api_type,
        max_remove_percent=50,
    )
    assert run.code == 0, run.log
    assert keys(lab) == {f"{a}|s1", f"{a}|s2", f"{c}|s1"}
    numbers = run.report["streams"]["account_segments"]
    assert (numbers["written"], numbers["unchanged"], numbers["removed"]) == (2, 1, 1)
    assert lab.rows(f"SELECT {STATUS} FROM {AT} WHERE {KEY} LIKE '%{a}|s1'") == [{STATUS: "hot"}]
    again = segments(lab, member(a, "s1", status="hot"), member(a, "s2"), member(c, "s1"), api_type=api_type)
    assert again.writes() == []


def test_other_peoples_rows_stay_whatever_their_key(lab: Lab) -> None:
    lab.segment_object()
    account = lab.create("Account", Name="a")
    lab.create(AT, **{ACCOUNT: account})
    lab.create(AT, **{ACCOUNT: account, KEY: "by hand"})
    lab.create(AT, **{ACCOUNT: account, KEY: "account_segments_old|x"})
    lab.create(AT, **{ACCOUNT: account, KEY: "accountXsegments|y"})
    lab.create(AT, **{ACCOUNT: account, KEY: f"account_segments|{account}|gone"})
    run = segments(lab, member(account, "s1"), max_remove_percent=50)
    assert run.code == 0, run.log
    assert run.report["streams"]["account_segments"]["removed"] == 1
    assert keys(lab) == {"None", "by hand", "account_segments_old|x", "accountXsegments|y", f"{account}|s1"}


def test_a_stream_without_rows_removes_nothing(lab: Lab) -> None:
    lab.segment_object()
    account = lab.create("Account", Name="a")
    segments(lab, member(account, "s1"))
    run = segments(lab, max_remove_percent=100)
    assert run.code == 0
    assert "brought no rows" in run.log
    assert keys(lab) == {f"{account}|s1"}


def test_more_than_the_limit_is_not_removed_and_the_run_fails(lab: Lab) -> None:
    lab.segment_object()
    accounts = [lab.create("Account", Name=f"a{n}") for n in range(10)]
    rows = [member(account, "s1") for account in accounts]
    segments(lab, *rows)
    run = segments(lab, *rows[:7])
    assert run.code == 1
    assert "3 of its 10 rows" in run.log
    assert "max_remove_percent (20)" in run.log
    assert len(keys(lab)) == 10
    assert run.report["exit_reason"].startswith("mirror account_segments")
    run = segments(lab, *rows[:8])
    assert run.code == 0, run.log
    assert len(keys(lab)) == 8


def test_rows_can_be_marked_instead_of_deleted(lab: Lab) -> None:
    lab.segment_object()
    a, b = lab.create("Account", Name="a"), lab.create("Account", Name="b")
    loads = [
        {
            "stream": "account_segments",
            "object": AT,
            "operation": "mirror",
            "key": KEY,
            "key_from": ["account_id", "segment_id"],
            "removed": {"field": STATUS, "value": "exited"},
            "max_remove_percent": 50,
        }
    ]
    segments(lab, member(a, "s"), member(b, "s"), loads=loads)

    def statuses() -> dict[str, str]:
        return {row[ACCOUNT]: row[STATUS] for row in lab.rows(f"SELECT {ACCOUNT}, {STATUS} FROM {AT}")}

    run = segments(lab, member(a, "s"), loads=loads)
    assert run.code == 0, run.log
    assert statuses() == {a: "active", b: "exited"}
    again = segments(lab, member(a, "s"), loads=loads)
    assert again.writes() == []
    assert again.report["streams"]["account_segments"]["removed"] == 0
    segments(lab, member(a, "s"), member(b, "s"), loads=loads)
    assert statuses() == {a: "active", b: "active"}


def test_a_row_that_cannot_be_written_is_still_part_of_the_set(lab: Lab) -> None:
    lab.segment_object()
    a, b = lab.create("Account", Name="a"), lab.create("Account", Name="b")
    segments(lab, member(a, "s"), member(b, "s"))
    run = segments(
        lab, member(a, "s"), member(b, "s", status="x" * 300), max_remove_percent=100, max_reject_percent=50
    )
    assert run.code == 0, run.log
    assert run.numbers("account_segments") == {"received": 2, "unchanged": 1, "rejected": 1}
    assert keys(lab) == {f"{a}|s", f"{b}|s"}


def test_a_row_deleted_at_its_source_is_no_part_of_the_set(lab: Lab) -> None:
    lab.segment_object()
    a, b = lab.create("Account", Name="a"), lab.create("Account", Name="b")
    segments(lab, member(a, "s"), member(b, "s"))
    run = segments(lab, member(a, "s"), member(b, "s", _sdc_deleted_at="2026-01-01"))
    assert run.code == 0, run.log
    assert run.numbers("account_segments") == {"received": 2, "unchanged": 1, "written": 1}
    assert keys(lab) == {f"{a}|s"}


def test_parts_of_a_key_cannot_be_mixed_up_and_long_keys_are_hashed(lab: Lab) -> None:
    lab.segment_object()
    account = lab.create("Account", Name="a")
    run = segments(
        lab,
        member(account, "a|b"),
        member(account, "a%7Cb"),
        member(account, "z" * 255),
        member(account, "Z" * 254 + "y"),
    )
    assert run.numbers("account_segments") == {"received": 4, "written": 4}, run.rejects
    found = keys(lab)
    assert {f"{account}|a%7Cb", f"{account}|a%257Cb"} < found
    assert len(found) == 4
    again = segments(
        lab,
        member(account, "a|b"),
        member(account, "a%7Cb"),
        member(account, "z" * 255),
        member(account, "Z" * 254 + "y"),
    )
    assert again.writes() == []


def test_a_key_part_without_a_value_rejects_the_row(lab: Lab) -> None:
    lab.segment_object()
    account = lab.create("Account", Name="a")
    run = segments(
        lab, member(account, "s"), {"account_id": account, "segment_name": "x"}, max_reject_percent=50
    )
    assert run.numbers("account_segments") == {"received": 2, "written": 1, "rejected": 1}
    assert run.rejects[0]["code"] == "REQUIRED_FIELD_MISSING"


def test_segments_are_matched_by_domain_too(lab: Lab) -> None:
    lab.segment_object()
    acme = lab.company("acme.com")
    rows = [{"domain": "acme.com", "segment_id": "s"}, {"domain": "nobody.com", "segment_id": "s"}]
    run = lab.run(stream("account_segments", rows))
    assert run.numbers("account_segments") == {"received": 2, "written": 1, "unmatched": 1}
    assert keys(lab) == {f"{acme}|s"}


def test_no_state_goes_out_while_a_mirror_is_half_way(lab: Lab) -> None:
    lab.segment_object()
    accounts = [lab.create("Account", Name=f"a{n}") for n in range(4)]
    messages = stream("account_segments", [member(a, "s") for a in accounts], state={"half": 1})
    messages.insert(3, {"type": "STATE", "value": {"half": 0}})
    run = lab.run(messages, batch_size_rows=1)
    assert run.states == [{"half": 1}]


def test_two_mirrors_of_one_object_do_not_touch_each_others_rows(lab: Lab) -> None:
    lab.segment_object()
    a, b = lab.create("Account", Name="a"), lab.create("Account", Name="b")
    common = {
        "object": AT,
        "operation": "mirror",
        "key": KEY,
        "key_from": [ACCOUNT, "segment"],
        "max_remove_percent": 100,
    }
    fields = {"account_id": ACCOUNT, "status": STATUS}
    loads = [{"stream": name, **common, "fields": fields} for name in ("one", "two")]
    row = {"account_id": a, "segment": "s", "status": "x"}
    other = {"account_id": b, "segment": "s", "status": "x"}
    lab.run(stream("one", [row, other]) + stream("two", [row, other]), loads=loads)
    run = lab.run(stream("one", [row]), loads=loads)
    assert run.code == 0, run.log
    assert {str(found[KEY]) for found in lab.rows(f"SELECT {KEY} FROM {AT}")} == {
        f"one|{a}|s",
        f"two|{a}|s",
        f"two|{b}|s",
    }
