"""BATCH files written from lines."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from singer_sdk.helpers._batch import BatchConfig

from tap_salesforce_abm.batch_files import BatchFiles
from tap_salesforce_abm.decode import Lines, encode_rows

if TYPE_CHECKING:
    from pathlib import Path


def lines(first: int, count: int) -> Lines:
    return encode_rows({"n": number, "text": "a\nb"} for number in range(first, first + count))


def read(url: str) -> list[str]:
    with gzip.open(url2pathname(urlsplit(url).path), "rt", encoding="utf-8") as file:
        return file.read().splitlines()


@pytest.mark.parametrize("size", [1, 3, 4, 7, 100])
def test_files_hold_so_many_records_and_no_more(tmp_path: Path, size: int) -> None:
    config = BatchConfig(
        encoding={"format": "jsonl", "compression": "gzip"},  # type: ignore[arg-type]
        storage={"root": tmp_path.as_uri(), "prefix": "p-"},  # type: ignore[arg-type]
        batch_size=size,
    )
    files = BatchFiles("tap--stream", config)
    urls = [url for count in range(5) for url in files.add(lines(10 * count, count))]
    urls += files.end()
    assert list(files.end()) == []
    found = [read(url) for url in urls]
    assert [len(rows) for rows in found[:-1]] == [size] * (len(found) - 1)
    whole = b"".join(lines(10 * count, count).data for count in range(5)).decode()
    assert [row for rows in found for row in rows] == whole.splitlines()
    assert len(set(urls)) == len(urls) == -(-10 // size)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_lines_are_cut_between_records(count: int) -> None:
    whole = lines(0, 3)
    first, rest = whole.split(count)
    assert (first.count, rest.count) == (min(count, 3), max(3 - count, 0))
    assert first.records() + rest.records() == whole.records()
