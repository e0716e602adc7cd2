"""The Singer SDK's standard tests for taps.

They ask little (a tap that sends one key three times passes); the other modules here ask the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import insert

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from local_org.testing import RunningOrg

SUITE = """
import json, sys
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_salesforce_abm.tap import TapSalesforceAbm

TestTap = get_tap_test_class(
    TapSalesforceAbm,
    config=json.loads({config!r}),
    suite_config=SuiteConfig(ignore_no_records=True),
    parse_env_config=False,
)
"""


@pytest.mark.long
def test_the_sdks_suite_passes(
    org: RunningOrg, noon: datetime, connection_settings: dict[str, Any], tmp_path: Path
) -> None:
    at = noon.replace(hour=1)
    insert(org, "Account", [{"Name": "Acme", "NumberOfEmployees": 5, "AnnualRevenue": 1.5}], at=at)
    insert(org, "Contact", [{"LastName": "L", "Birthdate": "1990-02-03"}], at=at)
    settings = {**connection_settings, "objects": ["Account", "Contact", "Lead", "User"]}
    (tmp_path / "test_suite.py").write_text(SUITE.format(config=json.dumps(settings)), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "test_suite.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
