"""What a setting is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["string", "integer", "number", "boolean", "array", "object"]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name under which a setting is accepted, mostly that of an older tap or target.

    Attributes:
        name: the other name.
        kind: its type, when that differs from the setting's.
        convert: makes the setting's value from the alias's; None as result means "says nothing".
        weak: a value given under the setting's own name wins; otherwise two different values are an error.
    """

    name: str
    kind: Kind | None = None
    convert: Callable[[Any], Any] | None = None
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a plugin.

    Attributes:
        name: as written in a configuration file.
        kind: JSON type.
        description: what it does, its default and what it costs; one paragraph of Markdown.
        default: value when unset; None when there is none.
        secret: never logged or shown.
        required: unset is an error.
        allowed: the only values; other letter case is accepted and rewritten.
        same_as: further values and the allowed one they mean.
        minimum: smallest number.
        maximum: biggest number.
        aliases: other names.
        title: short label; made from the name when empty.
        schema: JSON Schema keywords to add, for example `items` of an array.
    """

    name: str
    kind: Kind
    description: str
    default: Any = None
    secret: bool = False
    required: bool = False
    allowed: tuple[str, ...] = ()
    same_as: Mapping[str, str] = field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    aliases: tuple[Alias, ...] = ()
    title: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The title, or the name in words."""
        return self.title or self.name.replace("_", " ").capitalize()
