"""Numbers as Java writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_org.soql.encode import java_double


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (23.0, "23.0"),
        (23, "23.0"),
        (-1.5, "-1.5"),
        (1.39e8, "1.39E8"),
        (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12_345_678.9, "1.23456789E7"),
        (0.001, "0.001"),
        (0.0005, "5.0E-4"),
        (0.00012345, "1.2345E-4"),
        (-1.5e-10, "-1.5E-10"),
        (1e22, "1.0E22"),
        (123_456_789_012_345_678.0, "1.2345678901234568E17"),
    ],
)
def test_known_spellings(number: float, text: str) -> None:
    assert java_double(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_nothing_is_lost(number: float) -> None:
    text = java_double(number)
    assert float(text) == number
    mantissa, _, exponent = text.partition("E")
    assert "." in mantissa
    assert not exponent or 1 <= abs(float(mantissa)) < 10
