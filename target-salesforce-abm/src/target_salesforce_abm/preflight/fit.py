"""Does a stream bring what its fields can take? Only what its JSON Schema makes certain is a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.describe import nearest_name
from target_salesforce_abm.preflight.findings import words_for

if TYPE_CHECKING:
    from salesforce_abm.describe import SObject
    from target_salesforce_abm.bind import BoundStep, Column

__all__ = ["schema_problems"]

_NUMBERS: Final = ("int", "long", "double", "currency", "percent")
_STRUCTURES: Final = frozenset({"lists", "objects"})
_MOMENTS: Final = frozenset({"dates", "dates and times", "times"})
_CANNOT_TAKE: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(_NUMBERS, _STRUCTURES | _MOMENTS | {"true or false"}),
    **dict.fromkeys(("date", "datetime"), _STRUCTURES | {"numbers", "times", "true or false"}),
    "time": _STRUCTURES | {"numbers", "dates", "dates and times", "true or false"},
    "boolean": _STRUCTURES | _MOMENTS,
    **dict.fromkeys(("reference", "id", "email"), _STRUCTURES | _MOMENTS | {"true or false", "numbers"}),
    "multipicklist": frozenset({"objects"}),
    "picklist": _STRUCTURES,
}
_FORMATS: Final = {"date": "dates", "date-time": "dates and times", "time": "times"}
_KINDS: Final = {"boolean": "true or false", "array": "lists", "object": "objects"}


def schema_problems(
    sobject: SObject,
    columns: Sequence[Column],
    steps: Sequence[BoundStep],
    schema: Mapping[str, Any],
    where: str,
) -> list[str]:
    """Compare a load with its stream's JSON Schema.

    Args:
        sobject: the load's object.
        columns: what it writes.
        steps: how it finds records.
        schema: JSON Schema of the stream's records.
        where: the load's place in the settings.

    Returns:
        One line for each field whose property brings a type it cannot take, and one when nothing could ever
        be matched or written because the stream has none of the properties.
    """
    properties = schema.get("properties") or {}
    problems: list[str] = []
    for column in columns:
        found = sobject.field(column.field)
        if found is not None and not column.lookup:
            brings = _brings(properties.get(column.source))
            if brings in _CANNOT_TAKE.get(found.type, ()):
                problems.append(
                    f"{sobject.name}.{found.name}: a {words_for(found)} field, but property {column.source} "
                    f"brings {brings} [{where}]"
                )
    if not properties or schema.get("additionalProperties") is True:
        return problems
    match = [step.source for step in steps]
    written = [column.source for column in columns if not column.lookup]
    written += [step.source for column in columns for step in column.lookup]
    for what, sources in (("match", match), ("fields", written)):
        if sources and not any(source in properties for source in sources):
            near = nearest_name(sources[0], properties)
            problems.append(
                f"the stream has none of the properties {', '.join(dict.fromkeys(sources))}"
                f"{f' (nearest: {near})' if near else ''} [{where}.{what}]"
            )
    return problems


def _brings(prop: Any) -> str | None:
    """Say what a property holds, when its schema leaves no doubt."""
    if not isinstance(prop, Mapping):
        return None
    types = prop.get("type")
    kinds = ({types} if isinstance(types, str) else set(types or ())) - {"null"}
    if kinds == {"string"}:
        return _FORMATS.get(str(prop.get("format")))
    if kinds and kinds <= {"number", "integer"}:
        return "numbers"
    return _KINDS.get(next(iter(kinds))) if len(kinds) == 1 else None
