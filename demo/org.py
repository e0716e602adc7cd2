"""A small client of the local org, independent of the plugins it checks: sign in, query, write, count requests."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from demo.processes import StepFailedError
from local_org import defaults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSION = "v66.0"


class OrgClient:
    """Talks to the local org at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = ""

    def wait(self, alive: Callable[[], bool], *, log: Path, seconds: int = 120) -> None:
        """Wait until the org answers.

        Raises:
            StepFailedError: its process ended, or it does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while alive() and time.monotonic() < deadline:
            try:
                self._send("GET", "/services/data")
            except URLError:
                time.sleep(0.1)
            else:
                return
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise StepFailedError(f"the local org did not start; the whole log is in {log}\n{tail}")

    def requests(self) -> int:
        """API requests the org has counted against its daily allowance so far."""
        usage = str(self._send("GET", "/local-org")["apiUsage"])
        return int(usage.partition("=")[2].partition("/")[0])

    def now(self) -> datetime:
        """The org's clock."""
        return datetime.fromisoformat(str(self._send("GET", "/local-org")["now"])).astimezone(UTC)

    def query(self, soql: str) -> list[dict[str, Any]]:
        """The rows of the first page."""
        rows: list[dict[str, Any]] = self._rest("GET", f"query?q={quote(soql)}")["records"]
        return rows

    def update(self, sobject: str, record_id: str, values: dict[str, Any]) -> None:
        """Write fields of one record."""
        self._rest("PATCH", f"sobjects/{sobject}/{record_id}", values)

    def delete(self, sobject: str, record_id: str) -> None:
        """Put one record into the recycle bin."""
        self._rest("DELETE", f"sobjects/{sobject}/{record_id}")

    def _rest(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if not self._token:
            form = {
                "grant_type": "client_credentials",
                "client_id": defaults.CLIENT_ID,
                "client_secret": defaults.CLIENT_SECRET,
            }
            self._token = self._send("POST", "/services/oauth2/token", urlencode(form).encode())[
                "access_token"
            ]
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, f"/services/data/{VERSION}/{path}", data, "application/json")

    def _send(
        self, method: str, path: str, data: bytes | None = None, content_type: str | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if content_type:
            headers["Content-Type"] = content_type
        try:
            with urlopen(Request(self.url + path, data, headers, method=method), timeout=60) as answer:
                text = answer.read()
        except HTTPError as error:
            raise StepFailedError(f"{method} {path}: {error.code} {error.read(300)!r}") from None
        return json.loads(text) if text else None
