"""What people do in Salesforce between two runs, so that the second run has something to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.org import OrgClient


def apply(org: OrgClient) -> dict[str, int]:
    """Change a few records that the engagement does not depend on; return how many of each object."""
    opportunities = org.query(
        "SELECT Id FROM Opportunity WHERE IsClosed = false ORDER BY CreatedDate, Id LIMIT 7"
    )
    for row in opportunities:
        org.update("Opportunity", row["Id"], {"NextStep": "Call them about the new release"})
    leads = org.query("SELECT Id FROM Lead WHERE IsConverted = false ORDER BY CreatedDate, Id LIMIT 5")
    for row in leads:
        org.update("Lead", row["Id"], {"Rating": "Hot"})
    tasks = org.query("SELECT Id FROM Task ORDER BY CreatedDate, Id LIMIT 1")
    for row in tasks:
        org.delete("Task", row["Id"])
    return {"Opportunity": len(opportunities), "Lead": len(leads), "Task (deleted)": len(tasks)}
