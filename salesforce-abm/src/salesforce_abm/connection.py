"""A checked set of connection settings: which org, which sign-in flow, how long to wait, how much quota."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm import urls
from salesforce_abm.errors import ConfigError
from salesforce_abm.settings import CONNECTION_SETTINGS, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FLOWS", "Connection", "Flow"]

_OWN_NAMES: Final = frozenset(
    name
    for setting in CONNECTION_SETTINGS
    for name in (setting.name, *(alias.name for alias in setting.aliases))
)
_SECRETS: Final = tuple(setting.name for setting in CONNECTION_SETTINGS if setting.secret)
_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
_OLDEST_VERSION: Final = 47  # Bulk API 2.0 queries


@dataclass(frozen=True, slots=True)
class Flow:
    """What a sign-in flow needs.

    Attributes:
        name: value of `auth_flow`.
        signs: settings that show the user means this flow; any one is enough.
        needs: settings it cannot do without; inside a group any one is enough.
    """

    name: str
    signs: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]

    def missing(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Name what is missing, `a or b` where one of several would do."""
        return tuple(
            " or ".join(f"`{n}`" for n in group) for group in self.needs if not any(given[n] for n in group)
        )


FLOWS: Final[tuple[Flow, ...]] = (
    Flow("refresh_token", ("refresh_token",), (("client_id",), ("refresh_token", "token_store_path"))),
    Flow(
        "jwt",
        ("private_key", "private_key_path", "private_key_passphrase"),
        (("client_id",), ("username",), ("private_key", "private_key_path")),
    ),
    Flow(
        "password",
        ("password", "security_token"),
        (("client_id",), ("client_secret",), ("username",), ("password",)),
    ),
    Flow("client_credentials", ("client_secret",), (("client_id",), ("client_secret",))),
    Flow("access_token", ("access_token",), (("access_token",), ("instance_url",))),
)
"""In the order in which they are looked for."""

_FLOW_BY_NAME: Final = {flow.name: flow for flow in FLOWS}


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach and sign in to an org. Made by `from_config`; secrets are not in its repr.

    Attributes:
        flow: one of the names in `FLOWS`.
        login_url: base address of the token endpoint.
        instance_url: base address of the org where the settings give one; otherwise the sign-in answer does.
        private_key: PEM text, whichever way it was given.
        api_version: `66.0`.
        request_timeout: seconds.
        concurrency: connections to keep open.
        warnings: sentences to log once.
    """

    flow: str
    login_url: str
    instance_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    token_store_path: Path | None = None
    username: str | None = None
    private_key: str | None = field(default=None, repr=False)
    private_key_passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    api_version: str = "66.0"
    quota_percent_total: int = 80
    quota_percent_per_run: int = 25
    request_timeout: int = 300
    concurrency: int = 4
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Connection:
        """Read the connection settings out of a plugin's configuration.

        Args:
            config: a whole configuration; names that are not connection settings are left alone (the plugin
                checks them with `normalise`). `concurrency` sets the size of the connection pool.

        Raises:
            ConfigError: every problem, one line each.
        """
        given = normalise({n: v for n, v in config.items() if n in _OWN_NAMES}, CONNECTION_SETTINGS)
        problems: list[str] = []
        flow = _chosen_flow(given, problems)
        login_url, instance_url = _addresses(given, problems)
        if flow == "client_credentials" and urls.is_shared_login(login_url) and not problems:
            problems.append(
                "the client-credentials flow works only at the org's own address: set `domain` to its My "
                "Domain (`acme.my`, shown in Setup > My Domain) or set `instance_url`",
            )
        private_key = _private_key(given, problems) if flow == "jwt" else None
        version = _VERSION.fullmatch(given["api_version"].strip().lower())
        if not version or int(version[1]) < _OLDEST_VERSION:
            problems.append(
                f"`api_version` must be {_OLDEST_VERSION}.0 or later, not {given['api_version']!r}"
            )
        if problems or flow is None or not version:
            raise ConfigError.of(problems)
        store = given["token_store_path"]
        return cls(
            flow=flow,
            login_url=login_url,
            instance_url=instance_url,
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            refresh_token=given["refresh_token"],
            token_store_path=Path(store).expanduser() if store else None,
            username=given["username"],
            private_key=private_key,
            private_key_passphrase=given["private_key_passphrase"],
            password=given["password"],
            security_token=given["security_token"],
            access_token=given["access_token"],
            api_version=f"{version[1]}.0",
            quota_percent_total=given["quota_percent_total"],
            quota_percent_per_run=given["quota_percent_per_run"],
            request_timeout=given["request_timeout"],
            concurrency=max(1, int(config.get("concurrency") or 4)),
            warnings=(_WITHDRAWN,) if flow == "password" else (),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret of these settings, for `redact`."""
        values = [getattr(self, name) for name in _SECRETS]
        if self.password and self.security_token:
            values.append(self.password + self.security_token)
        return tuple(value for value in values if value)


