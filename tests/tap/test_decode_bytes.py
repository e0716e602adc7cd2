"""What the decoders do by the page rather than by the cell."""

from __future__ import annotations

import msgspec
import pytest
from tap.support import field, layout_of

from tap_salesforce_abm.decode_csv import CsvCodec
from tap_salesforce_abm.decode_json import JsonCodec

VALUES = [
    "plain",
    "",
    "Zoë",
    "日本 \U0001f600",
    'a "b" \\ c',
    "line\nfeed\ttab",
    "nul\0nul",
    "\x7f\x85\u2028",
]


def encoded(text: str | bytes, encoding: str) -> bytes:
    codec = CsvCodec(layout_of(field("A__c"), field("N__c", "double")), encoding=encoding)  # type: ignore[arg-type]
    cell = text if isinstance(text, str) else text.decode("latin-1")
    return codec.encode([["001000000000001AAA", cell, "1.50"]]).data


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_bytes_passed_through_give_the_line_that_decoded_text_gives(value: str) -> None:
    line = encoded(value.encode(), "latin-1")
    assert line == encoded(value, "utf-8")
    assert msgspec.json.decode(line)["A__c"] == (value.replace("\0", "") or None)
    assert b'"N__c":1.50' in line


def test_bytes_that_are_not_utf_8_become_replacement_characters() -> None:
    assert (
        msgspec.json.decode(encoded(b"a\xffb\xed\xa0\x80c", "latin-1"))["A__c"]
        == "a\ufffdb\ufffd\ufffd\ufffdc"
    )


STAMP = '"2026-05-04T03:02:01.000+0000"'


@pytest.mark.parametrize(
    ("moments", "text", "expected"),
    [
        pytest.param([STAMP, STAMP], "plain", ["2026-05-04T03:02:01.000Z"] * 2, id="all of them at once"),
        pytest.param([STAMP, "null"], "plain", ["2026-05-04T03:02:01.000Z", None], id="nulls among them"),
        pytest.param(
            [STAMP, "null"], "at 03:02+0000", ["2026-05-04T03:02:01.000Z", None], id="a text that ends so"
        ),
        pytest.param(
            ['"2026-05-04T03:02:01.000Z"', STAMP],
            "x",
            ["2026-05-04T03:02:01.000Z"] * 2,
            id="another spelling",
        ),
        pytest.param(
            [STAMP, "null"], '"Moment__c":null', ["2026-05-04T03:02:01.000Z", None], id="a text like a line"
        ),
    ],
)
def test_offsets_of_datetimes_and_of_nothing_else_are_rewritten(
    moments: list[str], text: str, expected: list[str | None]
) -> None:
    layout = layout_of(field("Moment__c", "datetime"), field("Text__c"))
    rows = [
        f'{{"Id":"001000000000001AAA","Moment__c":{moment},"Text__c":{msgspec.json.encode(text).decode()}}}'
        for moment in moments * 300
    ]
    page = f'{{"totalSize":600,"done":true,"records":[{",".join(rows)}]}}'.encode()
    whole = JsonCodec(layout).encode(page)
    parts = list(JsonCodec(layout).parts(page))
    assert len(parts) > 1
    assert b"".join(part.data for part in parts) == whole.data
    assert [record["Moment__c"] for record in whole.records()] == expected * 300
    assert {record["Text__c"] for record in whole.records()} == {text}
