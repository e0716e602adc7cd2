"""Validate records against their stream's JSON Schema with compiled code.

`jsonschema` alone would take most of a run.

Formats are not validated: whether a text is a date matters only for a property that is mapped to a date
field, and there the field's codec decides. Numbers may be `Decimal`, which JSON readers make of fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import fastjsonschema
from fastjsonschema import JsonSchemaException, JsonSchemaValueException
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord
from singer_sdk.sinks.core import BaseJSONSchemaValidator
from typing_extensions import override

__all__ = ["FastValidator"]


class FastValidator(BaseJSONSchemaValidator):
    """Validates the records of one stream.

    Args:
        schema: the stream's JSON Schema.

    Raises:
        InvalidJSONSchema: the tap sent a schema that is none.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        try:
            self._check: Callable[[Any], Any] = fastjsonschema.compile(
                _lenient(schema), use_default=False, use_formats=False
            )
        except (JsonSchemaException, TypeError, AttributeError, KeyError, ValueError) as error:
            raise InvalidJSONSchema(f"the stream's schema is not valid JSON Schema: {error}") from error

    @override
    def validate(self, record: dict[str, Any]) -> None:
        """Check a record.

        Raises:
            InvalidRecord: what does not fit, without the value.
        """
        try:
            self._check(record)
        except JsonSchemaValueException as error:
            raise InvalidRecord(error.message.removeprefix("data.").removeprefix("data "), record) from error


def _lenient(schema: Any) -> Any:
    """Leave `multipleOf` out: taps tell the scale of decimals by it, and binary fractions never fit."""
    if isinstance(schema, Mapping):
        return {key: _lenient(value) for key, value in schema.items() if key != "multipleOf"}
    if isinstance(schema, list):
        return [_lenient(item) for item in schema]
    return schema
