"""The apps that may log in: what Salesforce calls External Client Apps or connected apps.

See <https://help.salesforce.com/s/articleView?id=xcloud.external_client_apps.htm>.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_org import defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.kept_logins import KeptLogins

ALL_FLOWS = frozenset({"password", "refresh_token", "jwt", "client_credentials", "authorization_code"})


@dataclass(slots=True)
class App:
    """One app and its policies, all of which can be changed while the org runs.

    Attributes:
        client_id: consumer key.
        client_secret: consumer secret; empty for a public client such as the Salesforce CLI.
        name: shown on the login page and in `Sforce-Limit-Info`.
        run_as: username behind the client-credentials flow; None turns that flow off.
        flows: the OAuth flows switched on.
        public_keys: PEM texts that verify JWT bearer assertions.
        callbacks: allowed redirect URIs; empty allows every loopback address.
        rotate_refresh_tokens: each refresh answers a new refresh token and ends the old one.
        require_pkce: the web-server flow needs a code challenge.
        approved: users are pre-authorised for the JWT flow.
        scopes: what tokens of this app may do.
    """

    client_id: str
    client_secret: str = field(repr=False, default="")
    name: str = "App"
    run_as: str | None = None
    flows: set[str] = field(default_factory=lambda: set(ALL_FLOWS))
    public_keys: list[str] = field(default_factory=list, repr=False)
    callbacks: list[str] = field(default_factory=list)
    rotate_refresh_tokens: bool = False
    require_pkce: bool = False
    approved: bool = True
    scopes: str = "refresh_token web api id"


class Apps:
    """The apps of one org, by consumer key.

    Attributes:
        audiences: what the `aud` claim of a JWT bearer assertion may be, besides the org's own address.
    """

    def __init__(self, kept: KeptLogins | None = None) -> None:
        self._kept = kept
        self.audiences = {"https://login.salesforce.com"}
        self._apps: dict[str, App] = {}
        self.add(
            App(
                client_id=defaults.CLIENT_ID,
                client_secret=defaults.CLIENT_SECRET,
                name=defaults.APP_NAME,
                run_as=defaults.ADMIN_USERNAME,
            )
        )
        # The Salesforce CLI's built-in app: a public client, no secret.
        self.add(App(client_id="PlatformCLI", name="Salesforce CLI"))
        for client_id, pem in kept.keys() if kept else ():
            self._apps.setdefault(client_id, App(client_id)).public_keys.append(pem)

    def add(self, app: App) -> App:
        """Register an app, or replace the one with the same consumer key."""
        self._apps[app.client_id] = app
        return app

    def get(self, client_id: str) -> App | None:
        """The app with this consumer key."""
        return self._apps.get(client_id)

    def register_key(self, client_id: str, public_key_pem: str) -> None:
        """Trust a key (PEM public key or certificate) for JWT bearer assertions of an app.

        Raises:
            KeyError: no such app.
        """
        self._apps[client_id].public_keys.append(public_key_pem)
        if self._kept is not None:
            self._kept.keep_key(client_id, public_key_pem)

    def __iter__(self) -> Iterator[App]:
        return iter(self._apps.values())
