"""Rejects, report, exit code and STATE: nothing is silent, and STATE means durable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from target.lab import TEXT, lines, stream

if TYPE_CHECKING:
    from target.lab import Lab

BY_ID = [{"source": "id", "field": "Id"}]
UPDATE = [
    {
        "stream": "rows",
        "object": "Account",
        "match": BY_ID,
        "fields": {"text": "Site", "size": "NumberOfEmployees"},
    }
]
NOBODY = "001000000000000AAA"


def accounts(lab: Lab, count: int) -> list[str]:
    return [lab.create("Account", Name=f"A{n}") for n in range(count)]


# The exit policy


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, 1),
        ({"max_reject_percent": 66}, 1),
        ({"max_reject_percent": 67}, 0),
        ({"on_reject": "fail", "max_reject_percent": 100}, 1),
        ({"allow_failures": True}, 0),
        ({"allow_failures": True, "on_reject": "fail"}, 0),
    ],
    ids=str,
)
def test_two_of_three_rows_rejected_keep_the_good_one_and_follow_the_exit_policy(
    lab: Lab, settings: dict[str, Any], code: int
) -> None:
    ids = accounts(lab, 3)
    rows: list[dict[str, Any]] = [
        {"id": ids[0], "size": 1},
        {"id": ids[1], "size": "many"},
        {"id": ids[2], "size": "few"},
    ]
    run = lab.run(stream("rows", rows, state=1), loads=UPDATE, **settings)
    assert run.code == code
    assert run.numbers("rows") == {"received": 3, "written": 1, "rejected": 2}
    assert lab.row("Account", ids[0], "NumberOfEmployees") == (1,)
    assert len(run.rejects) == 2
    assert run.states == [1]
    assert run.report["exit_code"] == code


def test_unmatched_rows_do_not_fail_a_run(lab: Lab) -> None:
    run = lab.run(stream("rows", [{"id": NOBODY, "text": "x"}]), loads=UPDATE, on_reject="fail")
    assert run.code == 0
    assert run.numbers("rows") == {"received": 1, "unmatched": 1}


def test_the_report_tells_reasons_requests_and_how_it_ended(lab: Lab) -> None:
    [account] = accounts(lab, 1)
    rows: list[dict[str, Any]] = [
        {"id": account, "size": 1},
        {"id": account, "size": "x"},
        {"id": NOBODY, "size": 1},
    ]
    run = lab.run(stream("rows", rows), loads=UPDATE)
    assert run.report["streams"]["rows"]["reasons"] == {"INVALID_TYPE_ON_FIELD_IN_RECORD": 1, "unmatched": 1}
    # One query asks whether the record that is gone was merged into another.
    assert run.report["api_requests"] == {"auth": 1, "describe": 1, "query": 1, "retrieve": 1, "write": 1}
    assert run.report["exit_reason"].startswith("1 rows rejected, 33.3 %")
    assert run.report["seconds"] >= 0
    assert run.report["dry_run"] is False
    assert run.report["api_usage"]["daily_max"] > 0


def test_the_report_is_written_when_the_run_fails(lab: Lab) -> None:
    run = lab.run("this is not JSON\n", loads=UPDATE)
    assert run.code == 1
    assert "line 1 of the input is not JSON" in run.report["exit_reason"]
    assert "this is not JSON" not in run.log


# Bad records


def test_a_record_that_does_not_fit_its_schema_is_rejected_not_fatal(lab: Lab) -> None:
    ids = accounts(lab, 3)
    messages: list[dict[str, Any]] = [
        {
            "type": "SCHEMA",
            "stream": "rows",
            "schema": {
                "properties": {
                    "id": {"type": "string"},
                    "size": {"type": ["integer", "null"]},
                    "text": {"type": "string"},
                },
                "required": ["id"],
            },
            "key_properties": ["id"],
        }
    ]
    records: list[dict[str, Any]] = [
        {"id": ids[0], "size": 5.0},
        {"id": ids[1], "size": "five"},
        {"size": 5},
        {"id": ids[2], "size": None, "text": "x"},
    ]
    messages += [{"type": "RECORD", "stream": "rows", "record": record} for record in records]
    run = lab.run(messages, loads=UPDATE, max_reject_percent=50)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 4, "written": 2, "rejected": 2}
    assert [reject["code"] for reject in run.rejects] == ["SCHEMA_INVALID", "SCHEMA_INVALID"]
    assert "size" in run.rejects[0]["message"]
    assert "five" not in run.rejects[0]["message"]
    run = lab.run(messages, loads=UPDATE, max_reject_percent=50, validate_records=False)
    assert [reject["code"] for reject in run.rejects] == ["INVALID_TYPE_ON_FIELD_IN_RECORD", "KEY_MISSING"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"type": "RECORD", "stream": "rows", "record": {}}', "schema"),
        ('{"type": "NONSENSE"}', "line 1 of the input: 'NONSENSE' is not a kind of Singer message"),
        ('{"stream": "rows"}', "has no type"),
        ("[1, 2]", "not a Singer message"),
        ('{"type": "SCHEMA", "stream": "rows"}', "line 1 of the input: schema missing"),
        (
            '{"type": "SCHEMA", "stream": "rows", "schema": {"type": "nonsense", "properties": {}}}',
            "not valid JSON Schema",
        ),
    ],
    ids=["record before schema", "unknown type", "no type", "no object", "no schema", "bad schema"],
)
def test_a_broken_message_ends_the_run_with_one_line(lab: Lab, line: str, said: str) -> None:
    run = lab.run(line + "\n", loads=UPDATE)
    assert run.code == 1
    assert said in run.log, run.log
    assert len(run.log.splitlines()) == 1


# The rejects file is what is left to do


def test_an_unmatched_row_is_tried_again_in_the_next_run(lab: Lab) -> None:
    lab.engagement_fields()
    row = {"domain": "acme.com", "engagement_score": 5}
    first = lab.run(stream("account_engagement", [row], key=["domain"]))
    assert first.numbers("account_engagement") == {"received": 1, "unmatched": 1}
    acme = lab.company("acme.com")
    other = {"domain": "other.com", "engagement_score": 1}
    second = lab.run(stream("account_engagement", [other], key=["domain"]))
    assert second.numbers("account_engagement") == {"received": 1, "unmatched": 1}
    assert second.report["streams"]["account_engagement"]["retried"]["written"] == 1
    assert [reject["key"] for reject in second.rejects] == [{"domain": "other.com"}]
    assert lab.row("Account", acme, "ABM_Engagement_Score__c") == (5.0,)


def test_a_row_brought_anew_replaces_its_older_reject(lab: Lab) -> None:
    ids = accounts(lab, 1)
    lab.run(
        stream("rows", [{"id": ids[0], "size": "x"}, {"id": NOBODY, "size": 1}], key=["id"]), loads=UPDATE
    )
    run = lab.run(stream("rows", [{"id": ids[0], "size": 7}], key=["id"]), loads=UPDATE)
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert run.report["streams"]["rows"]["retried"]["unmatched"] == 1
    assert [reject["key"] for reject in run.rejects] == [{"id": NOBODY}]
    assert lab.row("Account", ids[0], "NumberOfEmployees") == (7,)


def test_the_same_rejects_run_after_run_do_not_pile_up(lab: Lab) -> None:
    rows = [{"id": NOBODY, "size": 1}, {"id": "x", "size": 1}]
    for _ in range(3):
        run = lab.run(stream("rows", rows, key=["id"]), loads=UPDATE)
        assert [reject["code"] for reject in run.rejects] == ["unmatched", "MALFORMED_ID"]
        assert "retried" not in run.report["streams"]["rows"]


def test_rejects_of_streams_that_do_not_come_stay_in_the_file(lab: Lab) -> None:
    lab.run(stream("rows", [{"id": NOBODY, "size": 1}], key=["id"]), loads=UPDATE)
    loads = [*UPDATE, {**UPDATE[0], "stream": "other"}]
    run = lab.run(stream("other", [{"id": "001000000000001AAA", "size": 1}], key=["id"]), loads=loads)
    assert [reject["stream"] for reject in run.rejects] == ["rows", "other"]


def test_retrying_can_be_switched_off(lab: Lab) -> None:
    lab.run(stream("rows", [{"id": NOBODY, "size": 1}], key=["id"]), loads=UPDATE)
    run = lab.run(stream("rows", [], id="string", size="number"), loads=UPDATE, retry_rejects=False)
    assert len(run.rejects) == 1
    assert run.requests[-1].endswith("/composite")


def test_a_rejects_file_can_be_fed_back_as_input(lab: Lab) -> None:
    first = lab.run(stream("rows", [{"id": NOBODY, "size": 1}], key=["id"]), loads=UPDATE)
    text = lines(first.rejects)
    run = lab.run(text, loads=UPDATE, retry_rejects=False)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 1, "unmatched": 1}
    assert len(run.rejects) == 1


def test_half_a_line_left_by_a_crash_is_dropped(lab: Lab) -> None:
    path = lab.directory / "rejects.jsonl"
    lab.run(stream("rows", [{"id": NOBODY, "size": 1}], key=["id"]), loads=UPDATE)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"stream": "rows", "rec')
    run = lab.run(stream("rows", [{"id": "x", "size": 1}], key=["id"]), loads=UPDATE, retry_rejects=False)
    assert [reject["key"] for reject in run.rejects] == [{"id": NOBODY}, {"id": "x"}]


def test_a_file_that_is_something_else_is_not_touched(lab: Lab) -> None:
    path = lab.directory / "notes.txt"
    path.write_text("my notes\nof today\n")
    run = lab.run(stream("rows", [{"id": "x"}]), loads=UPDATE, rejects_path=str(path))
    assert run.code == 1
    assert "is not a reject" in run.log
    assert path.read_text() == "my notes\nof today\n"


# STATE


def test_a_state_with_nothing_pending_goes_out_at_once_and_only_once(lab: Lab) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "STATE", "value": {"a": 1}},
        {"type": "STATE", "value": {"a": 1}},
    ]
    messages += stream("rows", [], id="string", text="string", state={"a": 1.5})
    run = lab.run(messages, loads=UPDATE)
    assert run.states == [{"a": 1}, {"a": 1.5}]


@pytest.mark.parametrize("api_type", ["REST", "BULK2"])
def test_a_state_with_enough_rows_behind_it_goes_out_when_it_comes(lab: Lab, api_type: str) -> None:
    [account] = accounts(lab, 1)
    messages = stream("rows", [{"id": account, "size": n} for n in range(1_000)], state={"n": 1})
    messages += stream("rows", [{"id": account, "size": 2_000}] * 5, state={"n": 2})[1:]
    messages += [{"type": "RECORD", "stream": "rows", "record": {"id": account, "size": 1}}]
    run = lab.run([*messages, {"type": "NONSENSE"}], loads=UPDATE, api_type=api_type)
    assert run.code == 1
    assert run.states == [{"n": 1}]
    assert lab.row("Account", account, "NumberOfEmployees") == (999,)


@pytest.mark.parametrize("api_type", ["REST", "BULK2"])
def test_a_full_batch_lets_the_state_before_it_go(lab: Lab, api_type: str) -> None:
    ids = accounts(lab, 4)
    messages = stream("rows", [{"id": i, "size": 1} for i in ids[:2]], state={"n": 2})
    messages += stream("rows", [{"id": i, "size": 1} for i in ids[2:]], state={"n": 4})[1:]
    run = lab.run(messages, loads=UPDATE, batch_size_rows=2, api_type=api_type)
    assert run.states == ([{"n": 2}, {"n": 4}] if api_type == "REST" else [{"n": 4}])
    assert run.numbers("rows") == {"received": 4, "written": 4}


def test_rows_that_wait_for_a_bulk_job_hold_the_state_until_it_is_done(lab: Lab) -> None:
    ids = accounts(lab, 4)
    messages = stream("rows", [{"id": i, "size": 1} for i in ids], state={"n": 4})
    messages.append({"type": "NONSENSE"})
    run = lab.run(messages, loads=UPDATE, batch_size_rows=2, api_type="BULK2")
    assert run.code == 1
    assert run.states == []


# Other input


def test_batch_files_are_read_line_by_line_and_go_through_the_same_mill(lab: Lab) -> None:
    import gzip  # noqa: PLC0415

    ids = accounts(lab, 3)
    plain = lab.directory / "one.jsonl"
    plain.write_text("".join(json.dumps({"id": i, "size": 1}) + "\n" for i in ids[:2]) + "\n")
    packed = lab.directory / "two.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps({"id": ids[2], "size": "x"}).encode() + b"\n"))
    messages = stream("rows", [{"id": ids[0], "size": 9}], state=None, size={})
    for compression, path in (("none", plain), ("gzip", packed)):
        encoding = {"format": "jsonl", "compression": compression}
        messages.append(
            {"type": "BATCH", "stream": "rows", "encoding": encoding, "manifest": [path.as_uri()]}
        )
    messages.append({"type": "STATE", "value": "done"})
    run = lab.run(messages, loads=UPDATE, max_reject_percent=50)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 4, "written": 3, "rejected": 1}
    assert lab.row("Account", ids[0], "NumberOfEmployees") == (1,)
    assert run.states == ["done"]


def test_a_stream_map_renames_before_the_loads_see_it(lab: Lab) -> None:
    [account] = accounts(lab, 1)
    maps = {"raw": {"__alias__": "rows", "id": "ident", "text": "label.upper()", "__else__": None}}
    run = lab.run(stream("raw", [{"ident": account, "label": "x"}]), loads=UPDATE, stream_maps=maps)
    assert run.code == 0, run.log
    assert lab.row("Account", account, "Site") == ("X",)


def test_two_loads_can_take_one_stream(lab: Lab) -> None:
    lab.field("Contact.Ext__c", externalId=True, unique=True, **TEXT)
    [account] = accounts(lab, 1)
    contact = lab.create("Contact", LastName="Doe", Ext__c="7")
    loads = [
        UPDATE[0],
        {
            "stream": "rows",
            "object": "Contact",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": {"text": "Title"},
        },
    ]
    run = lab.run(stream("rows", [{"id": account, "ext": "7", "text": "x"}]), loads=loads)
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert lab.row("Account", account, "Site") == lab.row("Contact", contact, "Title") == ("x",)


def test_a_schema_that_changes_in_between_keeps_the_order(lab: Lab) -> None:
    [account] = accounts(lab, 1)
    messages = stream("rows", [{"id": account, "text": "old"}])
    messages += stream("rows", [{"id": account, "text": "new", "more": 1}])
    run = lab.run(messages, loads=UPDATE)
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert lab.row("Account", account, "Site") == ("new",)


# Dry run


def test_a_dry_run_reads_everything_writes_nothing_and_plans_it_all(lab: Lab) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    account = lab.create("Account", Name="A", Site="before", NumberOfEmployees=5, Ext__c="1")
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "operation": "upsert",
            "match": [{"source": "ext", "field": "Ext__c"}],
            "fields": {"name": "Name", "text": "Site", "size": "NumberOfEmployees"},
        },
        {
            "stream": "people",
            "object": "Contact",
            "operation": "insert",
            "fields": {"last": "LastName", "company": "Account.Ext__c"},
        },
    ]
    rows: list[dict[str, Any]] = [
        {"ext": "1", "name": "A", "text": "after", "size": 5},
        {"ext": "2", "name": "New", "text": None},
        {"ext": "1", "name": "A", "text": "after"},
        {"ext": "3", "size": "x"},
    ]
    messages = stream("rows", rows, state=1) + stream("people", [{"last": "Doe", "company": "2"}])
    run = lab.run(messages, loads=loads, dry_run=True, batch_size_rows=1, max_reject_percent=50)
    assert run.code == 0, run.log
    assert run.writes() == []
    assert run.states == []
    assert run.rejects == []
    assert run.report["dry_run"] is True
    assert run.numbers("rows") == {"received": 4, "written": 2, "unchanged": 1, "rejected": 1}
    assert run.numbers("people") == {"received": 1, "written": 1}
    plan = json.loads((lab.directory / "plan.json").read_text())
    assert plan["changes"][0] == {
        "object": "Account",
        "action": "update",
        "id": account,
        "key": None,
        "streams": ["rows"],
        "fields": {"Site": {"before": "before", "after": "after"}},
    }
    assert plan["changes"][1]["key"] == {"Ext__c": "2"}
    assert plan["changes"][2]["object"] == "Contact"
    assert plan["summary"]["api_requests"]["writes"] == {"write": 3}
    assert plan["summary"]["actions"] == {"Account update": 1, "Account create": 1, "Contact create": 1}
    assert lab.count("Account") == 1


def test_a_full_load_sends_what_is_there_already_but_keeps_to_the_policies(lab: Lab) -> None:
    account = lab.create("Account", Name="A", Site="x", Phone="theirs")
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": BY_ID,
            "fields": {"text": "Site", "phone": {"field": "Phone", "overwrite": "if_empty"}},
        }
    ]
    rows = [{"id": account, "text": "x", "phone": "ours"}]
    run = lab.run(stream("rows", rows), loads=loads, full_load=True)
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert len(run.writes()) == 1
    assert lab.row("Account", account, "Site", "Phone") == ("x", "theirs")


@pytest.mark.parametrize(("option", "written"), [("--dry-run", False), ("--full", True)])
def test_options_stand_for_settings_of_one_run(lab: Lab, option: str, written: bool) -> None:
    account = lab.create("Account", Name="A", Site="x")
    run = lab.run(
        stream("rows", [{"id": account, "text": "x"}, {"id": account, "size": 1}]), option, loads=UPDATE
    )
    assert run.code == 0, run.log
    assert run.report["dry_run"] is not written
    assert bool(run.writes()) is written
