"""`pivot`: one field per segment, holding its status, on Contacts and Leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab


@pytest.mark.parametrize("api_type", ["REST", "BULK2"])
@pytest.mark.parametrize("sobject", ["Contact", "Lead"])
def test_each_segment_has_its_field_and_keeps_its_status(lab: Lab, sobject: str, api_type: str) -> None:
    lab.field(f"{sobject}.crm_2_seg__c", **LONG)
    lab.field(f"{sobject}.DEV_seg__c", **TEXT)
    more = {"Company": "C"} if sobject == "Lead" else {}
    first, second = (lab.create(sobject, LastName=name, **more) for name in ("One", "Two"))
    loads = [
        {
            "stream": "segments",
            "object": sobject,
            "match": [{"source": "salesforce_id", "field": "Id"}],
            "pivot": {
                "name": "segment_id",
                "value": "status",
                "fields": {"crm_2_seg": "crm_2_seg__c", "dev": "DEV_seg__c"},
            },
        }
    ]

    def row(record: str, segment: str, status: Any) -> dict[str, Any]:
        return {"salesforce_id": record, "segment_id": segment, "status": status}

    rows = [
        row(first, "crm_2_seg", "realized"),
        row(first, "dev", "existing"),
        row(second, "crm_2_seg", "exited"),
        row(second, "other", "realized"),
        row(first, "crm_2_seg", "existing"),
    ]
    run = lab.run(stream("segments", rows), loads=loads, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("segments") == {"received": 5, "written": 4, "skipped": 1}
    assert run.report["streams"]["segments"]["reasons"] == {"segment_not_mapped": 1}
    assert lab.row(sobject, first, "crm_2_seg__c", "DEV_seg__c") == ("existing", "existing")
    assert lab.row(sobject, second, "crm_2_seg__c", "DEV_seg__c") == ("exited", None)
    run = lab.run(stream("segments", [row(first, "dev", None)]), loads=loads, api_type=api_type)
    assert run.numbers("segments") == {"received": 1, "written": 1}
    assert lab.row(sobject, first, "crm_2_seg__c", "DEV_seg__c") == ("existing", None)


def test_a_segment_whose_field_is_missing_is_named_before_anything_is_written(lab: Lab) -> None:
    loads = [
        {
            "stream": "segments",
            "object": "Contact",
            "match": [{"source": "id", "field": "Id"}],
            "pivot": {"name": "segment", "value": "status", "fields": {"a": "Nope__c"}},
        }
    ]
    run = lab.run(stream("segments", [{"id": "x", "segment": "a", "status": "b"}]), loads=loads)
    assert run.code == 1
    assert "Contact.Nope__c" in run.log
    assert "loads[0].pivot.fields.a" in run.log
