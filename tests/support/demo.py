"""The demo org on a fixed day, for every test that only looks at it."""

from __future__ import annotations

import datetime as dt

from local_org.clock import Clock
from local_org.org import Org
from local_org.seed import plant
from local_org.testing import RunningOrg

NOW = dt.datetime(2025, 6, 18, 15, 30, tzinfo=dt.UTC)


def start_demo(*, tls: bool = False, names: tuple[str, ...] = ()) -> RunningOrg:
    """A running demo org whose clock stands still."""
    org = Org(clock=Clock(NOW))
    plant(org, "demo")
    return RunningOrg(org, tls=tls, names=names)
