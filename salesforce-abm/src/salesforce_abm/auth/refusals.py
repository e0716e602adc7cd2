"""What the token endpoint's errors mean, and what to do: one table, read from top to bottom.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm; the descriptions are those
seen in recorded answers and public reports. Salesforce says the same `invalid_grant` for most of them, so the
words decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from salesforce_abm import redact
from salesforce_abm.errors import AuthError

if TYPE_CHECKING:
    from salesforce_abm.connection import Connection
    from salesforce_abm.wire import Problem

__all__ = ["REFUSALS", "Refusal", "refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse a sign-in.

    Attributes:
        error: the `error` of the answer, or None for any.
        words: part of the `error_description` (any letter case), or None for any.
        remedy: what to do, a full sentence.
        flow: only for this flow, or None.
    """

    error: str | None
    words: str | None
    remedy: str
    flow: str | None = None


_APPROVE_APP: Final = (
    "An administrator must install the app (Setup > Connected Apps OAuth Usage > Install), or give the user "
    "the permission 'Approve Uninstalled Connected Apps' or 'Use Any API Client'."
)
_PRE_AUTHORISE: Final = (
    "In Setup > External Client App Manager > the app > Policies set 'Admin approved users are "
    "pre-authorized' and add the user's profile or permission set."
)
_KEY_AND_HOST: Final = (
    "Check `client_id` (Setup > External Client App Manager > Settings > Consumer Key and Secret) and that "
    "`domain` is the org that has the app; a new app takes up to ten minutes to work."
)

