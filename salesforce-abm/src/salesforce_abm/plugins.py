"""Finds the plugins installed beside this package, without importing them by name.

A plugin registers a `Plugin` under the entry point group `salesforce_abm.plugins`, as `tap` or `target`:

    [project.entry-points."salesforce_abm.plugins"]
    target = "target_salesforce_abm.requirements:PLUGIN"
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from salesforce_abm.checks.findings import Finding
    from salesforce_abm.requirements import Requirements
    from salesforce_abm.session import Session
    from salesforce_abm.settings import Setting

__all__ = ["GROUP", "Plugin", "find_plugin"]

GROUP: Final = "salesforce_abm.plugins"


@dataclass(frozen=True, slots=True)
class Plugin:
    """What the command must know of a plugin.

    Attributes:
        name: of its distribution.
        settings: all its settings.
        requirements: from a configuration to what it needs of the org. Raises ConfigError.
        probe: the plugin's own look at the org before it runs: what it would refuse, by object or
            `Object.Field`. Raises ConfigError.
    """

    name: str
    settings: Sequence[Setting]
    requirements: Callable[[Mapping[str, Any]], Requirements]
    probe: Callable[[Session, Mapping[str, Any]], Sequence[Finding]] | None = None


def find_plugin(kind: str) -> Plugin:
    """Find the tap or the target.

    Args:
        kind: `tap` or `target`.

    Raises:
        ConfigError: it is not installed in this Python environment.
    """
    for point in entry_points(group=GROUP, name=kind):
        found = point.load()
        if isinstance(found, Plugin):
            return found
    raise ConfigError(
        f"{kind}-salesforce-abm is not installed beside this command, so nobody can tell what it needs",
        remedy=f"Install it in the same Python environment (pip install {kind}-salesforce-abm), or run this "
        f"through Meltano (meltano invoke {kind}-salesforce-abm:check).",
    )
