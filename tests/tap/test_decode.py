"""Both roads from a page to a record: what Bulk's CSV and REST's JSON become, value by value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap.support import EVERY_TYPE, field, layout_of

from salesforce_abm.errors import DataError
from tap_salesforce_abm.decode import Lines, clean, encode_rows
from tap_salesforce_abm.decode_csv import CsvCodec
from tap_salesforce_abm.decode_json import JsonCodec

# field: (Bulk's cell, REST's JSON, what the record holds)
EXPECTED = {
    "Id": ("001000000000001AAA", '"001000000000001AAA"', "001000000000001AAA"),
    "Name": (
        'Ac"me, \\ Inc\r\n\tüß 漢字 🚀',
        json.dumps('Ac"me, \\ Inc\r\n\tüß 漢字 🚀'),
        'Ac"me, \\ Inc\r\n\tüß 漢字 🚀',
    ),
    "OwnerId": ("005000000000001AAA", '"005000000000001AAA"', "005000000000001AAA"),
    "Flag__c": ("true", "true", True),
    "Count__c": ("-12", "-12", -12),
    "Long__c": ("9007199254740993", "9007199254740993", 9007199254740993),
    "Double__c": ("0.12345678901234567", "0.12345678901234567", Decimal("0.12345678901234567")),
    "Amount__c": ("1.39E8", "1.39E8", Decimal("1.39E8")),
    "Percent__c": ("23.0", "23.0", Decimal("23.0")),
    "Day__c": ("2024-02-29", '"2024-02-29"', "2024-02-29"),
    "Moment__c": ("2024-02-29T23:59:59.000Z", '"2024-02-29T23:59:59.000+0000"', "2024-02-29T23:59:59.000Z"),
    "Time__c": ("13:05:00.000Z", '"13:05:00.000Z"', "13:05:00.000Z"),
    "Stage__c": ("NULL", '"NULL"', "NULL"),
    "Many__c": ("a;b", '"a;b"', "a;b"),
    "Combo__c": ("NA", '"NA"', "NA"),
    "Body__c": ("<p>a &amp; b</p>", '"<p>a &amp; b</p>"', "<p>a &amp; b</p>"),
    "Phone__c": ("+1 (555) 0100", '"+1 (555) 0100"', "+1 (555) 0100"),
    "Mail__c": ("a@b.example", '"a@b.example"', "a@b.example"),
    "Web__c": ("example.com/a?b=c", '"example.com\\/a?b=c"', "example.com/a?b=c"),
    "Secret__c": ("****", '"****"', "****"),
    "Any__c": ("12.50", "12.50", "12.50"),
    "New__c": ("x", '"x"', "x"),
    "BillingStreet": ("1 Main St\nFloor 2", '"1 Main St\\nFloor 2"', "1 Main St\nFloor 2"),
    "BillingCity": ("Zürich", '"Zürich"', "Zürich"),
    "BillingLatitude": ("47.37", "47.37", Decimal("47.37")),
    "BillingLongitude": ("", "null", None),
    "Spot__Latitude__s": ("", "null", None),
    "Spot__Longitude__s": ("", "null", None),
}
RECORD = {name: value for name, (_, _, value) in EXPECTED.items()} | {
    "BillingAddress": {
        "street": "1 Main St\nFloor 2",
        "city": "Zürich",
        "latitude": Decimal("47.37"),
        "longitude": None,
    },
    "Spot__c": None,
}


def _page(*rows: Any) -> Any:
    records = ",".join(
        '{"attributes":{"type":"Thing__c","url":"/x"},' + ",".join(f'"{k}":{v}' for k, v in row.items()) + "}"
        for row in rows
    )
    return f'{{"totalSize":{len(rows)},"done":true,"records":[{records}]}}'.encode()


def _csv(layout: Any, row: Any) -> Any:
    return CsvCodec(layout).encode([[row[name] for name in layout.fields]])


def test_bulk_gives_every_type_exactly() -> None:
    layout = layout_of(*EVERY_TYPE)
    lines = _csv(layout, {name: cell for name, (cell, _, _) in EXPECTED.items()})
    assert lines.records() == [RECORD]
    assert not lines.nulls


def test_rest_gives_every_type_exactly() -> None:
    layout = layout_of(*EVERY_TYPE)
    lines = JsonCodec(layout).encode(_page({name: text for name, (_, text, _) in EXPECTED.items()}))
    assert lines.records() == [RECORD]
    assert not lines.nulls


def test_numbers_keep_the_digits_they_came_with() -> None:
    layout = layout_of(*EVERY_TYPE)
    cells = {name: cell for name, (cell, _, _) in EXPECTED.items()}
    pages = {name: text for name, (_, text, _) in EXPECTED.items()}
    for lines in (_csv(layout, cells), JsonCodec(layout).encode(_page(pages))):
        assert b'"Double__c":0.12345678901234567' in lines.data
        assert b'"Amount__c":1.39E8' in lines.data
        assert b'"Long__c":9007199254740993' in lines.data


def test_nothing_is_null_in_both_and_noticed_where_the_schema_promised_a_value() -> None:
    layout = layout_of(*EVERY_TYPE)
    bulk = _csv(layout, dict.fromkeys(EXPECTED, "") | {"Id": "001000000000001AAA"})
    rest = JsonCodec(layout).encode(_page(dict.fromkeys(EXPECTED, "null") | {"Id": '"001000000000001AAA"'}))
    assert bulk.records() == rest.records()
    assert set(bulk.records()[0].values()) == {None, "001000000000001AAA"}
    assert bulk.nulls == rest.nulls == {"Name", "OwnerId", "Flag__c"}


@pytest.mark.parametrize("flag", ["true", "false"])
def test_false_is_false_and_true_is_true(flag: Any) -> None:
    layout = layout_of(field("Flag__c", "boolean"))
    row = {"Id": "001000000000001AAA", "Flag__c": flag}
    assert _csv(layout, row).records()[0]["Flag__c"] is (flag == "true")


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        ("double", "NaN"),
        ("double", "1,5"),
        ("double", '1,"Injected":2'),
        ("int", "1.5"),
        ("int", "one"),
        ("boolean", "TRUE"),
        ("date", '2024-01-01","x":"y'),
        ("datetime", "2024-01-01\n"),
    ],
    ids=repr,
)
def test_a_cell_that_does_not_fit_its_type_stops_the_read_and_names_the_field(type_: Any, cell: Any) -> None:
    layout = layout_of(field("Odd__c", type_))
    with pytest.raises(DataError, match=r"Thing__c\.Odd__c"):
        _csv(layout, {"Id": "001000000000001AAA", "Odd__c": cell})


@pytest.mark.parametrize(("cell", "expected"), [("10.0", 10), ("1.39E8", 139_000_000), ("-0", 0)])
def test_an_integer_is_an_integer_however_it_is_spelt(cell: Any, expected: Any) -> None:
    layout = layout_of(field("Count__c", "int"))
    bulk = _csv(layout, {"Id": "001000000000001AAA", "Count__c": cell}).records()[0]["Count__c"]
    rest = JsonCodec(layout).encode(_page({"Id": '"001000000000001AAA"', "Count__c": cell})).records()[0]
    assert bulk == rest["Count__c"] == expected
    assert type(bulk) is type(rest["Count__c"]) is int


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", "true"), ("12", "12"), ('"a\\"b"', 'a"b'), ("null", None), ('{"a":1}', '{"a":1}')],
    ids=["boolean", "number", "text", "null", "object"],
)
def test_a_value_of_changing_type_is_text(text: Any, expected: Any) -> None:
    layout = layout_of(field("NewValue", "anyType"))
    lines = JsonCodec(layout).encode(_page({"Id": '"001000000000001AAA"', "NewValue": text}))
    assert lines.records()[0]["NewValue"] == expected


def test_other_columns_than_asked_for_stop_the_read() -> None:
    codec = CsvCodec(layout_of(field("A__c"), field("B__c")))
    codec.check_header(("Id", "A__c", "B__c"))
    with pytest.raises(DataError, match="in another order"):
        codec.check_header(("Id", "B__c", "A__c"))
    with pytest.raises(DataError, match=r"B__c, C__c"):
        codec.check_header(("Id", "A__c", "C__c"))


def test_a_short_row_stops_the_read() -> None:
    with pytest.raises(DataError, match="1 cells, not 2"):
        CsvCodec(layout_of(field("A__c"))).encode([["001000000000001AAA"]])


def test_a_record_without_a_field_stops_the_read() -> None:
    with pytest.raises(DataError, match="A__c"):
        JsonCodec(layout_of(field("A__c"))).encode(_page({"Id": '"001000000000001AAA"'}))


def test_a_field_that_is_gone_is_null_and_not_asked_for() -> None:
    layout = layout_of(field("A__c", nillable=False), field("B__c"), *EVERY_TYPE[-3:]).without(
        ["a__C", "Spot__Latitude__s"]
    )
    assert layout.fields == ("Id", "B__c", "Spot__Longitude__s")
    bulk = _csv(layout, {"Id": "001000000000001AAA", "B__c": "b", "Spot__Longitude__s": "8.5"})
    rest = JsonCodec(layout).encode(
        _page({"Id": '"001000000000001AAA"', "B__c": '"b"', "Spot__Longitude__s": "8.5"})
    )
    assert bulk.records() == rest.records()
    assert bulk.records()[0]["A__c"] is None
    assert bulk.records()[0]["Spot__c"] == {"latitude": None, "longitude": Decimal("8.5")}
    assert bulk.nulls == rest.nulls == {"A__c"}


def test_parts_that_nobody_selected_are_asked_for_and_left_out_of_the_record() -> None:
    layout = layout_of(*EVERY_TYPE).only(["Id", "BillingAddress"])
    row = {
        "Id": "1",
        "BillingStreet": "s",
        "BillingCity": "c",
        "BillingLatitude": "1",
        "BillingLongitude": "2",
    }
    texts = {name: f'"{value}"' for name, value in row.items()}
    bulk = _csv(layout, row).records()
    assert set(bulk[0]) == {"Id", "BillingAddress"}
    rest = JsonCodec(layout).encode(_page(texts | {"BillingLatitude": "1", "BillingLongitude": "2"}))
    assert rest.records() == bulk


def test_bodies_are_fetched_and_encoded() -> None:
    asked = []

    def body(url: Any) -> bytes:
        asked.append(url)
        return b"\x00\xff body"

    layout = layout_of(field("VersionData", "base64"))
    page = _page(
        {"Id": '"068000000000001AAA"', "VersionData": '"/services/data/v66.0/sobjects/X/VersionData"'},
        {"Id": '"068000000000002AAA"', "VersionData": "null"},
    )
    records = JsonCodec(layout, body).encode(page).records()
    assert [record["VersionData"] for record in records] == ["AP8gYm9keQ==", None]
    assert asked == ["/services/data/v66.0/sobjects/X/VersionData"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_text_survives_both_roads(text: Any) -> None:
    layout = layout_of(field("Text__c"))
    expected = text.replace("\0", "") or None
    bulk = _csv(layout, {"Id": "001000000000001AAA", "Text__c": text})
    rest = JsonCodec(layout).encode(
        _page({"Id": '"001000000000001AAA"', "Text__c": json.dumps(text) if text else "null"})
    )
    assert bulk.count == rest.count == 1
    assert bulk.data.count(b"\n") == rest.data.count(b"\n") == 1
    # A text of nothing but NULs is an empty text rather than null; nobody can tell the two apart in Salesforce.
    assert (bulk.records()[0]["Text__c"] or None) == (rest.records()[0]["Text__c"] or None) == expected


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        (rb'"a\u0000b"', rb'"ab"'),
        (rb'"a\\u0000b"', rb'"a\\u0000b"'),
        (rb'"a\\\u0000b"', rb'"a\\b"'),
        (rb'"\ud83d\ude80"', rb'"\ud83d\ude80"'),
        (rb'"x\ud83dy"', b'"x\xef\xbf\xbdy"'),
        (rb'"\uDE80"', b'"\xef\xbf\xbd"'),
        (rb'"\u00e9"', rb'"\u00e9"'),
    ],
    ids=["nul", "escaped_backslash", "backslash_then_nul", "pair", "high_half", "low_half", "letter"],
)
def test_what_warehouses_refuse_is_taken_out(dirty: Any, expected: Any) -> None:
    assert clean(dirty) == expected


def test_messages_wrap_every_record_and_only_records() -> None:
    lines = Lines(2, b'{"a":"x\\ny"}\n{"a":null}\n')
    assert lines.messages(b'{"record":', b',"t":1}') == (
        b'{"record":{"a":"x\\ny"},"t":1}\n{"record":{"a":null},"t":1}\n'
    )
    assert Lines(0, b"").messages(b"<", b">") == b""


def test_made_rows_are_lines_too() -> None:
    lines = encode_rows([{"Id": "1", "n": Decimal("1.50")}, {"Id": "2"}])
    assert lines.count == 2
    assert lines.data == b'{"Id":"1","n":1.50}\n{"Id":"2"}\n'
