"""Python starts with this in the clients' processes: salesforce.com is the local org, and nothing else is reachable."""

from __future__ import annotations

import os
import socket
from typing import Any

PORT = int(os.environ.get("LOCAL_ORG_PORT", "0"))
LOOPBACK = ("127.0.0.1", "localhost", "::1")
look_up = socket.getaddrinfo


def redirected(host: Any, port: Any, *options: Any, **named: Any) -> Any:
    """Addresses of the org where a client asks for Salesforce's."""
    name = host.decode() if isinstance(host, bytes) else host
    if str(name).endswith(".salesforce.com") and PORT:
        return look_up("127.0.0.1", PORT, *options, **named)
    if name is not None and name not in LOOPBACK:
        raise socket.gaierror(socket.EAI_NONAME, f"tests reach nothing but the local org: {name}")
    return look_up(host, port, *options, **named)


socket.getaddrinfo = redirected
