"""Bulk rows whose UTF-8 is passed through as it is."""

from __future__ import annotations

import msgspec
import pytest
from tap.support import field, layout_of

from tap_salesforce_abm.decode_csv import CsvCodec

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
