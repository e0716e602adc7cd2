"""Sessions that end too early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from local_org.faults.core import Fault

if TYPE_CHECKING:
    from local_org.http.messages import Request, Response


@dataclass(slots=True)
class ExpireSessions(Fault):
    """The request finds its session expired: 401 INVALID_SESSION_ID.

    Attributes:
        everybody: all sessions end, not only the one the request came with.
    """

    kind: ClassVar[str] = "expire-session"
    everybody: bool = False

    def concerns(self, request: Request) -> bool:
        """Only requests that come with a session."""
        return "Authorization" in request.headers and super(ExpireSessions, self).concerns(request)

    def before(self, request: Request) -> Response | None:
        """End it; the org then answers as it always does."""
        sessions = request.org.sessions
        if self.everybody:
            sessions.expire_all()
        else:
            sessions.expire(request.headers["Authorization"].partition(" ")[2].strip())
        return None
