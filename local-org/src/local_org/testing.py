"""An org for tests, in the test's own process, on a free port of the loopback interface.

Example::

    with local_org.testing.start() as running:
        requests.get(f"{running.url}/services/data")
        assert not running.errors
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self, TypeAlias

from local_org.api import router
from local_org.http.application import Application
from local_org.http.server import OrgServer
from local_org.org import Org

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from local_org.faults.catalog import Faults
    from local_org.http.log import RecordedError, RequestLog

Seed: TypeAlias = str | int
"""`empty`, `demo`, a number of generated accounts, or `1000x3`: each with three contacts."""


class RunningOrg:
    """An org that listens. Use it as a context manager, or call `close`.

    Attributes:
        org: the org itself, to look at and to change behind the clients' backs.
        host: the address it listens on.
        url: its address as clients spell it, without a trailing slash.
        certificate: PEM file clients must trust when it speaks TLS; None otherwise.
    """

    def __init__(
        self,
        org: Org,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        self.org = org
        self.host = host
        self.certificate: Path | None = None
        self._application = Application(org, router())
        context = None
        if tls:
            from local_org.http.tls import server_context  # noqa: PLC0415 - cryptography is slow to import

            context, self.certificate = server_context(host, *names)
        self._server = OrgServer(self._application, host, port, tls=context)
        self.url = self._server.url
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="local-org")
        self._thread.start()

    @property
    def requests(self) -> RequestLog:
        """What was asked, oldest first."""
        return self._application.requests

    @property
    def errors(self) -> list[RecordedError]:
        """Unexpected exceptions inside the org. Tests assert that there are none."""
        return self._application.errors

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose."""
        return self.org.faults

    @property
    def application(self) -> Application:
        """What answers the requests."""
        return self._application

    def close(self) -> None:
        """Stop listening, drop the connections, remove temporary files."""
        if self._thread.is_alive():
            self._server.stop()
            self._thread.join()
            self._application.rendered.close()
            self.org.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(
    seed: Seed = "empty",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    data: Path | None = None,
    tls: bool = False,
    names: tuple[str, ...] = (),
) -> RunningOrg:
    """Start an org.

    Args:
        seed: what a new org holds, see `Seed`; an existing data file is taken as it is.
        host: address to listen on.
        port: 0 takes a free one.
        data: file to keep the org in; None forgets it at the end.
        tls: serve https with a certificate made for the occasion.
        names: host names the certificate speaks for besides `host` and the loopback interface, for clients
            that know one host only (`login.salesforce.com`) and are led here by a test.

    Raises:
        OSError: the port is taken.
        ValueError: no such seed.
    """
    org = Org(data=data)
    try:
        if seed != "empty" and org.store.fresh:
            from local_org.seed import plant  # noqa: PLC0415 - an empty org needs none of it

            plant(org, seed)
        return RunningOrg(org, host=host, port=port, tls=tls, names=names)
    except BaseException:
        org.close()
        raise
