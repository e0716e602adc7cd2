"""A bare REST client: sends what a test says and nothing else, so that answers can be looked at as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import requests

from local_org import defaults

if TYPE_CHECKING:
    from types import TracebackType

    from local_org.testing import RunningOrg

TIMEOUT = 30


class Rest:
    """Requests below `/services/data/vXX.0/`, logged in as a user of the org.

    Args:
        running: the org.
        version: API version of relative paths.
        username: who asks.
    """

    def __init__(
        self, running: RunningOrg, *, version: str = "60.0", username: str = defaults.ADMIN_USERNAME
    ) -> None:
        self.running = running
        self.version = version
        self.http = requests.Session()
        user = running.org.users.require(username)
        self.token = running.org.sessions.open(user.id, client_id=defaults.CLIENT_ID).token
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def url(self, path: str) -> str:
        """A path below the version, or an absolute one, as URL."""
        if path.startswith("/"):
            return self.running.url + path
        return f"{self.running.url}/services/data/v{self.version}/{path}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any request."""
        return self.http.request(method, self.url(path), timeout=TIMEOUT, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        """POST."""
        return self.send("POST", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        """PATCH."""
        return self.send("PATCH", path, json=json, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        """PUT."""
        return self.send("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """DELETE."""
        return self.send("DELETE", path, **options)

    def query(self, soql: str) -> list[dict[str, Any]]:
        """The records of a query's first page."""
        answer = self.get("query", params={"q": soql})
        assert answer.status_code == 200, answer.text
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    def create(self, sobject: str, **values: Any) -> str:
        """Make a row; gives its id."""
        answer = self.post(f"sobjects/{sobject}", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
