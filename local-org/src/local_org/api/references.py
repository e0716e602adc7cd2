"""`@{reference.path}` inside composite requests."""

from __future__ import annotations

import re
from typing import Any

_REFERENCE = re.compile(r"@\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_STEP = re.compile(r"\.?([A-Za-z0-9_]+)|\[(\d+)\]")


class UnresolvedError(Exception):
    """A reference that leads nowhere; the subrequest is not carried out."""


def valid_name(name: object) -> bool:
    """Whether a text may be a `referenceId`."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def names(value: Any) -> set[str]:
    """The reference ids a URL or body mentions."""
    if isinstance(value, str):
        return {re.split(r"[.\[]", path, maxsplit=1)[0] for path in _REFERENCE.findall(value)}
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*(names(item) for item in value))
    return set()


def resolve(value: Any, bodies: dict[str, Any]) -> Any:
    """Put in what references stand for.

    Args:
        value: a URL, or a JSON body with texts at any depth.
        bodies: answers of earlier subrequests that succeeded, by reference id.

    Raises:
        UnresolvedError: worded as Salesforce does.
    """
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole is not None:
            return _look_up(whole[1], bodies)
        return _REFERENCE.sub(lambda found: _text(_look_up(found[1], bodies)), value)
    if isinstance(value, dict):
        return {key: resolve(item, bodies) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, bodies) for item in value]
    return value


def _look_up(path: str, bodies: dict[str, Any]) -> Any:
    name = re.split(r"[.\[]", path, maxsplit=1)[0]
    value = bodies.get(name)
    rest = path[len(name) :]
    if value is None or not rest:
        raise _unresolved(path, name)
    for key, index in _STEP.findall(rest):
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif key and isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise _unresolved(path, name)
    if value is None or isinstance(value, (dict, list)):
        raise _unresolved(path, name)
    return value


def _unresolved(path: str, name: str) -> UnresolvedError:
    return UnresolvedError(
        f"Invalid reference specified. No value for {path} found in {name}. Provided referenceId ('{path}')"
        " must start with a letter or a number, and it can contain only letters, numbers and underscores"
        " ('_')."
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
