"""Composite graphs: several all-or-none requests, independent of each other, for one API call.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local_org.api import references
from local_org.api.composite import Step, halted, read_steps, together
from local_org.http import ApiError, Request, Response, Routes

if TYPE_CHECKING:
    from collections.abc import Sequence

routes = Routes()

ROLLED_BACK = "We rolled back the transaction since another operation in the same transaction failed."
_TOO_MANY_FAILED = "Processing was halted since too many graphs failed."
_MOST_GRAPHS, _MOST_NODES, _DEEPEST, _MOST_DIFFERENT, _MOST_FAILED = 75, 500, 15, 15, 14
_NODE = re.compile(r"/services/data/(v[^/]+)/sobjects/([^/?]+)", re.IGNORECASE)


@routes.post("/services/data/v{version}/composite/graph")
def graph(request: Request) -> Response:
    """Carry out each graph."""
    if request.version_number < 50:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist", code_first=True)
    value = request.json()
    given = value.get("graphs") if isinstance(value, dict) else None
    if not isinstance(given, list) or not given:
        raise ApiError(400, "INVALID_INPUT", "At least one graph is required")
    graphs = [(_name(item), read_steps(item.get("compositeRequest"))) for item in given]
    _check(graphs)
    answers, failed = [], 0
    for name, steps in graphs:
        if failed >= _MOST_FAILED:
            done = [halted(step, _TOO_MANY_FAILED) for step in steps]
        else:
            done = together(request, steps, ROLLED_BACK)
        successful = not any(item.failed for item in done)
        failed += not successful
        answers.append(
            {
                "graphId": name,
                "graphResponse": {"compositeResponse": [item.answer() for item in done]},
                "isSuccessful": successful,
            }
        )
    return Response.json({"graphs": answers})


def _name(item: Any) -> str:
    if not isinstance(item, dict) or not isinstance(item.get("graphId"), str):
        raise ApiError(400, "INVALID_INPUT", "A graph needs a graphId")
    return str(item["graphId"])


def _check(graphs: Sequence[tuple[str, list[Step]]]) -> None:
    """Refuse what is too big. <.../composite_graph_limits.htm>."""
    if len({name for name, _ in graphs}) < len(graphs):
        raise ApiError(400, "INVALID_INPUT", "Duplicate graphId")
    problem = None
    if len(graphs) > _MOST_GRAPHS:
        problem = f"at most {_MOST_GRAPHS} graphs"
    elif sum(len(steps) for _, steps in graphs) > _MOST_NODES:
        problem = f"at most {_MOST_NODES} nodes"
    elif len({_kind(step) for _, steps in graphs for step in steps}) > _MOST_DIFFERENT:
        problem = f"at most {_MOST_DIFFERENT} different nodes"
    elif max(_depth(steps) for _, steps in graphs) > _DEEPEST:
        problem = f"a depth of at most {_DEEPEST}"
    if problem is not None:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Limit exceeded: a composite graph request has {problem}")
    for _, steps in graphs:
        for step in steps:
            if _NODE.match(step.url) is None:
                raise ApiError(400, "INVALID_INPUT", f"A graph cannot have the node {step.method} {step.url}")


def _kind(step: Step) -> tuple[str, ...]:
    found = _NODE.match(step.url)
    return (step.method, found[1].lower(), found[2].lower()) if found else (step.method, step.url)


def _depth(steps: Sequence[Step]) -> int:
    depths: dict[str, int] = {}
    for step in steps:
        parents = references.names(step.url) | references.names(step.body)
        depths[step.reference] = 1 + max((depths.get(parent, 0) for parent in parents), default=0)
    return max(depths.values(), default=0)
