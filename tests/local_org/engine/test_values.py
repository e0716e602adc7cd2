from __future__ import annotations

from typing import Any

import pytest

from local_org.dml.outcome import Refused, UnreadableError
from local_org.dml.values import coerce, length, plain_number
from local_org.schema import FieldDef, PicklistValue


def field(kind: str, **attributes: Any) -> FieldDef:
    return FieldDef(name="F__c", label="Some Field", type=kind, **attributes)


COLOURS = (
    PicklistValue("Red", "Red"),
    PicklistValue("Green", "Grün"),
    PicklistValue("Old", "Old", active=False),
)
TEXT = field("string", length=10)
EMAIL = field("email", length=80)
LOOSE = field("picklist", length=255, picklist=COLOURS)
STRICT = field("picklist", length=255, picklist=COLOURS, restricted_picklist=True)
MANY = field("multipicklist", length=4099, picklist=COLOURS, restricted_picklist=True)
CHECK = field("boolean")
INT = field("int", more={"digits": 8})
NUMBER = field("double", precision=5, scale=2)
DATE = field("date")
MOMENT = field("datetime")
TIME = field("time")
BLOB = field("base64")
LOOKUP = field("reference", length=18)


@pytest.mark.parametrize(
    ("target", "value", "stored"),
    [
        pytest.param(TEXT, "  a b\t", "a b", id="text is trimmed"),
        pytest.param(TEXT, "   ", None, id="blanks are null"),
        pytest.param(TEXT, "", None, id="empty is null"),
        pytest.param(TEXT, None, None, id="null stays null"),
        pytest.param(TEXT, 12.5, "12.5", id="a number becomes text"),
        pytest.param(TEXT, True, "true", id="a boolean becomes text"),
        pytest.param(TEXT, "x" * 10, "x" * 10, id="text as long as the field"),
        pytest.param(TEXT, "a\x00b", "ab", id="no zero characters"),
        pytest.param(TEXT, "\ud83d", "�", id="half a surrogate pair is no character"),
        pytest.param(
            EMAIL, "Ada.Lovelace@Example.COM", "ada.lovelace@example.com", id="e-mail in lower case"
        ),
        pytest.param(LOOSE, "red", "Red", id="picklist value takes the list's case"),
        pytest.param(LOOSE, "Blue", "Blue", id="open picklist takes anything"),
        pytest.param(LOOSE, "Old", "Old", id="open picklist takes inactive values"),
        pytest.param(STRICT, "GREEN", "Green", id="restricted picklist without case"),
        pytest.param(MANY, "green; red;Green", "Red;Green", id="several values, in the list's order, once"),
        pytest.param(MANY, ";", None, id="no value at all"),
        pytest.param(CHECK, True, 1, id="true"),
        pytest.param(CHECK, "false", 0, id="text false"),
        pytest.param(INT, "10000", 10_000, id="text of an integer"),
        pytest.param(INT, 7.0, 7, id="whole float"),
        pytest.param(NUMBER, 1.005, 1.01, id="half goes up"),
        pytest.param(NUMBER, "-3.14159", -3.14, id="rounded to scale"),
        pytest.param(NUMBER, -0.001, 0.0, id="no negative zero"),
        pytest.param(NUMBER, "1e2", 100.0, id="exponent"),
        pytest.param(DATE, "2026-02-28", "2026-02-28", id="date"),
        pytest.param(DATE, "2026-02-28Z", "2026-02-28", id="date with a zone"),
        pytest.param(MOMENT, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z", id="moment"),
        pytest.param(MOMENT, "2026-01-31T12:00:00.999Z", "2026-01-31T12:00:00Z", id="fraction is cut"),
        pytest.param(MOMENT, "2026-01-31T23:30:00-01:00", "2026-02-01T00:30:00Z", id="offset"),
        pytest.param(MOMENT, "2026-01-31T12:00:00.000+0000", "2026-01-31T12:00:00Z", id="as REST writes it"),
        pytest.param(MOMENT, "2026-01-31T12:00:00", "2026-01-31T12:00:00Z", id="no zone is UTC"),
        pytest.param(TIME, "09:05:03.25Z", "09:05:03.250Z", id="time"),
        pytest.param(TIME, "09:05", "09:05:00.000Z", id="time without seconds"),
        pytest.param(BLOB, "aGVsbG8=", b"hello", id="base64"),
        pytest.param(LOOKUP, "whatever", "whatever", id="references are judged later"),
    ],
)
def test_values_are_kept_as_salesforce_would_give_them_back(
    target: FieldDef, value: Any, stored: Any
) -> None:
    assert coerce(target, value, csv=False) == stored


@pytest.mark.parametrize(
    ("target", "value", "code", "message"),
    [
        pytest.param(
            TEXT,
            "x" * 11,
            "STRING_TOO_LONG",
            f"Some Field: data value too large: {'x' * 11} (max length=10)",
            id="long",
        ),
        pytest.param(
            TEXT,
            "😀" * 6,
            "STRING_TOO_LONG",
            f"Some Field: data value too large: {'😀' * 6} (max length=10)",
            id="emoji",
        ),
        pytest.param(
            EMAIL,
            "123",
            "INVALID_EMAIL_ADDRESS",
            "Some Field: invalid email address: 123",
            id="e-mail without @",
        ),
        pytest.param(
            EMAIL,
            "a@b",
            "INVALID_EMAIL_ADDRESS",
            "Some Field: invalid email address: a@b",
            id="e-mail without dot",
        ),
        pytest.param(
            EMAIL,
            "a b@c.de",
            "INVALID_EMAIL_ADDRESS",
            "Some Field: invalid email address: a b@c.de",
            id="blank in e-mail",
        ),
        pytest.param(
            STRICT,
            "Blue",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Some Field: bad value for restricted picklist field: Blue",
            id="not in the list",
        ),
        pytest.param(
            STRICT,
            "Old",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Some Field: bad value for restricted picklist field: Old",
            id="no longer in the list",
        ),
        pytest.param(
            MANY,
            "Red;Blue",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Some Field: bad value for restricted picklist field: Blue",
            id="one of several not in the list",
        ),
        pytest.param(
            CHECK,
            None,
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "Some Field: value not of required type: ",
            id="null checkbox",
        ),
        pytest.param(
            INT,
            1_431_655_766,
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Some Field: value outside of valid range on numeric field: 1431655766",
            id="big integer",
        ),
        pytest.param(
            NUMBER,
            1e20,
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Some Field: value outside of valid range on numeric field: 1.0E20",
            id="big number",
        ),
        pytest.param(
            NUMBER,
            999.999,
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Some Field: value outside of valid range on numeric field: 1000.0",
            id="rounded out of range",
        ),
        pytest.param(
            DATE,
            "0201-01-01",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Some Field: invalid date: 0201-01-01",
            id="year 201",
        ),
    ],
)
def test_a_refusal_names_the_label_and_the_value(
    target: FieldDef, value: Any, code: str, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        coerce(target, value, csv=False)
    assert (caught.value.error.status_code, caught.value.error.message) == (code, message)
    assert caught.value.error.fields == ("F__c",)


@pytest.mark.parametrize(
    ("target", "value", "beginning"),
    [
        pytest.param(CHECK, "FALSE", "boolean from VALUE_STRING value FALSE", id="boolean in capitals"),
        pytest.param(CHECK, 1, "boolean from VALUE_NUMBER_INT value 1", id="number for a boolean"),
        pytest.param(INT, "abc", "int from VALUE_STRING value abc", id="text for an integer"),
        pytest.param(INT, 1.5, "int from VALUE_NUMBER_FLOAT value 1.5", id="fraction for an integer"),
        pytest.param(NUMBER, True, "double from VALUE_TRUE value true", id="boolean for a number"),
        pytest.param(DATE, "31.12.2026", "date from VALUE_STRING value 31.12.2026", id="German date"),
        pytest.param(DATE, "2026-02-30", "date from VALUE_STRING value 2026-02-30", id="no such day"),
        pytest.param(
            DATE, "2026-01-31T00:00:00Z", "date from VALUE_STRING value 2026-01-31T00:00:00Z", id="moment"
        ),
        pytest.param(
            MOMENT, "2026-01-31", "datetime from VALUE_STRING value 2026-01-31", id="date for a moment"
        ),
        pytest.param(
            MOMENT,
            "2013-08-12T15:20:00+0000",
            "datetime from VALUE_STRING value 2013-08-12T15:20:00+0000",
            id="offset without colon or milliseconds",
        ),
        pytest.param(
            MOMENT, "2026-01-31T25:00:00Z", "datetime from VALUE_STRING value 2026-01-31T25:00:00Z", id="25 h"
        ),
        pytest.param(TIME, "25:00", "time from VALUE_STRING value 25:00", id="no such time"),
        pytest.param(TEXT, {"a": 1}, "string from START_OBJECT value {", id="object for text"),
        pytest.param(MANY, ["Red"], "multipicklist from START_ARRAY value [", id="list for several values"),
        pytest.param(LOOKUP, 5, "id from VALUE_NUMBER_INT value 5", id="number for a reference"),
        pytest.param(BLOB, "a", "base64 from VALUE_STRING value a", id="not base64"),
    ],
)
def test_json_of_the_wrong_form_makes_the_request_unreadable(
    target: FieldDef, value: Any, beginning: str
) -> None:
    with pytest.raises(UnreadableError) as caught:
        coerce(target, value, csv=False)
    assert caught.value.error.status_code == "JSON_PARSER_ERROR"
    assert caught.value.error.message.startswith(
        f"Cannot deserialize instance of {beginning} or request may be"
    )


@pytest.mark.parametrize(
    ("target", "value", "stored"),
    [
        pytest.param(CHECK, "TRUE", 1, id="boolean in capitals"),
        pytest.param(CHECK, "0", 0, id="zero for false"),
        pytest.param(NUMBER, "1,00", 100.0, id="thousands separators are dropped"),
        pytest.param(DATE, "2026-01-31T10:00:00.000Z", "2026-01-31", id="the day of a moment"),
        pytest.param(MOMENT, "2026-01-31", "2026-01-31T00:00:00Z", id="a day as its first moment"),
    ],
)
def test_csv_is_more_generous_than_json(target: FieldDef, value: str, stored: Any) -> None:
    assert coerce(target, value, csv=True) == stored


@pytest.mark.parametrize(
    ("target", "value"),
    [
        pytest.param(CHECK, "maybe", id="boolean"),
        pytest.param(INT, "1.5", id="integer"),
        pytest.param(NUMBER, "abc", id="number"),
        pytest.param(DATE, "31.12.2026", id="date"),
        pytest.param(MOMENT, "noon", id="moment"),
    ],
)
def test_a_mistake_in_csv_concerns_its_row_alone(target: FieldDef, value: str) -> None:
    with pytest.raises(Refused) as caught:
        coerce(target, value, csv=True)
    error = caught.value.error
    assert error.status_code == "INVALID_TYPE_ON_FIELD_IN_RECORD"
    assert error.message == f"Some Field: value not of required type: {value}"
    assert error.fields == ("F__c",)


@pytest.mark.parametrize(
    ("number", "text"),
    [(10.0, "10.0"), (0.5, "0.5"), (1e20, "1.0E20"), (12_345_678.5, "1.23456785E7"), (-1e9, "-1.0E9")],
)
def test_numbers_in_messages_look_as_java_prints_them(number: float, text: str) -> None:
    assert plain_number(number) == text


def test_length_counts_utf_16_units() -> None:
    assert length("abc") == 3
    assert length("é") == 1
    assert length("😀") == 2
