"""`salesforce-abm check`: is the connection all right, and what is not, with the sentence that fixes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from salesforce_abm.cli.config import config_option, load_config
from salesforce_abm.connection import Connection
from salesforce_abm.errors import ApiError, SalesforceAbmError
from salesforce_abm.limits import Limits
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "check", "connection_findings", "render"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    Attributes:
        subject: what was looked at.
        found: what there is.
        remedy: the sentence that fixes it; None when nothing needs fixing.
    """

    subject: str
    found: str
    remedy: str | None = None


def connection_findings(session: Session, quota_percent: int) -> Iterator[Finding]:
    """Look at the connection itself: who, where, which API version, how much quota.

    Args:
        session: a session that no quota stops, so that a full quota can be shown.
        quota_percent: the `quota_percent_total` of the plugins' runs.

    Raises:
        SalesforceAbmError: the sign-in failed, so there is nothing else to look at.
    """
    connection = session.connection
    token = session.current()
    yield Finding("Org", f"{session.instance_url} ({connection.flow} flow)")
    yield _user(session, token.identity_url)
    yield _version(session)
    yield _quota(session, quota_percent)


def _user(session: Session, identity_url: str | None) -> Finding:
    try:
        me = session.get_json("/services/oauth2/userinfo", kind="other")
        return Finding("Signed in as", f"{me['preferred_username']} ({me.get('name') or 'no name'})")
    except (ApiError, KeyError, TypeError):
        # A token with the `api` scope alone may not ask for its user's profile; that is enough for all else.
        user_id = identity_url.rsplit("/", 1)[-1] if identity_url else "unknown"
        return Finding("Signed in as", f"user {user_id} (the app has no scope that shows the name)")


def _version(session: Session) -> Finding:
    versions = {entry["version"] for entry in session.get_json("/services/data", kind="other")}
    newest = max(versions, key=float, default="none")
    if session.api_version in versions:
        return Finding("API version", f"{session.api_version} (the org serves up to {newest})")
    return Finding(
        "API version",
        f"{session.api_version} is not served",
        f"Set `api_version` to {newest} or lower.",
    )


def _quota(session: Session, quota_percent: int) -> Finding:
    try:
        daily = Limits(session).all()["DailyApiRequests"]
    except (ApiError, KeyError):
        return Finding(
            "API requests", "the org does not tell its limit, so the quota settings have no effect"
        )
    percent = daily.used * 100 / daily.max if daily.max else 0.0
    found = f"{daily.used:,} of {daily.max:,} in 24 hours ({percent:.0f} %)"
    if percent >= quota_percent < 100:
        return Finding(
            "API requests", found, "Wait, or raise `quota_percent_total`: a run would stop at once."
        )
    return Finding("API requests", found)


def render(findings: list[Finding]) -> str:
    """Write the table, one line a finding, and the remedies below the lines they belong to."""
    width = max(len(finding.subject) for finding in findings)
    lines = []
    for finding in findings:
        mark = "ok" if finding.remedy is None else "FAILED"
        lines.append(f"{mark:<6}  {finding.subject:<{width}}  {finding.found}")
        if finding.remedy is not None:
            lines.append(f"{'':<6}  {'':<{width}}  -> {finding.remedy}")
    return "\n".join(lines)


@click.command()
@click.argument("plugin", type=click.Choice(["tap", "target"]), required=False)
@config_option
def check(plugin: str | None, config_path: str | None) -> None:
    """Sign in and show who, where, the API version and the quota left.

    PLUGIN says whose environment variables to read, next to the configuration file.
    """
    connection = Connection.from_config(load_config(config_path, plugin))
    unstopped = replace(connection, quota_percent_total=100, quota_percent_per_run=100)
    with Session(unstopped) as session:
        findings = list(connection_findings(session, connection.quota_percent_total))
    click.echo(render(findings))
    failed = sum(finding.remedy is not None for finding in findings)
    if failed:
        raise SalesforceAbmError(f"{failed} {'check' if failed == 1 else 'checks'} failed")
