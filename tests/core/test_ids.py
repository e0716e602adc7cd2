from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm.ids import InvalidIdError, is_id, key_prefix, normalise_id, to18

ID15 = st.text(alphabet=string.ascii_letters + string.digits, min_size=15, max_size=15)

REAL = ["0015500001QdQWfAAN", "00Q4C00000B5BugUAF", "7508Z00000lSXvxQAG", "012000000000000AAA"]


@pytest.mark.parametrize("real", REAL, ids=REAL)
def test_ids_seen_in_real_answers_keep_their_spelling(real: str) -> None:
    assert to18(real[:15]) == real
    assert normalise_id(real) == real


@given(ID15)
def test_a_lengthened_id_begins_with_the_short_one_and_is_stable(short: str) -> None:
    long = to18(short)
    assert long[:15] == short
    assert normalise_id(long) == long
    assert is_id(short)
    assert is_id(long)


@given(ID15)
def test_an_18_character_id_survives_losing_its_letter_case(short: str) -> None:
    long = to18(short)
    assert normalise_id(long.lower()) == long
    assert normalise_id(long.upper()) == long


@given(ID15, ID15)
def test_two_ids_are_equal_only_if_their_15_characters_are(one: str, other: str) -> None:
    assert (to18(one) == to18(other)) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("0015500001QdQW", id="14 characters"),
        pytest.param("0015500001QdQWfA", id="16 characters"),
        pytest.param("0015500001QdQWfAANX", id="19 characters"),
        pytest.param("0015500001QdQW-", id="a hyphen"),
        pytest.param(" 0015500001QdQWf", id="a space before"),
        pytest.param("0015500001QdQWf\n", id="a line feed after"),
        pytest.param("00155000\u0661QdQWfA", id="a digit of another script"),
        pytest.param("0015500001QdQWfAAA", id="checksum of another id"),
        pytest.param("0015500001QdQWfAA9", id="checksum outside its alphabet"),
        pytest.param("001550000100000AAB", id="checksum that wants a capital digit"),
        pytest.param("0015500001qdQWfAAN", id="mixed case that disagrees"),
    ],
)
def test_what_is_not_an_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(InvalidIdError, match="is not a record id"):
        normalise_id(text)


def test_a_long_text_is_not_repeated_whole_in_the_message() -> None:
    with pytest.raises(InvalidIdError) as caught:
        normalise_id("x" * 5000)
    assert len(str(caught.value)) < 150


def test_the_key_prefix_keeps_its_case() -> None:
    assert key_prefix(to18("00k000000000001")) == "00k"
    assert key_prefix(to18("00K000000000001").lower()) == "00K"
