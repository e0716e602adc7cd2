"""Sending one call: connection pool, repetitions, re-authentication, quota, counting, the request log.

`Session` is the door; this is the mechanism behind it. It knows no Salesforce resource, only HTTP and error
answers.
"""

from __future__ import annotations

import http.cookiejar
import logging
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from salesforce_abm import auth, redact, retry, times, urls, wire
from salesforce_abm.codes import Action, advice_for
from salesforce_abm.errors import (
    AuthError,
    ConfigError,
    QuotaError,
    SalesforceAbmError,
    TransientError,
    api_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from salesforce_abm.auth import Token
    from salesforce_abm.calls import Call
    from salesforce_abm.connection import Connection
    from salesforce_abm.usage import QuotaGuard

__all__ = ["Clocks", "TokenSource", "Transport"]

logger = logging.getLogger("salesforce_abm.session")

_DAILY_CODES: Final = frozenset(
    {"REQUEST_LIMIT_EXCEEDED", "EXCEEDED_QUOTA", "EXCEEDEDQUOTA", "ExceededQuota"}
)
# A host that takes no connection for half a minute takes none in five either.
_LONGEST_CONNECT: Final = 30.0


class TokenSource(Protocol):
    """Gives access tokens."""

    def current(self) -> Token:
        """Give the token to use; signs in when there is none."""
        ...

    def renew(self, stale: Token, words: str) -> None:
        """Replace a token the org does not take any more, unless that has been done already."""
        ...


class Clocks:
    """Time and chance, so that tests can bring their own.

    Args:
        clock: seconds since 1970.
        monotonic: seconds that never go back.
        sleep: pauses the calling thread for some seconds.
        chance: random number in [0, 1).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        chance: Callable[[], float],
    ) -> None:
        self.clock, self.monotonic, self.sleep, self.chance = clock, monotonic, sleep, chance


class Transport:
    """Sends calls until they succeed or are not worth another try.

    Args:
        connection: time limits, pool size, and the names in error messages.
        guard: stops calls before the quota, and counts them.
        policy: what to repeat and how often.
        clocks: time and chance.
        user_agent: sent with every request.

    Attributes:
        server_time: the latest `Date` header and the monotonic second it came in.
    """

    def __init__(
        self,
        connection: Connection,
        guard: QuotaGuard,
        policy: retry.RetryPolicy,
        clocks: Clocks,
        user_agent: str,
    ) -> None:
        self.server_time: tuple[datetime, float] | None = None
        self._connection = connection
        self._guard = guard
        self._usage = guard.usage
        self._policy = policy
        self._clocks = clocks
        self._contacted: set[str] = set()
        self._http = _http_session(connection, user_agent)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, call: Call, tokens: TokenSource | None) -> requests.Response:
        """Send a call and give its successful answer (2xx or 304).

        Args:
            call: what to send.
            tokens: who gives the access token; None for a call that carries none.

        Raises:
            SalesforceAbmError: see `Session.request`.
        """
        tried = 0
        renewed = False
        while True:
            token = tokens.current() if tokens else None
            try:
                response = self._send(call, token, again=tried > 0 or renewed)
            except (requests.RequestException, OSError) as error:
                setback = self._broken(call, error)
                cause: Exception = error
            else:
                if _succeeded(response):
                    return response
                problem = wire.read_problem(response.status_code, response.content)
                advice = advice_for(problem.code, problem.message)
                ended = advice is not None and advice.action is Action.REAUTH
                if ended and tokens and token and not renewed:
                    tokens.renew(token, problem.message)
                    renewed = True
                    continue
                cause = self._refusal(call, response, problem)
                judged = retry.from_answer(
                    response.status_code,
                    problem,
                    retry_after=response.headers.get("Retry-After"),
                    now=times.parse_http_date(response.headers.get("Date")),
                )
                if judged is None:
                    raise cause
                setback = judged
            tried += 1
            self._pause(call, setback, tried, cause)

    def peek(self, call: Call) -> requests.Response:
        """Send a call once, without a token, and give its answer whatever it says.

        Raises:
            SalesforceAbmError: there was no answer.
        """
        try:
            return self._send(call, None, again=False)
        except (requests.RequestException, OSError) as error:
            reason = self._broken(call, error).reason
            raise TransientError(
                f"{call.name} at {call.host}: {reason}",
                remedy=f"Check the address {call.host} (`domain` or `instance_url`) and the network.",
            ) from error

    def _send(self, call: Call, token: Token | None, *, again: bool) -> requests.Response:
        """Send once. Bodies are read here, so that one that breaks off counts as a failed try."""
        headers = {**call.body.headers, **call.headers}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.access_token}"
        data = call.body.fresh()
        self._guard.reserve(call.kind, call.body.size(data), again=again)
        told: wire.Used | None = None
        outcome, request_id = "no answer", "-"
        started = self._clocks.monotonic()
        try:
            response = self._http.request(
                call.method,
                call.url,
                params=dict(call.params),
                data=data,
                headers=headers,
                auth=_no_auth,
                proxies=_proxies(call),
                timeout=(min(call.timeout, _LONGEST_CONNECT), call.timeout),
                allow_redirects=False,
                stream=True,
            )
            outcome = str(response.status_code)
            request_id = response.headers.get("X-Sfdc-Request-Id", "-")
            told = wire.read_usage(response.headers.get("Sforce-Limit-Info"))
            self._note_answer(call, response)
            if call.stream and _succeeded(response):
                self._count_at_close(response)
            else:
                body = response.content
                # urllib3 does not count what it reads chunk by chunk.
                self._usage.received(_wire_bytes(response) or len(body))
        except (requests.RequestException, OSError):
            outcome += " (broken)"
            raise
        finally:
            self._usage.done(call.kind, told)
            spent = (self._clocks.monotonic() - started) * 1000
            logger.debug("%s %s %d ms request %s", call.name, outcome, spent, request_id)
        return response

    def _count_at_close(self, response: requests.Response) -> None:
        close = response.close

        def counted() -> None:
            response.close = close  # type: ignore[method-assign]
            self._usage.received(_wire_bytes(response))
            close()

        response.close = counted  # type: ignore[method-assign]

    def _note_answer(self, call: Call, response: requests.Response) -> None:
        self._contacted.add(call.host)
        moment = times.parse_http_date(response.headers.get("Date"))
        if moment is not None:
            self.server_time = (moment, self._clocks.monotonic())

    def _broken(self, call: Call, error: Exception) -> retry.Setback:
        """Judge a call without an answer."""
        if retry.is_untrusted(error):
            raise ConfigError(
                f"the certificate of {call.host} is not trusted",
                remedy="Behind a proxy that opens TLS, set REQUESTS_CA_BUNDLE to its certificate file.",
            ) from error
        setback = retry.from_exception(error, call.timeout)
        if setback is None:
            raise SalesforceAbmError(f"{call.name} cannot be sent: {type(error).__name__}") from error
        if setback.reached:
            self._contacted.add(call.host)
        return setback

    def _pause(self, call: Call, setback: retry.Setback, tried: int, cause: Exception) -> None:
        """Wait before the next try, or raise when there is none."""
        if setback.maybe_done and not call.idempotent:
            raise TransientError(
                f"{call.name}: {setback.reason}; it is not known whether Salesforce carried it out",
                remedy="It was not repeated, because that could do it twice.",
                code=setback.code,
                outcome_unknown=True,
                status=setback.status,
            ) from cause
        contacted = call.host in self._contacted
        allowed = self._policy.allowed(setback, contacted=contacted)
        if tried >= allowed:
            advice = advice_for(setback.code)
            remedy = advice.remedy if advice else None
            if not (setback.reached or contacted):
                remedy = f"Check the address {call.host} (`domain` or `instance_url`) and the network."
            asked = f"; the server asks to wait {setback.wait:.0f} s" if setback.wait else ""
            count = "1 try" if tried == 1 else f"{tried} tries"
            raise TransientError(
                f"{call.name} at {call.host}: {setback.reason} after {count}{asked}",
                remedy=remedy,
                code=setback.code,
                status=setback.status,
            ) from cause
        seconds = self._policy.delay(setback, tried, self._clocks.chance())
        logger.warning(
            "%s: %s; try %d of %d in %.1f s", call.name, setback.reason, tried + 1, allowed, seconds
        )
        self._clocks.sleep(seconds)

    def _refusal(
        self,
        call: Call,
        response: requests.Response,
        problem: wire.Problem,
    ) -> SalesforceAbmError:
        """Make the exception for an error answer."""
        if response.is_redirect:
            target = urlsplit(response.headers.get("Location", "")).netloc or "another address"
            return ConfigError(
                f"{call.host} redirects to {target}",
                remedy="Set `instance_url`, or `domain`, to the org's own address (Setup > My Domain).",
            )
        if call.kind == "auth":
            server = times.parse_http_date(response.headers.get("Date"))
            ahead = self._clocks.clock() - server.timestamp() if server else None
            return auth.refusal(problem, self._connection, clock_ahead=ahead)
        message = redact.clean(problem.message)
        advice = advice_for(problem.code, problem.message)
        remedy = advice.remedy if advice else None
        if problem.code in _DAILY_CODES and advice is not None and advice.action is Action.WAIT:
            return QuotaError(f"{call.name}: {problem.code}: {message}", remedy=remedy, code=problem.code)
        if response.status_code == 401:
            return AuthError(
                f"{call.name}: {problem.code}: {message}",
                remedy=remedy or "A new session is refused too: see the user's Login History in Setup.",
                code=problem.code,
            )
        return api_error(
            response.status_code,
            problem.code,
            message,
            problem.fields,
            response.headers.get("X-Sfdc-Request-Id"),
            operation=call.name,
        )


def _succeeded(response: requests.Response) -> bool:
    """Tell success from error: 300 means that a key fits several records, 304 that nothing has changed."""
    return response.status_code < 300 or response.status_code == 304


def _http_session(connection: Connection, user_agent: str) -> requests.Session:
    session = requests.Session()
    session.headers.clear()
    session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "gzip"})
    # Salesforce's browser cookies mean nothing to the API, and the jar is the one part threads would share.
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connection.concurrency + 2, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _proxies(call: Call) -> dict[str, str] | None:
    """Go round the environment's proxy for this machine's own address, which it could not reach."""
    hostname = urlsplit(call.url).hostname or ""
    return {"no_proxy": hostname} if urls.is_loopback(hostname) else None


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep `requests` from putting a password of ~/.netrc in the place of our Authorization header."""
    return request


def _wire_bytes(response: requests.Response) -> int:
    """Count the bytes of a body as they travelled, compressed; what has been read so far."""
    try:
        return int(response.raw.tell())
    except (AttributeError, OSError, ValueError):
        return 0
