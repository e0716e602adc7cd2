"""`salesforce-abm check`: is all there that a run needs, and what is not, with the sentence that fixes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from salesforce_abm.checks import (
    Finding,
    State,
    look_at_connection,
    look_at_needs,
    look_at_probe,
    look_at_reading,
)
from salesforce_abm.cli.config import config_option, load_config
from salesforce_abm.cli.output import json_option, print_json, progress, table
from salesforce_abm.connection import Connection
from salesforce_abm.describe import Describer
from salesforce_abm.errors import AuthError, SalesforceAbmError
from salesforce_abm.plugins import find_plugin
from salesforce_abm.presence import Presence
from salesforce_abm.session import Session
from salesforce_abm.settings import CONNECTION_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesforce_abm.describe import SObjectSummary
    from salesforce_abm.plugins import Plugin
    from salesforce_abm.requirements import Requirements

__all__ = ["check"]

_STYLES = {State.OK: "green", State.NOTE: "yellow", State.FAILED: "bold red"}


@click.command()
@click.argument("plugin", type=click.Choice(["tap", "target"]), required=False)
@config_option
@json_option
def check(*, plugin: str | None, config_path: str | None, as_json: bool) -> None:
    """Check the connection, and every object, field and permission a plugin's configuration needs.

    PLUGIN is tap or target; without it, only the connection is looked at. Exit code 1 when anything failed.
    """
    asked = find_plugin(plugin) if plugin else None
    settings = asked.settings if asked else CONNECTION_SETTINGS
    config = load_config(config_path, plugin, settings=settings)
    connection = Connection.from_config(config)
    needed = asked.requirements(config) if asked else None
    unstopped = replace(connection, quota_percent_total=100, quota_percent_per_run=100)
    findings: list[Finding] = []
    with Session(unstopped) as session:
        try:
            with progress("Signing in") as tell:
                findings += look_at_connection(session, connection.quota_percent_total)
                if asked and needed and not _is_over(findings):
                    tell("Looking at objects and fields")
                    findings += _needs(session, asked, needed, config, findings)
        except AuthError as error:
            if not as_json:
                raise
            findings.append(Finding.failed("Sign-in", error.message, error.remedy or ""))
    failed = sum(finding.state is State.FAILED for finding in findings)
    if as_json:
        document = {"ok": not failed, "failed": failed, "findings": [f.as_dict() for f in findings]}
        print_json(document | {"notes": list(needed.notes) if needed else []})
        if failed:
            raise click.exceptions.Exit(1)
        return
    _show(findings, needed)
    if failed:
        raise SalesforceAbmError(f"{failed} {'check' if failed == 1 else 'checks'} failed")


def _is_over(findings: list[Finding]) -> bool:
    """Tell whether asking for anything else is in vain."""
    return any(f.state is State.FAILED and f.subject in ("API access", "API version") for f in findings)


def _needs(
    session: Session,
    plugin: Plugin,
    needed: Requirements,
    config: Mapping[str, Any],
    before: list[Finding],
) -> Iterator[Finding]:
    names = [need.name for need in needed.objects]
    described = {found.name.lower(): found for found in Describer(session).sobjects(names).values()}
    presence = Presence(session, names)
    listed: list[SObjectSummary] = []

    def all_objects() -> list[SObjectSummary]:
        if not listed:
            listed.extend(Describer(session).global_())
        return listed

    made = list(look_at_needs(needed, described, presence, lambda: [one.name for one in all_objects()]))
    yield from made
    objects = all_objects() if needed.patterns else []
    yield from look_at_reading(session, needed, described, presence, objects)
    if plugin.probe is not None:
        failed = [finding.subject for finding in (*before, *made) if finding.state is State.FAILED]
        yield from look_at_probe(plugin.probe(session, config), failed)


def _show(findings: list[Finding], needed: Requirements | None) -> None:
    rows = []
    for finding in findings:
        fix = f"\n-> {finding.remedy}" if finding.remedy else ""
        rows.append(((finding.state.value, finding.subject, f"{finding.found}{fix}"), _STYLES[finding.state]))
    table(("", "What", "Found"), rows)
    for note in needed.notes if needed else ():
        click.echo(f"Note: {note}")
