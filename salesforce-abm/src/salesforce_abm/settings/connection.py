"""The connection settings: the same names with the same meaning in the tap, the target and the command."""

from __future__ import annotations

from typing import Final

from salesforce_abm.settings.model import Alias, Setting

CONNECTION_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "domain",
        "string",
        "Where to sign in: `login` for production, `test` for sandboxes, or a My Domain such as `acme.my` or "
        "`acme--uat.sandbox.my`; a pasted address of the org works too.",
        default="login",
        aliases=(Alias("is_sandbox", "boolean", lambda sandbox: "test" if sandbox else None, weak=True),),
    ),
    Setting(
        "instance_url",
        "string",
        "Base address of the org, `https://acme.my.salesforce.com`; takes the place of `domain` for signing "
        "in too. Plain http is accepted for this machine only (`http://127.0.0.1:8765`).",
        title="Instance URL",
    ),
    Setting(
        "auth_flow",
        "string",
        "How to sign in. By default chosen from the settings that are there, in the order listed.",
        allowed=("refresh_token", "jwt", "password", "client_credentials", "access_token"),
    ),
    Setting(
        "client_id",
        "string",
        "Consumer key of the External Client App (or an existing connected app).",
        title="Client ID",
        aliases=(Alias("consumer_key"),),
    ),
    Setting(
        "client_secret",
        "string",
        "Consumer secret of the app. With `client_id` and nothing else it signs in by the client-credentials "
        "flow, which needs a My Domain in `domain` or `instance_url`.",
        secret=True,
        aliases=(Alias("consumer_secret"),),
    ),
    Setting(
        "refresh_token",
        "string",
        "Refresh token of the web-server flow; `salesforce-abm login` obtains one.",
        secret=True,
    ),
    Setting(
        "token_store_path",
        "string",
        "File that keeps the refresh token when the app rotates it (mode 0600). Without it, a rotated token "
        "is lost when the process ends and the next run cannot sign in.",
    ),
    Setting("username", "string", "User to sign in as, for the JWT and the password flow."),
    Setting(
        "private_key",
        "string",
        "RSA private key in PEM form for the JWT flow; `\\n` may stand for line feeds.",
        secret=True,
    ),
    Setting(
        "private_key_path",
        "string",
        "File with that key, instead of `private_key`.",
        aliases=(Alias("private_key_file"), Alias("privatekey_file")),
    ),
    Setting(
        "private_key_passphrase",
        "string",
        "Passphrase of the private key, if it has one.",
        secret=True,
    ),
    Setting(
        "password",
        "string",
        "Password of the user. Salesforce is withdrawing this flow: new orgs block it, External Client Apps "
        "never offer it.",
        secret=True,
    ),
    Setting(
        "security_token",
        "string",
        "Security token that Salesforce wants after the password outside the trusted IP ranges.",
        secret=True,
    ),
    Setting(
        "access_token",
        "string",
        "Session obtained elsewhere, for example by the Salesforce CLI; needs `instance_url` and cannot be "
        "renewed.",
        secret=True,
        aliases=(Alias("session_id"),),
    ),
    Setting(
        "api_version", "string", "Salesforce API version, 47.0 or later.", default="66.0", title="API version"
    ),
    Setting(
        "quota_percent_total",
        "integer",
        "Stop before the org as a whole has used this percentage of its API requests of 24 hours; 100 never "
        "stops.",
        default=80,
        minimum=1,
        maximum=100,
    ),
    Setting(
        "quota_percent_per_run",
        "integer",
        "Stop before this run has used this percentage of the org's API requests of 24 hours; 100 never "
        "stops.",
        default=25,
        minimum=1,
        maximum=100,
    ),
    Setting(
        "request_timeout",
        "integer",
        "Seconds to wait for a connection and for each part of an answer.",
        default=300,
        minimum=1,
    ),
)
