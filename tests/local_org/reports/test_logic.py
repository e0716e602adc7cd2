"""Filter logic."""

from __future__ import annotations

import pytest

from local_org.reports.errors import ReportError
from local_org.reports.logic import combine

ABC = ("a", "b", "c")


@pytest.mark.parametrize(
    ("logic", "rendered"),
    [
        (None, "(a) AND (b) AND (c)"),
        ("  ", "(a) AND (b) AND (c)"),
        ("1 AND 2 AND 3", "((a) AND (b) AND (c))"),
        ("(1 or 2) and 3", "(((a) OR (b)) AND (c))"),
        ("1 OR 2 AND 3", "((a) OR ((b) AND (c)))"),
        ("NOT(1 AND 2) OR NOT 3", "((NOT ((a) AND (b))) OR (NOT (c)))"),
        ("((1)) AND (2 OR (3))", "((a) AND ((b) OR (c)))"),
    ],
    ids=["none", "blank", "all", "parentheses", "and before or", "not", "nested"],
)
def test_conditions_are_joined_as_the_logic_says(logic: str | None, rendered: str) -> None:
    assert combine(ABC, logic) == rendered


@pytest.mark.parametrize(
    "logic",
    [
        "1 AND 2",
        "1 AND 2 AND 3 AND 4",
        "1 2 3",
        "1 AND",
        "(1 AND 2 AND 3",
        "1 XOR 2 XOR 3",
        "0 AND 1 AND 2 AND 3",
        ")",
    ],
    ids=lambda value: value,
)
def test_logic_that_leaves_out_or_invents_filters_is_refused(logic: str) -> None:
    with pytest.raises(ReportError, match="Specify a valid condition because") as caught:
        combine(ABC, logic)
    assert caught.value.status == 400


def test_no_filters_need_no_logic() -> None:
    assert combine((), None) == ""
    with pytest.raises(ReportError):
        combine((), "1")
