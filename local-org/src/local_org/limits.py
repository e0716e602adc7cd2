"""Allowances of the org: the daily API requests and the other numbers of the limits resource.

Numbers of an Enterprise-like Developer org, see
<https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/>.
"""

from __future__ import annotations

import threading
from collections import Counter

MAXIMA: dict[str, int] = {
    "AnalyticsExternalDataSizeMB": 40_960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentSyncReportRuns": 20,
    "DailyApiRequests": 100_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDurableGenericStreamingApiEvents": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyScratchOrgs": 6,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 100_000,
    "DataStorageMB": 1_024,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 1_024,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5_000,
    "HourlyDashboardStatuses": 999_999_999,
    "HourlyODataCallout": 1_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 50,
    "MassEmail": 10,
    "PermissionSets": 1_500,
    "SingleEmail": 15,
    "StreamingApiConcurrentClients": 20,
}


class Limits:
    """What has been used of each allowance. Safe to use from several threads.

    Attributes:
        maxima: allowance by name, changeable.
        enforced: requests beyond `DailyApiRequests` are refused with 403 REQUEST_LIMIT_EXCEEDED.
        per_app: allowance of the calling app; when set, `Sforce-Limit-Info` has its longer form.
    """

    def __init__(self) -> None:
        self.maxima = dict(MAXIMA)
        self.enforced = True
        self.per_app: int | None = None
        self._used: Counter[str] = Counter()
        self._used_by_app: Counter[str] = Counter()
        self._lock = threading.Lock()

    def use(self, name: str, amount: int = 1) -> None:
        """Take from an allowance."""
        with self._lock:
            self._used[name] += amount

    def used(self, name: str = "DailyApiRequests") -> int:
        """How much of an allowance is gone."""
        return self._used[name]

    def remaining(self, name: str = "DailyApiRequests") -> int:
        """How much of an allowance is left, never below 0."""
        return max(0, self.maxima[name] - self._used[name])

    def set_remaining(self, remaining: int, name: str = "DailyApiRequests") -> None:
        """Pretend that only so much of an allowance is left."""
        with self._lock:
            self._used[name] = self.maxima[name] - remaining

    def use_request(self, app_name: str) -> bool:
        """Count one API request. False: the day's allowance was already gone."""
        with self._lock:
            if self.enforced and self._used["DailyApiRequests"] >= self.maxima["DailyApiRequests"]:
                return False
            self._used["DailyApiRequests"] += 1
            self._used_by_app[app_name] += 1
            return True

    def header(self, app_name: str) -> str:
        """The `Sforce-Limit-Info` header's value."""
        text = f"api-usage={self._used['DailyApiRequests']}/{self.maxima['DailyApiRequests']}"
        if self.per_app is not None and app_name:
            text += f"; per-app-api-usage={self._used_by_app[app_name]}/{self.per_app}(appName={app_name})"
        return text

    def document(self) -> dict[str, dict[str, int]]:
        """The limits resource."""
        return {name: {"Max": self.maxima[name], "Remaining": self.remaining(name)} for name in self.maxima}
