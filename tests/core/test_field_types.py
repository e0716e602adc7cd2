from __future__ import annotations

import pytest

from salesforce_abm.describe import Field
from salesforce_abm.errors import ConfigError
from salesforce_abm.field_types import FieldType


@pytest.mark.parametrize(
    ("text", "written", "attributes"),
    [
        ("text", "Text(255)", {"type": "Text", "length": 255}),
        (" Text ( 80 ) ", "Text(80)", {"type": "Text", "length": 80}),
        (
            "LONGTEXTAREA(256)",
            "LongTextArea(256)",
            {"type": "LongTextArea", "length": 256, "visibleLines": 3},
        ),
        ("Number", "Number(18,2)", {"type": "Number", "precision": 18, "scale": 2}),
        ("Number(5)", "Number(5,2)", {"type": "Number", "precision": 5, "scale": 2}),
        ("Currency(16,4)", "Currency(16,4)", {"type": "Currency", "precision": 16, "scale": 4}),
        ("Checkbox", "Checkbox", {"type": "Checkbox", "defaultValue": "false"}),
        (
            "Lookup(Account)",
            "Lookup(Account)",
            {"type": "Lookup", "referenceTo": "Account", "deleteConstraint": "SetNull"},
        ),
        ("DateTime", "DateTime", {"type": "DateTime"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_type_is_read_and_written(text: str, written: str, attributes: dict[str, object]) -> None:
    found = FieldType.parse(text)
    assert str(found) == written
    assert found.metadata() == attributes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Texts", "is not a type of field"),
        ("Text(", "is not a type of field"),
        ("Text(0)", "from 1 to 255"),
        ("Text(256)", "from 1 to 255"),
        ("Text(1,2)", "from 1 to 255"),
        ("LongTextArea(255)", "from 256 to 131,072"),
        ("LongTextArea(131073)", "from 256 to 131,072"),
        ("Number(19,2)", "at most 18 digits"),
        ("Number(2,3)", "at most 18 digits"),
        ("Number(a)", "whole number"),
        ("Date(3)", "Date has no size"),
        ("Lookup", "what it points at"),
    ],
    ids=lambda value: value,
)
def test_a_type_that_cannot_be_says_why(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        FieldType.parse(text)


@pytest.mark.parametrize(
    ("needed", "there", "fits"),
    [
        ("Text", Field(name="A", type="picklist"), True),
        ("Text", Field(name="A", type="double"), False),
        ("Number", Field(name="A", type="percent"), True),
        ("DateTime", Field(name="A", type="date"), True),
        ("DateTime", Field(name="A", type="string"), False),
        ("LongTextArea", Field(name="A", type="textarea", length=32768), True),
        ("LongTextArea", Field(name="A", type="textarea", length=255), False),
        ("Lookup(Account)", Field(name="A", type="reference", reference_to=("Account", "Contact")), True),
        ("Lookup(Account)", Field(name="A", type="reference", reference_to=("Lead",)), False),
    ],
    ids=lambda value: f"{value.type}-{value.length}" if isinstance(value, Field) else str(value),
)
def test_an_existing_field_does_or_does_not_do_the_service(needed: str, there: Field, fits: bool) -> None:
    assert (FieldType.parse(needed).misfit(there) is None) is fits
