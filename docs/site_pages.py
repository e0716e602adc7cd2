"""The site's reference pages that are made from the code: settings, errors, the command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import target_salesforce_abm.preflight as preflight_package
from salesforce_abm.auth.refusals import REFUSALS
from salesforce_abm.cli import main as command
from salesforce_abm.codes import CODES, REFINEMENTS, Action
from salesforce_abm.settings import CONNECTION_SETTINGS, to_markdown
from tap_salesforce_abm.settings import SETTINGS as TAP_SETTINGS
from target_salesforce_abm.preflight.findings import _MISSING
from target_salesforce_abm.settings import SDK_SETTINGS, TARGET_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from salesforce_abm.codes import Advice
    from salesforce_abm.settings import Setting

MADE_BY = "<!-- Made by docs/generate.py; change the code it is made from and run it again. -->\n\n"

DOES = {
    Action.RETRY: "tries again, with growing pauses",
    Action.WAIT: "stops with exit code 2; STATE is good",
    Action.REAUTH: "signs in again, once, and repeats the request",
    Action.SPLIT: "asks for less: a smaller window, fewer fields or rows",
    Action.FALLBACK_REST: "reads by REST instead",
    Action.SKIP_ROW: "rejects this row; the others go on",
    Action.SKIP_STREAM: "fails this stream; the others go on",
    Action.FAIL: "stops",
}

# What the target says before its first write. Each text must be in the source of `preflight`, or making the
# page fails; the ways out are those that are longer than the message itself.
PREFLIGHT = (
    (
        "a formula or roll-up field, which nobody can write",
        "Map another field, or take this one out of `fields`.",
    ),
    ("an auto-number field, which nobody can write", "Map another field, or take this one out of `fields`."),
    ("give it Edit in the field's field-level security", "The sentence says it; `provision` grants it too."),
    (
        "Salesforce does not let anybody",
        "A system field, or one that can be set only when a record is created.",
    ),
    (
        "cannot be written by value",
        "A compound field (an address, a location): map its parts. Files cannot be loaded.",
    ),
    (
        "not a lookup, so match has nothing to find",
        "Take `match` out of this field, or map the lookup field.",
    ),
    (
        "by: domain finds Accounts only",
        "For Contacts and Leads match on `Id`, an external Id or another field.",
    ),
    ("cannot be searched", "Match on a field that Salesforce can filter by; long texts are not."),
    (
        "an upsert needs a unique external Id",
        "Match on a unique external Id, or name one in `key`.",
    ),
    (
        "not an external Id, so it cannot be the key",
        "Setup > Object Manager > Fields & Relationships > Edit: check External ID.",
    ),
    (
        "an external Id but not unique",
        "Setup > Object Manager > Fields & Relationships > Edit: check Unique.",
    ),
    ("the connected user may not set it on new records", "Give the user Edit on the key field."),
    ("a number, but key_from builds a text", "Use a text field as `key`."),
)


def pages() -> dict[str, str]:
    """Each page's path below `docs/`, and its text."""
    return {
        "reference/connection.md": _connection(),
        "reference/tap.md": _plugin("Tap settings", "tap-salesforce-abm", TAP_SETTINGS, _TAP_SDK),
        "reference/target.md": _plugin(
            "Target settings", "target-salesforce-abm", TARGET_SETTINGS, SDK_SETTINGS
        ),
        "reference/errors.md": _errors(),
        "reference/command.md": _command(),
    }


_TAP_SDK = (
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "batch_config",
)


def _connection() -> str:
    return (
        f"{MADE_BY}# Connection settings\n\n"
        "The tap and the target have these alike. Set one sign-in flow; which settings each needs is in\n"
        "[A real org](../real-org.md). In the environment they are `TAP_SALESFORCE_ABM_...` and\n"
        "`TARGET_SALESFORCE_ABM_...` with the setting's name in capitals; the command `salesforce-abm` also "
        "reads\n`SALESFORCE_ABM_...`.\n\n" + _settings(CONNECTION_SETTINGS)
    )


def _plugin(title: str, name: str, settings: Sequence[Setting], sdk: Iterable[str]) -> str:
    own = [setting for setting in settings if setting not in CONNECTION_SETTINGS]
    prefix = name.replace("-", "_").upper()
    return (
        f"{MADE_BY}# {title}\n\n"
        f"`{name}` has the [connection settings](connection.md), and these. An unknown setting is an error "
        "that\nnames the nearest known one. In the environment the setting `x` is "
        f"`{prefix}_X`; lists and mappings are JSON there.\n\n{_settings(own)}\n"
        "## Settings of the Singer SDK\n\n"
        + ", ".join(f"`{one}`" for one in sdk)
        + ": see the [SDK's documentation](https://sdk.meltano.com/).\n"
    )


