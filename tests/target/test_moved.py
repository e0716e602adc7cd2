"""Converted Leads, merged records, and records known by two fields together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab

BY_ID = [{"source": "id", "field": "Id"}]
PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])


def merged(lab: Lab, chain: int = 1) -> tuple[str, str]:
    """An Account that was merged into another, which was merged into another, ...; the first and the last."""
    first = last = lab.create("Account", Name="loser")
    for n in range(chain):
        master = lab.create("Account", Name=f"master {n}")
        lab.org.dml.merge(lab.org.admin, "Account", master, [last])
        last = master
    return first, last


@PATHS
@pytest.mark.parametrize("chain", [1, 2], ids=["merged", "merged twice"])
def test_a_merged_account_is_followed_when_the_load_says_so(lab: Lab, chain: int, api_type: str) -> None:
    loser, master = merged(lab, chain)
    load = {"stream": "rows", "object": "Account", "match": BY_ID, "fields": {"text": "Site"}}
    rows = stream("rows", [{"id": loser, "text": "x"}])
    run = lab.run(rows, loads=[load], api_type=api_type)
    assert run.numbers("rows") == {"received": 1, "unmatched": 1}
    assert f"{loser} was merged into {master}" in run.rejects[0]["message"]
    run = lab.run(rows, loads=[{**load, "moved": "follow"}], api_type=api_type, retry_rejects=False)
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert lab.row("Account", master, "Site") == ("x",)


def converted(lab: Lab) -> tuple[str, str]:
    lead, contact = lab.create("Lead", LastName="L", Company="C"), lab.create("Contact", LastName="L")
    with lab.org.store.write() as connection:
        connection.execute(
            "UPDATE Lead SET IsConverted = 1, ConvertedContactId = ? WHERE Id = ?", (contact, lead)
        )
    return lead, contact


@PATHS
def test_a_converted_lead_is_set_aside_or_followed_to_its_contact(lab: Lab, api_type: str) -> None:
    lead, contact = converted(lab)
    other = lab.create("Lead", LastName="Other", Company="C")
    load = {"stream": "rows", "object": "Lead", "match": BY_ID, "fields": {"text": "Title"}}
    rows = stream("rows", [{"id": lead, "text": "x"}, {"id": other, "text": "y"}, {"id": lead, "text": "z"}])
    run = lab.run(rows, loads=[load], api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 1, "skipped": 2}
    assert run.report["streams"]["rows"]["reasons"] == {"converted": 2}
    run = lab.run(rows, loads=[{**load, "moved": "follow"}], api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 2, "unchanged": 1}
    assert lab.row("Contact", contact, "Title") == ("z",)
    assert lab.row("Lead", lead, "Title") == (None,)
    assert lab.row("Lead", other, "Title") == ("y",)


def test_following_leads_needs_the_fields_on_contacts_too(lab: Lab) -> None:
    lab.field("Lead.Only__c", **TEXT)
    load = {
        "stream": "rows",
        "object": "Lead",
        "match": BY_ID,
        "fields": {"text": "Only__c"},
        "moved": "follow",
    }
    run = lab.run(stream("rows", [{"id": "x", "text": "y"}]), loads=[load])
    assert run.code == 1
    assert "Contact.Only__c" in run.log


PAIR = [{"source": ["campaign", "contact"], "field": ["CampaignId", "ContactId"]}]


def test_campaign_members_are_known_by_campaign_and_contact_together(lab: Lab) -> None:
    campaigns = [lab.create("Campaign", Name=f"C{n}") for n in range(2)]
    contacts = [lab.create("Contact", LastName=f"P{n}") for n in range(2)]
    rows: list[dict[str, Any]] = [
        {"campaign": campaign, "contact": contact, "status": "Sent"}
        for campaign in campaigns
        for contact in contacts
    ]
    rows.append(dict(rows[0]))
    loads = [
        {
            "stream": "rows",
            "object": "CampaignMember",
            "operation": "insert",
            "match": PAIR,
            "fields": {"campaign": "CampaignId", "contact": "ContactId"},
        },
        {"stream": "rows", "object": "CampaignMember", "match": PAIR, "fields": {"status": "Status"}},
    ]
    run = lab.run(stream("rows", rows), loads=loads)
    assert run.code == 0, (run.log, run.rejects)
    assert lab.count("CampaignMember") == 4
    again = lab.run(stream("rows", rows), loads=loads)
    assert again.numbers("rows") == {"received": 10, "unchanged": 10}
    assert again.writes() == []
    rows[1]["status"] = "Responded"
    run = lab.run(stream("rows", rows), loads=loads)
    assert run.numbers("rows") == {"received": 10, "written": 1, "unchanged": 9}
    statuses = lab.rows("SELECT CampaignId, ContactId FROM CampaignMember WHERE Status = 'Responded'")
    assert statuses == [{"CampaignId": rows[1]["campaign"], "ContactId": rows[1]["contact"]}]


def test_two_fields_must_both_fit_and_several_records_are_ambiguous(lab: Lab) -> None:
    ids = [lab.create("Account", Name="Acme", Site=site, Phone="1") for site in ("Paris", "Berlin", "Berlin")]
    load = {
        "stream": "rows",
        "object": "Account",
        "match": [{"source": ["name", "site"], "field": ["Name", "Site"]}],
        "fields": {"phone": "Phone"},
    }
    rows = [{"name": "acme", "site": site, "phone": "2"} for site in ("paris", "Berlin", "Rome", None)]
    run = lab.run(stream("rows", rows), loads=[load])
    assert run.numbers("rows") == {"received": 4, "written": 1, "ambiguous": 1, "unmatched": 2}
    assert lab.row("Account", ids[0], "Phone") == ("2",)
    assert "no Account with Name 'acme' and Site 'Rome'" in {reject["message"] for reject in run.rejects}
