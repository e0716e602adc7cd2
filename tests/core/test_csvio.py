"""The CSV dialects of Bulk API 2.0."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm.csvio import ABSENT, MAX_CELL, Cell, CellError, CsvFile, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(text: str) -> list[list[str]]:
    return list(read_rows(io.StringIO(text, newline="")))


def test_result_values_keep_quotes_commas_and_line_feeds() -> None:
    text = '"Id","Name"\n"001","Say ""hi"", then\r\ngo"\n"002",""\n'
    assert rows_of(text) == [["Id", "Name"], ["001", 'Say "hi", then\r\ngo'], ["002", ""]]


def test_the_header_a_write_echoes_unquoted_is_read_with_its_quoted_rows() -> None:
    text = '"sf__Id","sf__Error",Name,Stage\n"","REQUIRED_FIELD_MISSING:x:Name --","Noemi","A"\n'
    header, row = rows_of(text)
    assert header == ["sf__Id", "sf__Error", "Name", "Stage"]
    assert row[1] == "REQUIRED_FIELD_MISSING:x:Name --"


def test_a_cell_of_the_longest_text_salesforce_holds_is_read() -> None:
    assert rows_of(f'"{"x" * (MAX_CELL + 1)}"\n') == [["x" * (MAX_CELL + 1)]]


def test_a_value_that_is_never_closed_is_an_error() -> None:
    with pytest.raises(csv.Error):
        rows_of('"Id"\n"00')


def written(tmp_path: Path, header: list[str], *rows: list[Cell]) -> str:
    with CsvFile(tmp_path, header) as file:
        for row in rows:
            file.write(row)
    [part] = file.close()
    text = part.path.read_bytes().decode()
    assert (part.rows, part.size) == (len(rows), len(text.encode()))
    return text


def test_only_what_needs_quotes_gets_them(tmp_path: Path) -> None:
    text = written(
        tmp_path, ["A", "B"], ["plain", "a,b"], ['say "x"', "l1\nl2"], [" edge", "r\r"], ["é", "a b"]
    )
    assert text == 'A,B\nplain,"a,b"\n"say ""x""","l1\nl2"\n" edge","r\r"\né,a b\n'


def test_null_and_empty_clear_while_absent_leaves_alone(tmp_path: Path) -> None:
    assert written(tmp_path, ["A", "B", "C"], [None, "", ABSENT]) == "A,B,C\n#N/A,#N/A,\n"


def test_zero_and_false_are_values(tmp_path: Path) -> None:
    row: list[Cell] = [0, False, True, Decimal("12.30"), 1.5]
    assert written(tmp_path, list("ABCDE"), row) == "A,B,C,D,E\n0,false,true,12.30,1.5\n"


def test_a_single_absent_cell_is_still_a_row(tmp_path: Path) -> None:
    assert written(tmp_path, ["A"], [ABSENT], ["x"]) == 'A\n""\nx\n'


@pytest.mark.parametrize(
    ("cell", "code"),
    [("#N/A", "INVALID_VALUE"), ("x" * (MAX_CELL + 1), "STRING_TOO_LONG"), ("\ud800", "INVALID_VALUE")],
    ids=["literal-null-marker", "too-long", "half-a-surrogate"],
)
def test_a_cell_that_would_change_its_meaning_is_refused(tmp_path: Path, cell: str, code: str) -> None:
    file = CsvFile(tmp_path, ["A"])
    with pytest.raises(CellError) as caught:
        file.write([cell])
    assert caught.value.code == code
    assert file.close() == ()


def test_a_row_of_the_wrong_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellError, match="1 cells for 2 columns"):
        CsvFile(tmp_path, ["A", "B"]).write(["x"])


def test_a_header_longer_than_salesforce_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellError, match="too long"):
        CsvFile(tmp_path, ["x" * 40] * 1_000)


def test_parts_stay_below_the_limit_and_repeat_the_header(tmp_path: Path) -> None:
    with CsvFile(tmp_path, ["Id", "Name"], max_bytes=40) as file:
        for number in range(5):
            file.write([number, "n" * 10])
    parts = file.close()
    assert [part.rows for part in parts] == [2, 2, 1]
    assert all(part.size <= 40 for part in parts)
    assert all(part.path.read_text().startswith("Id,Name\n") for part in parts)
    assert [row[0] for part in parts for row in rows_of(part.path.read_text())[1:]] == list("01234")


def test_a_row_larger_than_a_part_gets_one_of_its_own(tmp_path: Path) -> None:
    with CsvFile(tmp_path, ["A"], max_bytes=10) as file:
        file.write(["x"])
        file.write(["y" * 50])
    assert [part.rows for part in file.close()] == [1, 1]


def test_parts_can_be_limited_by_rows(tmp_path: Path) -> None:
    with CsvFile(tmp_path, ["A"], max_rows=2) as file:
        for number in range(5):
            file.write([number])
    assert [part.rows for part in file.close()] == [2, 2, 1]


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    assert CsvFile(tmp_path, ["A"]).close() == ()
    assert list(tmp_path.iterdir()) == []


texts = st.text(st.characters(codec="utf-8"), max_size=30).filter(lambda text: text not in {"", "#N/A"})


@given(rows=st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_is_written_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    with CsvFile(tmp_path_factory.mktemp("csv"), ["A", "B"]) as file:
        for row in rows:
            file.write(row)
    [part] = file.close()
    with part.path.open(encoding="utf-8", newline="") as stream:
        assert list(read_rows(stream))[1:] == rows
