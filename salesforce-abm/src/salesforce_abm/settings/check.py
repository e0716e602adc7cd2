"""Check a configuration against a list of settings and fill it in."""

from __future__ import annotations

import copy
import difflib
import json
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from salesforce_abm.settings.model import Kind, Setting


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name most like a misspelt one; None only when nothing is known."""
    folded = {_fold(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(_fold(name), folded, n=1, cutoff=0.0)
    return folded[found[0]] if found else None


def normalise(
    config: Mapping[str, Any],
    settings: Sequence[Setting],
    *,
    also_known: Iterable[str] = (),
) -> dict[str, Any]:
    """Check a configuration and fill it in.

    Args:
        config: what the user wrote. None and empty text count as unset, since an unset environment variable
            arrives as either.
        settings: what is known.
        also_known: names that pass unchecked, such as the Singer SDK's own settings.

    Returns:
        Every setting by name (None when unset and without default), then the `also_known` ones that are
        given.

    Raises:
        ConfigError: unknown names (with the nearest known one), wrong types or values, missing required
            settings, contradictions; all in one message, one line each.
    """
    passed_on = set(also_known)
    problems: list[str] = []
    names = {name for setting in settings for name in (setting.name, *(a.name for a in setting.aliases))}
    for name in config:
        if name not in names and name not in passed_on:
            suggestion = nearest(name, sorted(names | passed_on))
            problems.append(f"`{name}` is not a setting: the nearest known one is `{suggestion}`")
    result: dict[str, Any] = {}
    for setting in settings:
        try:
            result[setting.name] = _value(config, setting)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError.of(problems)
    return result | {name: config[name] for name in config if name in passed_on and name not in result}


def _value(config: Mapping[str, Any], setting: Setting) -> Any:
    value = _typed(config.get(setting.name), setting, setting.name)
    for alias in setting.aliases:
        given = _typed(config.get(alias.name), setting, alias.name, alias.kind)
        if given is not None and alias.convert is not None:
            given = alias.convert(given)
        if given is None or given == value:
            continue
        # A default may have been filled in before we see it (the SDK does that), so it contradicts nothing.
        if value is None or value == setting.default:
            value = given
        elif not alias.weak:
            raise ValueError(
                f"`{alias.name}` is another name of `{setting.name}`, and they differ: set one of them"
            )
    if value is None:
        if setting.required:
            raise ValueError(f"`{setting.name}` is missing: {setting.description}")
        return copy.deepcopy(setting.default)
    return _in_range(value, setting)


_EXPECTED: Final[Mapping[Kind, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def _typed(value: Any, setting: Setting, name: str, kind: Kind | None = None) -> Any:
    """Convert a value to its type; text is accepted for all: environment variables carry nothing else."""
    kind = kind or setting.kind
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return _CONVERT[kind](value)
    except (TypeError, ValueError):
        shown = "" if setting.secret else f", not {str(value)[:60]!r}"
        raise ValueError(f"`{name}` must be {_EXPECTED[kind]}{shown}") from None


def _to_string(value: Any) -> str:
    if isinstance(value, bool | list | dict):
        raise TypeError
    return str(value)


def _to_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _to_integer(value: Any) -> int:
    number = _to_number(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _to_boolean(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in ("true", "1", "yes", "on"):
        return True
    if text in ("false", "0", "no", "off"):
        return False
    raise ValueError


def _to_array(value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        value = json.loads(text) if text.startswith("[") else [part.strip() for part in text.split(",")]
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


def _to_object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = json.loads(value)
    return dict(value)


_CONVERT: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "string": _to_string,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "array": _to_array,
    "object": _to_object,
}


def _in_range(value: Any, setting: Setting) -> Any:
    if setting.allowed:
        spellings = {_fold(text): text for text in setting.allowed}
        spellings |= {_fold(text): meant for text, meant in setting.same_as.items()}
        if _fold(str(value)) not in spellings:
            raise ValueError(f"`{setting.name}` must be one of {', '.join(setting.allowed)}, not {value!r}")
        return spellings[_fold(str(value))]
    if setting.minimum is not None and value < setting.minimum:
        raise ValueError(f"`{setting.name}` must be at least {setting.minimum}, not {value}")
    if setting.maximum is not None and value > setting.maximum:
        raise ValueError(f"`{setting.name}` must be at most {setting.maximum}, not {value}")
    return value


def _fold(text: str) -> str:
    return text.strip().lower().replace("-", "_").replace(" ", "_")
