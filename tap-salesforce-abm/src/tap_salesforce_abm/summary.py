"""What a run did, in one line at its end."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

    from salesforce_abm.usage import Usage

__all__ = ["Summary"]


@dataclass
class Summary:
    """Counts of one run.

    Attributes:
        rows: records emitted by stream.
        failed: streams that failed, and why.
    """

    rows: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    def as_dict(self, usage: Usage | None, seconds: float) -> dict[str, Any]:
        """Give the summary as data, in the shape of the SDK's metrics.

        Args:
            usage: API use of the run's session; None when it never signed in.
            seconds: how long the run took.
        """
        used = usage.as_dict() if usage is not None else {"requests": {}}
        return {
            "type": "summary",
            "metric": "run",
            "value": sum(self.rows.values()),
            "tags": {
                "rows": dict(sorted(self.rows.items())),
                "failed": sorted(self.failed),
                "api_requests": used["requests"],
                "retries": used.get("retries", 0),
                "bytes_received": used.get("bytes_received", 0),
                "daily_api_requests": {"used": used.get("daily_used"), "max": used.get("daily_max")},
                "seconds": round(seconds, 3),
            },
        }

    def log(self, logger: logging.Logger, usage: Usage | None, seconds: float) -> None:
        """Write the summary as one METRIC line."""
        logger.info("METRIC: %s", json.dumps(self.as_dict(usage, seconds), separators=(",", ":")))
