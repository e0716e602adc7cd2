"""What signing in gives, and the form all flows have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from salesforce_abm import times, urls
from salesforce_abm.errors import AuthError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["AuthFlow", "Token", "TokenPost"]


@dataclass(frozen=True, slots=True)
class Token:
    """A session of the org. It says nothing about its end: that shows only as an answer 401.

    Attributes:
        access_token: goes into the Authorization header.
        instance_url: base address for all requests.
        refresh_token: the next one, when the app rotates them.
        identity_url: names org and user.
        issued_at: when, by Salesforce's clock.
    """

    access_token: str = field(repr=False)
    instance_url: str
    refresh_token: str | None = field(default=None, repr=False)
    identity_url: str | None = None
    issued_at: datetime | None = None

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Token:
        """Read the answer of the token endpoint.

        Raises:
            AuthError: it has no access token or no usable instance URL.
        """
        access_token, instance_url = answer.get("access_token"), answer.get("instance_url")
        if not isinstance(access_token, str) or not access_token or not isinstance(instance_url, str):
            raise AuthError(
                "the sign-in answer has no access token and instance URL",
                remedy="Check that `domain` or `instance_url` is the address of a Salesforce org.",
            )
        try:
            base = urls.instance_base(instance_url)
        except ValueError as error:
            raise AuthError(f"the sign-in answer's instance URL cannot be used: {error}") from None
        issued = str(answer.get("issued_at") or "")
        refresh_token, identity_url = answer.get("refresh_token"), answer.get("id")
        return cls(
            access_token,
            base,
            refresh_token if isinstance(refresh_token, str) and refresh_token else None,
            identity_url if isinstance(identity_url, str) else None,
            times.from_epoch_ms(issued) if issued.isdecimal() else None,
        )


class TokenPost(Protocol):
    """Posts a form to the token endpoint and gives the JSON object it answers."""

    def __call__(self, form: Mapping[str, str], /) -> Mapping[str, Any]:
        """Post.

        Raises:
            AuthError: Salesforce refused.
            TransientError: no usable answer, retries exhausted.
        """
        ...


class AuthFlow(Protocol):
    """One way of signing in."""

    name: str
    renewable: bool
    """Whether `fetch` can give another token when this one ends."""

    def fetch(self, post: TokenPost) -> Token:
        """Sign in."""
        ...
