"""The one door to Salesforce: every request of the tap, the target and the command goes through a Session.

It signs in when first needed and again when the token ends, repeats what is worth repeating, stops before the
quota, turns error answers into exceptions, counts, and logs one DEBUG line a request. Nothing else imports
`requests`.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from salesforce_abm import __version__, auth, redact, retry, wire
from salesforce_abm.calls import Body, Call
from salesforce_abm.errors import AuthError, DataError, SalesforceAbmError, TransientError
from salesforce_abm.transport import Clocks, Transport
from salesforce_abm.usage import Kind, QuotaGuard, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import requests

    from salesforce_abm.auth import Token
    from salesforce_abm.connection import Connection

__all__ = ["Session"]

logger = logging.getLogger(__name__)

_IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# These kinds change nothing in the org, whatever the HTTP method.
_READING_KINDS: Final = frozenset(
    {"auth", "limits", "describe", "query", "retrieve", "report", "bulk_poll", "bulk_result"},
)


class Session:
    """A connection to one org, shared by all threads of a run.

    Args:
        connection: where and how to sign in, limits and timeout.
        clock: seconds since 1970.
        monotonic: seconds that never go back.
        sleep: pauses the calling thread for some seconds.
        chance: random number in [0, 1) for the jitter of pauses.
        user_agent: sent with every request; names the plugin in the org's API usage logs.
        policy: what to repeat and how often.
        flow: how to sign in, in place of the one the connection names.

    Example:
        >>> with Session(Connection.from_config(config)) as session:  # doctest: +SKIP
        ...     session.get_json("limits", kind="limits")["DailyApiRequests"]
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        user_agent: str = f"salesforce-abm/{__version__}",
        policy: retry.RetryPolicy | None = None,
        flow: auth.AuthFlow | None = None,
    ) -> None:
        self.connection = connection
        self.usage = Usage()
        self._clocks = Clocks(clock, monotonic, sleep, chance)
        self._transport = Transport(
            connection,
            QuotaGuard(self.usage, connection.quota_percent_total, connection.quota_percent_per_run),
            policy or retry.RetryPolicy(),
            self._clocks,
            user_agent,
        )
        self._flow = flow or auth.flow_for(connection, clock=clock)
        self._token: Token | None = None
        self._sign_in_lock = threading.RLock()
        self._limits_lock = threading.Lock()
        self._asked_limits = False
        self._json = msgspec.json.Encoder(decimal_format="number")
        redact.register(*connection.secrets)
        for warning in connection.warnings:
            logger.warning(warning)

    def __repr__(self) -> str:
        connection = self.connection
        return f"<Session {connection.flow} at {connection.instance_url or connection.login_url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def api_version(self) -> str:
        """The API version of relative paths, `66.0`."""
        return self.connection.api_version

    @property
    def instance_url(self) -> str:
        """Base address of the org; signs in first when only the sign-in tells it."""
        return self.connection.instance_url or self.current().instance_url

    # ---------------------------------------------------------------- requests

    def request(
        self,
        method: str,
        path: str,
        *,
        kind: Kind,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        idempotent: bool | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Send a request and give its successful answer (2xx or 304).

        Args:
            method: HTTP method.
            path: `sobjects/Account/describe` below `/services/data/vXX.0/`, or absolute from `/services/`, or
                a whole address of the same org (as in `nextRecordsUrl`).
            kind: what the request is for; counted, and it tells reads from writes.
            params: query string.
            json: body to encode as JSON; Decimals keep every digit.
            data: other body: bytes, a seekable binary file, or a function that gives a fresh one for each
                try.
            headers: more headers.
            stream: leave the body unread, and close the answer in the end. `stream()` does that, and turns a
                body that breaks off into TransientError.
            idempotent: whether repeating does no harm. By default true for GET, HEAD, OPTIONS, PUT and DELETE
                and for kinds that only read. What is not repeated raises TransientError(outcome_unknown=True)
                when its answer is lost.
            timeout: seconds, in place of the setting.

        Raises:
            ApiError: Salesforce refused; see the subclasses.
            AuthError: it refused the sign-in, or the session cannot be renewed.
            QuotaError: the quota guard stopped the request, or the org's limit is reached.
            TransientError: retries exhausted, or the outcome of a write is unknown.
            ConfigError: no such host as the settings name, or its certificate is not trusted.
        """
        method = method.upper()
        if idempotent is None:
            idempotent = method in _IDEMPOTENT_METHODS or kind in _READING_KINDS
        body = Body.of_json(self._json.encode(json)) if json is not None else Body(data)
        call = Call(
            method=method,
            url=self._address(path),
            kind=kind,
            params=dict(params or {}),
            headers={"Accept": "application/json", **(headers or {})},
            body=body,
            stream=stream,
            idempotent=idempotent,
            timeout=timeout or self.connection.request_timeout,
        )
        self._learn_limits(kind)
        return self._transport.run(call, self)

    def get_json(self, path: str, *, kind: Kind, params: Mapping[str, str | int] | None = None) -> Any:
        """GET a JSON document.

        Raises:
            DataError: the answer is not JSON (a web page, for instance, when the address is not that of an
                org).
            SalesforceAbmError: as `request`.
        """
        response = self.request("GET", path, kind=kind, params=params)
        try:
            return msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DataError(
                f"the answer to GET {urlsplit(response.url).path} is not JSON "
                f"({response.headers.get('Content-Type', 'no content type')}, {len(response.content)} bytes)",
                remedy="Check that `instance_url` or `domain` is the address of a Salesforce org.",
            ) from None

    @contextlib.contextmanager
    def stream(self, method: str, path: str, *, kind: Kind, **options: Any) -> Iterator[requests.Response]:
        """Send a request whose answer is read piece by piece inside the `with` block.

        Args:
            method: HTTP method.
            path: as for `request`.
            kind: as for `request`.
            options: the other arguments of `request`.

        Raises:
            TransientError: the body broke off inside the block; ask again from the last sure point.
            SalesforceAbmError: as `request`.
        """
        response = self.request(method, path, kind=kind, stream=True, **options)
        try:
            yield response
        except retry.RETRIABLE_ERRORS as error:
            setback = retry.from_exception(error, options.get("timeout") or self.connection.request_timeout)
            reason = setback.reason if setback else "the connection is not trusted"
            raise TransientError(f"{method} {urlsplit(response.url).path}: {reason}") from error
        finally:
            response.close()

    def peek(self, path: str) -> requests.Response:
        """GET a page of the login host as a browser would: no token, any status, no redirect followed.

        Raises:
            TransientError: no answer.
        """
        call = Call("GET", self.connection.login_url + path, kind="auth", headers={"Accept": "text/html"})
        return self._transport.peek(call)

    def sleep(self, seconds: float) -> None:
        """Pause this thread, by the session's own clock: for polls and repetitions above this floor."""
        self._clocks.sleep(seconds)

    def server_now(self) -> datetime:
        """Tell the time by Salesforce's clock, never later than it is there.

        Taken from the `Date` header of the latest answer, plus what has passed since; when there was no
        answer yet, one request is made that needs no sign-in and does not count against the API limit.
        """
        if self._transport.server_time is None:
            self._transport.run(Call("GET", f"{self.instance_url}/services/data", kind="limits"), None)
        if self._transport.server_time is None:
            return datetime.fromtimestamp(self._clocks.clock(), UTC)
        moment, seen = self._transport.server_time
        return moment + timedelta(seconds=self._clocks.monotonic() - seen)

    # ---------------------------------------------------------------- signing in

    def current(self) -> Token:
        """Give the token to use; signs in when there is none yet."""
        token = self._token
        if token is None:
            with self._sign_in_lock:
                token = self._token = self._token or self._sign_in()
        return token

    def renew(self, stale: Token, words: str) -> None:
        """Replace a token the org does not take any more, unless another thread has done it already.

        Args:
            stale: the token that was refused.
            words: what the org said.

        Raises:
            AuthError: the flow cannot give another token, or Salesforce refuses to.
        """
        with self._sign_in_lock:
            if self._token is not stale:
                return
            if not self._flow.renewable:
                raise AuthError(
                    f"the session of `access_token` has ended: {words}",
                    remedy="Get a new access token, or use a flow that can renew it.",
                    code="INVALID_SESSION_ID",
                )
            self._token = self._sign_in()

    def _sign_in(self) -> Token:
        token = self._flow.fetch(self._post_form)
        redact.register(token.access_token, token.refresh_token)
        logger.info("Signed in to %s (%s)", token.instance_url, self._flow.name)
        return token

    def _post_form(self, form: Mapping[str, str], /) -> Mapping[str, Any]:
        """Post to the token endpoint; a `TokenPost`."""
        redact.register(form.get("assertion"))
        call = Call(
            "POST",
            f"{self.connection.login_url}/services/oauth2/token",
            kind="auth",
            headers={"Accept": "application/json"},
            body=Body.of_form(form),
            idempotent=True,
            timeout=self.connection.request_timeout,
        )
        response = self._transport.run(call, None)
        try:
            answer = msgspec.json.decode(response.content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AuthError(
                f"{self.connection.login_url} does not answer like a Salesforce sign-in",
                remedy="Check `domain` or `instance_url`.",
            ) from None
        return answer

    def _learn_limits(self, kind: Kind) -> None:
        """Ask the org for its daily limit, once, when no answer has told it (Bulk answers never do)."""
        if kind in ("auth", "limits") or self.usage.daily_max is not None or not self.usage.counted:
            return
        with self._limits_lock:
            if self._asked_limits:
                return
            self._asked_limits = True
        try:
            daily = self.get_json("limits", kind="limits")["DailyApiRequests"]
            used = wire.Used(int(daily["Max"]) - int(daily["Remaining"]), int(daily["Max"]))
        except (SalesforceAbmError, KeyError, TypeError, ValueError) as error:
            logger.debug("The org does not tell its API limits, so the quota settings do nothing: %s", error)
        else:
            if used.maximum > 0:
                self.usage.learn(used)

    def _address(self, path: str) -> str:
        base = self.instance_url
        if path.startswith("/"):
            return base + path
        if "://" in path:
            if not path.startswith(base + "/"):
                raise ValueError(f"{urlsplit(path).netloc} is not the org this session is signed in to")
            return path
        return f"{base}/services/data/v{self.api_version}/{path}"
