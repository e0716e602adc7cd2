"""What a run did, in one line at its end."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator

    from salesforce_abm.usage import Usage

__all__ = ["Summary"]


@dataclass
class Summary:
    """Counts of one run.

    Attributes:
        usage: gives the API use of the run's session; None as long as it has not signed in.
        rows: records emitted by stream.
        failed: streams that failed, and why.
        streams: seconds, API requests and bytes while each stream was emitted; requests made ahead for the
            next streams are among them.
    """

    usage: Callable[[], Usage | None]
    rows: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    streams: dict[str, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def reading(self, stream: str) -> Iterator[None]:
        """Measure a stream while this runs."""
        begun, requests, size = time.monotonic(), self._requests(), self._bytes()
        try:
            yield
        finally:
            self.streams[stream] = {
                "rows": self.rows[stream],
                "seconds": round(time.monotonic() - begun, 3),
                "api_requests": self._requests() - requests,
                "bytes_received": self._bytes() - size,
            }

    def _requests(self) -> int:
        usage = self.usage()
        return usage.counted if usage is not None else 0

    def _bytes(self) -> int:
        usage = self.usage()
        return usage.bytes_received if usage is not None else 0

    def as_dict(self, seconds: float) -> dict[str, Any]:
        """Give the summary as data, in the shape of the SDK's metrics.

        Args:
            seconds: how long the run took.
        """
        usage = self.usage()
        used = usage.as_dict() if usage is not None else {"requests": {}}
        return {
            "type": "summary",
            "metric": "run",
            "value": sum(self.rows.values()),
            "tags": {
                "rows": dict(sorted(self.rows.items())),
                "streams": self.streams,
                "failed": sorted(self.failed),
                "api_requests": used["requests"],
                "retries": used.get("retries", 0),
                "bytes_received": used.get("bytes_received", 0),
                "daily_api_requests": {"used": used.get("daily_used"), "max": used.get("daily_max")},
                "seconds": round(seconds, 3),
            },
        }

    def log(self, logger: logging.Logger, seconds: float) -> None:
        """Write the summary as one METRIC line."""
        logger.info("METRIC: %s", json.dumps(self.as_dict(seconds), separators=(",", ":")))
