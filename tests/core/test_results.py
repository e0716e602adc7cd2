"""Verdicts on rows, in the words of Bulk result files."""

from __future__ import annotations

import pytest

from salesforce_abm.codes import Action
from salesforce_abm.results import RowError, parse_bulk_error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
            RowError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",)),
        ),
        (
            "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--",
            RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        ),
        (
            "INVALID_FIELD:Failed to deserialize field at col 3. Due to, 'x' is not a valid value for the type xsd:date:CloseDate --",
            RowError(
                "INVALID_FIELD",
                "Failed to deserialize field at col 3. Due to, 'x' is not a valid value for the type xsd:date",
                ("CloseDate",),
            ),
        ),
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName, Company]:LastName,Company --",
            RowError(
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LastName, Company]",
                ("LastName", "Company"),
            ),
        ),
        (
            "FIELD_CUSTOM_VALIDATION_EXCEPTION:Rule: never\nbefore 9:00:--",
            RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Rule: never\nbefore 9:00"),
        ),
        (
            "DUPLICATE_VALUE:duplicate value found: Key__c duplicates value on record with id: 001A:Key__c --",
            RowError(
                "DUPLICATE_VALUE",
                "duplicate value found: Key__c duplicates value on record with id: 001A",
                ("Key__c",),
            ),
        ),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER:We can't save. Details: none here, sorry --",
            RowError("CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save. Details: none here, sorry"),
        ),
        ("something else", RowError("UNKNOWN", "something else")),
        ("", RowError("UNKNOWN", "")),
        ("UNKNOWN_EXCEPTION:no end", RowError("UNKNOWN_EXCEPTION", "no end")),
    ],
    ids=[
        "field",
        "no-field",
        "colon-in-message",
        "fields",
        "lines",
        "id-in-message",
        "sentence",
        "free",
        "empty",
        "cut",
    ],
)
def test_the_error_cell_is_read_in_its_three_parts(text: str, expected: RowError) -> None:
    assert parse_bulk_error(text) == expected


def test_a_lock_is_worth_another_try_and_a_bad_value_is_not() -> None:
    lock = parse_bulk_error("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--")
    assert lock.action is Action.RETRY
    assert parse_bulk_error("STRING_TOO_LONG:City: data value too large: x:City --").action is Action.SKIP_ROW
    assert RowError("NEVER_SEEN_BEFORE", "?").action is Action.SKIP_ROW
