"""Every field of every object can be read; fields computed from other rows are SQL, and SQL can be wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_org import defaults
from local_org.soql.errors import SoqlError
from local_org.soql.run import run_query

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


def test_every_field_of_every_object_can_be_queried(org: RunningOrg) -> None:
    user = org.org.users.require(defaults.ADMIN_USERNAME)
    wrong = []
    for summary in org.org.schema:
        names = [field.name for field in summary.fields]
        soql = f"SELECT {', '.join(names)} FROM {summary.name}"
        try:
            list(run_query(org.org, user, soql, all_rows=True).records(0, 1, version="66.0"))
        except SoqlError as error:
            if not re.search("Implementation restriction|does not support query|not supported", str(error)):
                wrong.append(f"{summary.name}: {error}")
    assert not wrong