REFUSALS: Final[tuple[Refusal, ...]] = (
    Refusal(None, "user hasn't approved this consumer", _PRE_AUTHORISE, flow="jwt"),
    Refusal(
        None,
        "user hasn't approved this consumer",
        "The user has to allow the app once: run `salesforce-abm login`.",
    ),
    Refusal("invalid_app_access", None, _PRE_AUTHORISE),
    Refusal(None, "not admin approved", _PRE_AUTHORISE),
    Refusal("OAUTH_APP_BLOCKED", None, _APPROVE_APP),
    Refusal("OAUTH_APP_ACCESS_DENIED", None, _APPROVE_APP),
    Refusal("app_must_be_installed", None, _APPROVE_APP),
    Refusal(None, "must be installed", _APPROVE_APP),
    Refusal("OAUTH_EC_APP_NOT_FOUND", None, _APPROVE_APP),
    Refusal("OAUTH_AUTHORIZATION_BLOCKED", None, _APPROVE_APP),
    Refusal(
        "OAUTH_APPROVAL_ERROR_GENERIC",
        None,
        "Salesforce gives no reason: sign out of other orgs in the browser and try again; then see the "
        "user's Login History in Setup.",
    ),
    Refusal(None, "app is blocked", _APPROVE_APP),
    Refusal(
        None,
        "ip restricted",
        "Allow this machine's address: Setup > Profiles (or Permission Sets) > Login IP Ranges, or relax 'IP "
        "Relaxation' in the app's policies.",
    ),
    Refusal(
        None,
        "inactive user",
        "The user is frozen or deactivated: activate it (Setup > Users), or sign in as another one.",
    ),
    Refusal(None, "inactive organization", "The org is closed, locked or not activated yet: ask Salesforce."),
    Refusal(
        None,
        "no client credentials user",
        "Set 'Run As' for the client-credentials flow: Setup > External Client App Manager > the app > "
        "Policies.",
    ),
    Refusal(
        None,
        "not supported on this domain",
        "Set `domain` to the org's My Domain (Setup > My Domain): the client-credentials flow does not work "
        "at the shared login addresses.",
    ),
    Refusal(
        None,
        "audience",
        "Set `domain` to `login` for production, `test` for a sandbox or scratch org, or to the My Domain.",
        flow="jwt",
    ),
    Refusal(
        None,
        "assertion",
        "The signature or its time does not fit: the certificate in the app must belong to `private_key`, "
        "`client_id` to the app, and this machine's clock must be right.",
        flow="jwt",
    ),
    Refusal(
        None,
        "expired access/refresh token",
        "The refresh token was revoked, has expired, or was rotated by another run: run `salesforce-abm "
        "login`, and set `token_store_path` when the app rotates refresh tokens.",
        flow="refresh_token",
    ),
    Refusal(
        None,
        "token validity expired",
        "The refresh token has reached the end the app's refresh-token policy sets: run `salesforce-abm "
        "login`.",
    ),
    Refusal(None, "expired authorization code", "The code is used or older than 15 minutes: sign in again."),
    Refusal(
        None,
        "code verifier",
        "Sign in again: the answer does not belong to this sign-in.",
    ),
    Refusal(
        "invalid_grant",
        "authentication failure",
        "Salesforce says this alike for a wrong `username`, `password` or `security_token`, a locked user, "
        "and an org that blocks the flow (Setup > OAuth and OpenID Connect Settings > Allow OAuth "
        "Username-Password Flows). It is not tried again, because that locks the user.",
        flow="password",
    ),
    Refusal(
        "invalid_grant",
        "authentication failure",
        "See Setup > Login History of the user for the reason.",
    ),
    Refusal("invalid_client_id", None, _KEY_AND_HOST),
    Refusal(
        "invalid_client",
        None,
        "Set `client_secret` (SALESFORCE_ABM_CLIENT_SECRET), or take 'Require secret for Web Server Flow' "
        "off in the app (Setup > External Client App Manager > the app > Settings > OAuth Settings).",
        flow="web_server",
    ),
    Refusal(
        "invalid_client",
        None,
        "Check `client_secret` (Setup > External Client App Manager > Settings > Consumer Key and Secret); a "
        "new secret takes up to ten minutes to work.",
    ),
    Refusal(
        "unsupported_grant_type",
        None,
        "Enable the flow in the app (Setup > External Client App Manager > the app > Settings > OAuth), and "
        "use an https:// address.",
    ),
    Refusal(
        "invalid_scope",
        None,
        "Give the app the OAuth scopes 'Manage user data via APIs (api)' and 'Perform requests at any time "
        "(refresh_token, offline_access)'.",
    ),
    Refusal("redirect_uri_mismatch", None, "Register the callback address in the app exactly as it is used."),
    Refusal("redirect_uri_missing", None, "Register the callback address in the app exactly as it is used."),
    Refusal("access_denied", None, "The user declined: sign in again and allow the access."),
    Refusal("invalid_grant", None, "Check the credentials; the user's Login History shows the reason."),
    Refusal(
        "invalid_request",
        None,
        "Check the app's OAuth settings: it asks for something this flow does not send.",
    ),
    Refusal(
        "NOT_FOUND",
        None,
        "There is no Salesforce sign-in at this address: check `domain` or `instance_url`.",
    ),
)


def refusal(problem: Problem, connection: Connection, *, clock_ahead: float | None = None) -> AuthError:
    """Make the error for a refused sign-in.

    Args:
        problem: what Salesforce answered.
        connection: names flow, address and user in the message; never a secret.
        clock_ahead: seconds by which this machine's clock is ahead of the server's, if known.

    Returns:
        The error, not raised: what was refused, Salesforce's words, and the remedy.
    """
    words = f"{problem.code} {problem.message}".replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    remedy = next((row.remedy for row in REFUSALS if _fits(row, problem.code, words, connection.flow)), None)
    if clock_ahead is not None and abs(clock_ahead) > 90 and "assertion" in words:
        side = "ahead of" if clock_ahead > 0 else "behind"
        remedy = f"This machine's clock is {abs(clock_ahead):.0f} seconds {side} Salesforce's: set it."
    named = connection.username and connection.flow in ("jwt", "password")
    who = f" as {connection.username}" if named else ""
    said = f"{problem.code}: {problem.message}" if problem.message else problem.code
    return AuthError(
        redact.clean(
            f"Salesforce refused the {connection.flow} sign-in{who} at {connection.login_url}: {said}"
        ),
        remedy=remedy,
        code=problem.code,
    )


def _fits(row: Refusal, code: str, words: str, flow: str) -> bool:
    return (
        (row.error is None or row.error.lower() == code.lower())
        and (row.words is None or row.words in words)
        and (row.flow is None or row.flow == flow)
    )