def _settings(settings: Sequence[Setting]) -> str:
    return to_markdown(settings).replace("](#loads)", "](loads.md)")


def _errors() -> str:
    return MADE_BY + "\n".join([_INTRO, *_sign_in(), *_codes(), *_before_writing()]) + "\n"


_INTRO = """# Errors and remedies

A failure is one line: the object, field or setting, what is wrong, what to do. `--log-level debug` adds the
traceback and one line for each request. `salesforce-abm check` looks for most of what is below before a run does.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed: settings, permissions, a stream, too many rejected rows |
| 2 | stopped before the API quota; STATE is good, run again later |
| 130, 143 | stopped by SIGINT or SIGTERM; STATE of what is done was written |

What happens to single rows that the target does not write is in [Files](files.md#the-rejects-file).
"""


def _sign_in() -> Iterable[str]:
    yield "## Sign-in refused\n"
    yield "Salesforce answers most of these with the same `invalid_grant`; its words decide.\n"
    yield "| error | words | flow | what to do |\n| --- | --- | --- | --- |"
    for row in REFUSALS:
        yield _row(_code(row.error), row.words or "any", row.flow or "any", row.remedy)
    yield ""


def _codes() -> Iterable[str]:
    yield "## Codes of the Salesforce APIs\n"
    yield "What the plugins do by themselves, and what is left for a person.\n"
    yield "| code | the plugin | what to do |\n| --- | --- | --- |"
    for code, advice in sorted(CODES.items(), key=lambda item: item[0].casefold()):
        yield _row(f"`{code}`", *_advice(advice))
    yield "\nWhere the words of the message change the meaning of the code:\n"
    yield "| code | words | the plugin | what to do |\n| --- | --- | --- | --- |"
    for one in REFINEMENTS:
        yield _row(_code(one.code), one.words, *_advice(one.advice))
    yield ""


def _advice(advice: Advice) -> tuple[str, str]:
    does = DOES[advice.action] + (f", {advice.tries} times in all" if advice.tries else "")
    return does, advice.remedy or ""


def _before_writing() -> Iterable[str]:
    source = " ".join(
        " ".join(path.read_text("utf-8").replace('"', " ").split())
        for path in Path(preflight_package.__file__).parent.glob("*.py")
    )
    yield "## Before the first write\n"
    yield "The target compares `loads` with the org before it writes anything, and tells everything at once:"
    yield "`Object.Field: problem (nearest: other name) [place in the settings]`.\n"
    yield "| message | what to do |\n| --- | --- |"
    for text in _MISSING.values():
        yield _row(text.format("field (or object)"), _MISSING_REMEDY)
    for text, remedy in PREFLIGHT:
        if " ".join(text.split()) not in source:
            raise SystemExit(f"docs/site_pages.py: preflight does not say {text!r} any more")
        yield _row(text, remedy)


_MISSING_REMEDY = (
    "Check the API name, or let `salesforce-abm provision` make the field and grant it, or do so in Setup > Object "
    "Manager > Fields & Relationships > Set Field-Level Security."
)


def _command() -> str:
    parts = [f"{MADE_BY}# The command salesforce-abm\n", (command.help or "").strip(), _options(command)]
    for name, one in sorted(command.commands.items()):
        parts += [
            f"## {name}\n",
            f"    salesforce-abm {name} {_usage(one)}\n",
            _paragraphs(one.help),
            _options(one),
        ]
    return "\n".join(parts).rstrip() + "\n"


def _usage(one: click.Command) -> str:
    return " ".join(one.collect_usage_pieces(click.Context(one)))


def _paragraphs(text: str | None) -> str:
    blocks = [" ".join(block.split()) for block in (text or "").replace("\b", "").split("\n\n")]
    return "\n\n".join(blocks) + "\n"


def _options(one: click.Command) -> str:
    lines = ["", "| option | meaning |", "| --- | --- |"]
    for option in one.params:
        if isinstance(option, click.Option) and not option.hidden:
            names = ", ".join(f"`{name}`" for name in option.opts)
            lines.append(_row(names, f"{option.help or ''}{_default(option)}"))
    return "\n".join(lines) + "\n" if len(lines) > 3 else ""


def _default(option: click.Option) -> str:
    value: Any = option.show_default
    if isinstance(value, str):
        return f" Default: {value}."
    return f" Default: `{option.default}`." if value and option.default is not None else ""


def _code(text: str | None) -> str:
    return f"`{text}`" if text else "any"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