def _chosen_flow(given: Mapping[str, Any], problems: list[str]) -> str | None:
    if given["auth_flow"]:
        flow = _FLOW_BY_NAME[given["auth_flow"]]
        missing = flow.missing(given)
        if missing:
            problems.append(f"`auth_flow: {flow.name}` also needs {_listed(missing)}")
        return flow.name
    for flow in FLOWS:
        signs = _signs(flow, given)
        if not signs:
            continue
        missing = flow.missing(given)
        if missing:
            shown = [f"`{name}`" for name in signs]
            problems.append(
                f"{_listed(shown)} {_are(shown)} set, so the {flow.name} flow is meant, "
                f"but {_listed(missing)} {_are(missing)} missing",
            )
        return flow.name
    if given["token_store_path"] and given["client_id"]:
        return "refresh_token"
    problems.append(_nothing_fits(given))
    return None


def _signs(flow: Flow, given: Mapping[str, Any]) -> list[str]:
    """Name the settings that show this flow is meant."""
    # A user name beside the secret says that another user's session is wanted, an access token that no
    # sign-in is.
    if flow.name == "client_credentials" and (given["username"] or given["access_token"]):
        return []
    signs = [name for name in flow.signs if given[name]]
    # A store that is there holds the refresh token that `salesforce-abm login` put into it.
    store = given["token_store_path"]
    if flow.name == "refresh_token" and not signs and store and Path(store).expanduser().exists():
        return ["token_store_path"]
    return signs


def _nothing_fits(given: Mapping[str, Any]) -> str:
    if given["client_id"] and not given["username"]:
        return (
            "`client_id` is set, but nothing to sign in with: add `refresh_token`, or `username` and "
            "`private_key`, or `client_secret` (client-credentials flow)"
        )
    if given["username"]:
        return (
            "`username` is set but neither `private_key` or `private_key_path` (JWT flow) nor `password` "
            "(password flow): set one of them, or `auth_flow: client_credentials` to sign in as the app's "
            "Run As user"
        )
    ways = "; ".join(
        " + ".join(" or ".join(f"`{n}`" for n in group) for group in flow.needs) for flow in FLOWS
    )
    return f"no way to sign in is set; set one of these: {ways}"


def _addresses(given: Mapping[str, Any], problems: list[str]) -> tuple[str, str | None]:
    """Work out the login address and, where the settings fix it, the org's."""
    name = "instance_url" if given["instance_url"] else "domain"
    try:
        if name == "domain":
            return urls.login_base(given["domain"]), None
        base = urls.instance_base(given["instance_url"])
    except ValueError as error:
        problems.append(f"`{name}`: {error}")
        return "", None
    # The shared login hosts serve no API: they say where to sign in, the answer says where the org is.
    if urls.is_shared_login(base):
        if given["access_token"] and not given["client_id"]:
            problems.append(f"`instance_url` must be the org's own address, and {base} serves all orgs")
        return base, None
    return base, base


def _private_key(given: Mapping[str, Any], problems: list[str]) -> str | None:
    """Find the PEM text: given, given with escaped line feeds, in Base64 on one line, or in a file."""
    name = "private_key" if given["private_key"] else "private_key_path"
    text: str | None = given["private_key"]
    if not text and given["private_key_path"]:
        path = Path(given["private_key_path"]).expanduser()
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
            problems.append(f"`private_key_path`: cannot read {path}: {reason}")
            return None
    if not text:
        return None
    text = text.replace("\\r", "").replace("\\n", "\n").strip()
    if not text.startswith("-----BEGIN"):
        try:
            text = base64.b64decode(text, validate=True).decode("ascii").strip()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if not text.startswith("-----BEGIN") or "PRIVATE KEY" not in text.splitlines()[0]:
        problems.append(
            f"`{name}` must hold a private key in PEM form, which begins with -----BEGIN PRIVATE KEY-----"
        )
        return None
    return text + "\n"


_WITHDRAWN: Final = (
    "Signing in with a password: Salesforce is withdrawing this flow (new orgs block it). Move to the JWT or "
    "the client-credentials flow of an External Client App."
)


def _are(names: tuple[str, ...] | list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
