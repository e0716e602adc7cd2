"""Where an org is: from what people paste to the base address requests are sent to.

Hosts: https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

__all__ = [
    "PRODUCTION",
    "SANDBOX",
    "audiences",
    "instance_base",
    "is_loopback",
    "is_shared_login",
    "login_base",
]

PRODUCTION: Final = "https://login.salesforce.com"
SANDBOX: Final = "https://test.salesforce.com"

# People paste the address of the page they look at; the API is at the My Domain host beside it.
_BROWSER_SUFFIXES: Final = (".lightning.force.com", ".my.salesforce-setup.com")
_PARTITIONS: Final = (".sandbox", ".develop", ".scratch", ".demo", ".patch", ".trailblaze", ".free", ".stage")
_POD = re.compile(
    r"(?:na|eu|ap|cs|um|in|usa|deu|gbr|fra|ind|jpn|aus|can|bra|swe|kor|sgp|che|ita|idn|are|isr)\d+[a-z]?"
)
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?|\[[0-9a-f:]+\]"
)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address (no port) is this machine."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def is_shared_login(url: str) -> bool:
    """Tell whether a base address is one of the two login hosts that serve all orgs."""
    return url in (PRODUCTION, SANDBOX)


def login_base(domain: str) -> str:
    """Make the base address to sign in at from the `domain` setting.

    Args:
        domain: `login`, `test`, `acme`, `acme.my`, `acme--uat.sandbox.my`, a whole host or a pasted address,
            in any letter case. A bare word is a My Domain name, unless it is an old instance such as `na139`.

    Returns:
        `https://host`, without a slash at the end.

    Raises:
        ValueError: no host can be made of it, or plain http to another machine.
    """
    text = domain.strip().lower()
    host = text.rstrip(".")
    if not _HOST.fullmatch(host) or "[" in host:
        return instance_base(domain)
    if host.endswith(".my"):
        host += ".salesforce.com"
    elif host.endswith(_PARTITIONS):
        host += ".my.salesforce.com"
    elif "." not in host and not is_loopback(host):
        if host in ("login", "test") or _POD.fullmatch(host):
            host += ".salesforce.com"
        else:
            host += ".sandbox.my.salesforce.com" if "--" in host else ".my.salesforce.com"
    return instance_base(host)


def instance_base(text: str) -> str:
    """Make a base address of a pasted one: scheme, host and port, nothing else.

    Args:
        text: `https://acme.my.salesforce.com/`, with any path, or a bare host.

    Returns:
        `scheme://host[:port]`, lower case. Addresses of the browser pages become those of the API.

    Raises:
        ValueError: not an address, credentials inside it, or plain http to another machine.
    """
    if "@" in text:
        # Before anything is quoted in a message: what stands before the @ is a secret.
        raise ValueError("the address must not contain a user name or password")
    shown = repr(text if len(text) <= 80 else text[:77] + "...")
    stripped = text.strip().lower()
    try:
        parts = urlsplit(stripped if "://" in stripped else f"//{stripped}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{shown} is not an address such as https://acme.my.salesforce.com") from None
    host = host.rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    scheme = parts.scheme or ("http" if is_loopback(host) else "https")
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise ValueError(f"{shown} is not an address such as https://acme.my.salesforce.com")
    if scheme == "http" and not is_loopback(host):
        raise ValueError(
            f"{shown} would send credentials unencrypted: use https:// (http is for this machine only)"
        )
    for suffix in _BROWSER_SUFFIXES:
        if host.endswith(suffix):
            host = host.removesuffix(suffix) + ".my.salesforce.com"
    return f"{scheme}://{host}" + (f":{port}" if port else "")


def audiences(login_url: str) -> tuple[str, ...]:
    """List the `aud` values of a JWT to try for a login address, the most likely first.

    Production and Developer Edition orgs want the production login host and sandboxes the test host, also
    when one signs in at the org's own host; experience sites and some My Domains want their own address.
    https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
    """
    if is_shared_login(login_url):
        return (login_url,)
    if is_loopback(urlsplit(login_url).hostname or ""):
        return (login_url, PRODUCTION)
    sandbox = "--" in login_url or re.search(r"\.(?:sandbox|scratch)\.", login_url)
    return (SANDBOX if sandbox else PRODUCTION, login_url)
