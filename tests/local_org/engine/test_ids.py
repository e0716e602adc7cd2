from __future__ import annotations

import re
import threading

import pytest

from local_org import ids


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("0015500001QdQWf", "0015500001QdQWfAAN"),
        ("00D5g000004DEMO", "00D5g000004DEMOEA4"),
        ("012000000000000", "012000000000000AAA"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
    ],
)
def test_the_checksum_marks_capitals_from_the_lowest_bit_up(short: str, long: str) -> None:
    assert ids.to18(short) == long
    assert ids.normalise(short) == long
    assert ids.normalise(long) == long


@pytest.mark.parametrize("mangled", ["0015500001qdqwfaan", "0015500001QDQWFAAN"], ids=["lower", "upper"])
def test_case_that_another_system_mangled_is_repaired_from_the_suffix(mangled: str) -> None:
    assert ids.normalise(mangled) == "0015500001QdQWfAAN"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "001",
        "0015500001QdQW",
        "0015500001QdQWfAA",
        "0015500001QdQW-",
        "0015500001QdQWfAAA",
        "0015500001QdQWf999",
    ],
    ids=["empty", "short", "14", "17", "alphabet", "wrong checksum", "no checksum characters"],
)
def test_text_that_cannot_be_an_id_is_malformed(text: str) -> None:
    assert not ids.is_id(text)
    with pytest.raises(ids.MalformedIdError):
        ids.normalise(text)


def test_only_text_can_be_an_id() -> None:
    assert not ids.is_id(None)
    assert not ids.is_id(15)


@pytest.mark.parametrize("number", [0, 1, 61, 62, 62**9 - 1])
def test_base_62_goes_there_and_back(number: int) -> None:
    assert ids.decode(ids.encode(number)) == number


def test_the_documented_chunk_bound_is_250_000_rows_on() -> None:
    assert ids.decode("0000132G") - ids.decode("00000000") == 250_000


def test_new_ids_grow_in_byte_order_and_show_letters_of_both_cases() -> None:
    made = ids.IdFactory("5g").take("001", 200)
    assert made == sorted(made)
    assert len(set(made)) == 200
    # Some neighbours differ by case alone, so comparing without case would mix rows up.
    assert len({record_id.lower()[:15] for record_id in made}) < 200
    assert re.fullmatch(r"0015g0[0-9A-Za-z]{9}[A-Z0-5]{3}", made[0])


def test_counters_go_on_behind_ids_that_came_from_elsewhere() -> None:
    factory = ids.IdFactory("5g")
    far = ids.to18("0015g000ZZZZZZZ")
    factory.seen([far, ids.to18("001xx000000zzzz")])
    assert factory.next("001")[:15] == "0015g000ZZZZZZa"


def test_threads_never_get_the_same_id() -> None:
    factory = ids.IdFactory("5g")
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(factory.take("003", 50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 400


def test_a_sequence_begins_where_it_is_told() -> None:
    factory = ids.IdFactory("5g")
    assert list(factory.sequence("Invoice__c.Name", 2, 0)) == [0, 1]
    assert list(factory.sequence("Invoice__c.Name", 2, 0)) == [2, 3]
    assert list(factory.sequence("other", 1, 500)) == [500]
