"""Settings of a command: a plugin's configuration file, the plugin's environment variables, or both."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from salesforce_abm import redact
from salesforce_abm.errors import ConfigError
from salesforce_abm.settings import CONNECTION_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from salesforce_abm.settings import Setting

__all__ = ["PREFIXES", "config_option", "load_config"]

PREFIXES: Final = {"tap": "TAP_SALESFORCE_ABM_", "target": "TARGET_SALESFORCE_ABM_", None: "SALESFORCE_ABM_"}
"""Beginning of the environment variables, by plugin; the last is for commands that belong to neither."""

_ENVIRONMENT_ONLY: Final = "ENV"
_F = TypeVar("_F", bound="Callable[..., Any]")


def config_option(command: _F) -> _F:
    """Add the option `--config FILE` to a command."""
    return click.option(
        "--config",
        "config_path",
        metavar="FILE",
        help="Configuration file (JSON) of the tap or the target. What it does not set is taken from the "
        "environment: SALESFORCE_ABM_..., and TAP_ or TARGET_SALESFORCE_ABM_... when PLUGIN says so. "
        "ENV takes all from there.",
    )(command)


def load_config(
    path: str | None,
    plugin: str | None = None,
    *,
    settings: Sequence[Setting] = CONNECTION_SETTINGS,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Collect a configuration; the file wins over the environment.

    Args:
        path: the file, `ENV` or None for the environment alone.
        plugin: `tap`, `target`, or None for the command's own variables; these also fill what a plugin's
            leave out.
        settings: which variables to look for; values stay text, `normalise` converts them.
        environ: environment variables, by default those of the process.

    Returns:
        The configuration, unchecked. Its secrets are registered with `redact`.

    Raises:
        ConfigError: the file cannot be read or is no JSON object.
    """
    environ = os.environ if environ is None else environ
    names = [
        name for setting in settings for name in (setting.name, *(alias.name for alias in setting.aliases))
    ]
    found: dict[str, Any] = {}
    for prefix in (PREFIXES[None], PREFIXES[plugin]):
        found |= {
            name: environ[prefix + name.upper()] for name in names if environ.get(prefix + name.upper())
        }
    if path is not None and path != _ENVIRONMENT_ONLY:
        found |= _read(Path(path))
    secrets = {name for s in settings if s.secret for name in (s.name, *(alias.name for alias in s.aliases))}
    redact.register(*(str(value) for name, value in found.items() if name in secrets and value))
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        # The reason is left out: it may quote the file, and the file has secrets.
        raise ConfigError(f"{path} is not a JSON document") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is not a JSON object of settings")
    return document
