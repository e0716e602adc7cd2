"""The connection itself: org, user, API access, API version, quota, storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from salesforce_abm.checks.findings import Finding, State
from salesforce_abm.errors import AccessError, ApiError
from salesforce_abm.identity import identify
from salesforce_abm.limits import Limits
from salesforce_abm.query import Query
from salesforce_abm.soql import Select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.limits import Limit
    from salesforce_abm.session import Session

__all__ = ["look_at_connection"]

_FULL: Final = 95
"""Percent of the data storage from which a person should know."""


def look_at_connection(session: Session, quota_percent: int) -> Iterator[Finding]:
    """Look at the connection.

    Args:
        session: a session that no quota stops, so that a full quota can be shown.
        quota_percent: the `quota_percent_total` of the plugins' runs.

    Yields:
        Findings; when the user may not use the API, that is the last one.

    Raises:
        SalesforceAbmError: the sign-in failed, so there is nothing else to look at.
    """
    session.current()
    refused = _refusal(session)
    yield Finding("Org", f"{session.instance_url} ({session.connection.flow} flow){_org(session)}")
    yield from _user(session)
    yield _version(session)
    if refused is not None:
        yield refused
        return
    yield from _limits(session, quota_percent)


def _refusal(session: Session) -> Finding | None:
    """Try the API: signing in says nothing about whether the user may use it."""
    try:
        session.get_json("sobjects/Organization", kind="other")
    except AccessError as error:
        if error.code in ("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"):
            return Finding.failed(
                "API access",
                f"refused: {error.code}",
                "Give the user 'API Enabled' (Setup > Permission Sets > System Permissions); the edition "
                "must have the API too (Enterprise and above, or an add-on).",
            )
    except ApiError:
        pass
    return None


def _org(session: Session) -> str:
    try:
        rows = Query(session).records(
            Select(("Name", "IsSandbox", "OrganizationType"), "Organization").render()
        )
        row = next(iter(rows), {})
    except ApiError:
        return ""
    kind = "sandbox" if row.get("IsSandbox") else str(row.get("OrganizationType") or "")
    return f", {row.get('Name')}, {kind}" if row.get("Name") else ""


def _user(session: Session) -> Iterator[Finding]:
    user = identify(session)
    if user is None:
        yield Finding("Signed in as", "unknown (the app has no scope that shows the user)", state=State.NOTE)
    elif not user.username:
        yield Finding("Signed in as", f"user {user.user_id} (the app has no scope that shows the name)")
    else:
        yield Finding("Signed in as", f"{user.username} ({user.name or 'no name'})")
    if user is not None and user.profile:
        yield Finding("Licence", f"{user.licence or 'unknown'}, profile {user.profile}")


def _version(session: Session) -> Finding:
    versions = {entry["version"] for entry in session.get_json("/services/data", kind="other")}
    newest = max(versions, key=float, default="none")
    if session.api_version in versions:
        return Finding("API version", f"{session.api_version} (the org serves up to {newest})")
    return Finding.failed(
        "API version",
        f"{session.api_version} is not served",
        f"Set `api_version` to {newest} or lower.",
    )


def _limits(session: Session, quota_percent: int) -> Iterator[Finding]:
    try:
        limits = Limits(session).all()
    except ApiError:
        limits = {}
    daily = limits.get("DailyApiRequests")
    if daily is None:
        yield Finding(
            "API requests",
            "the org does not tell its limit, so the quota settings have no effect",
            state=State.NOTE,
        )
    else:
        yield _quota(daily, quota_percent)
    storage = limits.get("DataStorageMB")
    if storage is not None and storage.max > 0 and storage.used * 100 >= storage.max * _FULL:
        found = f"{storage.remaining:,} of {storage.max:,} MB left"
        remedy = "New records will soon be refused: free space (Setup > Storage Usage)."
        yield Finding("Data storage", found, remedy, State.NOTE)


def _quota(daily: Limit, quota_percent: int) -> Finding:
    percent = daily.used * 100 / daily.max if daily.max else 0.0
    found = f"{daily.used:,} of {daily.max:,} in 24 hours ({percent:.0f} %), {daily.remaining:,} left"
    if percent >= min(quota_percent, 100):
        remedy = (
            "Wait (Setup > Company Information shows the use), or raise `quota_percent_total`: a run would "
            "stop at once."
        )
        return Finding.failed("API requests", found, remedy)
    return Finding("API requests", found)
