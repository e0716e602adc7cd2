"""sObject Tree: up to 200 new rows with their children, all or none, for one API call.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobject_tree.htm>
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.api import rows
from local_org.dml.outcome import RowError
from local_org.http import ApiError, Request, Response, Routes
from local_org.store import Rollback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.schema import ObjectDef

routes = Routes()

_MOST, _MOST_TYPES, _DEEPEST = 200, 5, 5


@dataclass(slots=True, eq=False)
class _Node:
    """A row of the tree.

    Attributes:
        link: the field that points at the parent.
    """

    reference: str
    item: ObjectDef
    values: dict[str, Any]
    parent: _Node | None
    link: str | None
    level: int
    id: str | None = None


@routes.post("/services/data/v{version}/composite/tree/{object}")
def tree(request: Request) -> Response:
    """Insert the rows, parents first."""
    item = rows.object_of(request)
    body = rows.body_object(request)
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
    nodes = list(_nodes(request, item, records, None, None))
    failures = _check(nodes) or _insert(request, nodes)
    if failures:
        results = [{"referenceId": reference, "errors": listed} for reference, listed in failures]
        return Response.json({"hasErrors": True, "results": results}, status=400)
    made = [{"referenceId": node.reference, "id": node.id} for node in nodes]
    return Response.json({"hasErrors": False, "results": made}, status=201)


Failures = list[tuple[str, list[dict[str, Any]]]]


def _nodes(
    request: Request, item: ObjectDef, records: list[Any], parent: _Node | None, link: str | None
) -> Iterator[_Node]:
    for record in records:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        if not isinstance(attributes, dict):
            raise ApiError(400, "INVALID_INPUT", "Each record needs attributes with type and referenceId")
        if str(attributes.get("type", item.name)).lower() != item.name.lower():
            raise ApiError(
                400, "INVALID_INPUT", f"A record of the type {attributes['type']} cannot stand here"
            )
        values = {key: value for key, value in record.items() if key != "attributes"}
        below = {key: value for key, value in values.items() if _has_children(value)}
        plain = {key: value for key, value in values.items() if key not in below}
        level = parent.level + 1 if parent else 1
        node = _Node(str(attributes.get("referenceId") or ""), item, plain, parent, link, level)
        yield node
        for name, value in below.items():
            child = request.org.schema.child(item.name, name)
            if child is None:
                message = f"No such column '{name}' on sobject of type {item.name}"
                raise ApiError(400, "INVALID_FIELD", message)
            target = rows.object_of(request, child.child)
            yield from _nodes(request, target, value["records"], node, child.field)


def _has_children(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("records"), list)


def _check(nodes: list[_Node]) -> Failures:
    """Refuse what is too big or not told apart."""
    problem = None
    if len(nodes) > _MOST:
        problem = f"The request exceeds the limit of {_MOST} records"
    elif len({node.item.name for node in nodes}) > _MOST_TYPES:
        problem = f"The request exceeds the limit of {_MOST_TYPES} object types"
    elif max(node.level for node in nodes) > _DEEPEST:
        problem = f"The request exceeds the limit of {_DEEPEST} levels"
    if problem is not None:
        raise ApiError(400, "LIMIT_EXCEEDED", problem)
    seen: set[str] = set()
    for node in nodes:
        if not node.reference or node.reference in seen:
            message = (
                "Duplicate ReferenceId provided in the request."
                if node.reference
                else "Include a reference ID for each record in the request."
            )
            return [(node.reference, [rows.in_list(RowError("INVALID_INPUT", message))])]
        seen.add(node.reference)
    return []


def _insert(request: Request, nodes: list[_Node]) -> Failures:
    failures: Failures = []
    options = rows.write_options(request)
    with request.org.store.write():
        for level in range(1, _DEEPEST + 1):
            for item in {node.item.name: node.item for node in nodes}.values():
                batch = [
                    node
                    for node in nodes
                    if node.level == level and node.item is item and (node.parent is None or node.parent.id)
                ]
                values = [_with_parent(node) for node in batch]
                outcomes = request.org.dml.create_many(request.user, item.name, values, options=options)
                for node, outcome in zip(batch, outcomes, strict=True):
                    node.id = outcome.id if outcome.success else None
                    if outcome.errors:
                        failures.append((node.reference, [rows.in_list(error) for error in outcome.errors]))
        if failures:
            raise Rollback
    return failures


def _with_parent(node: _Node) -> dict[str, Any]:
    if node.parent is None or node.link is None:
        return node.values
    return {**node.values, node.link: node.parent.id}
