"""Demo Campaigns with their members, Tasks and Events."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from local_org.seed import words
from local_org.seed.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_org.seed.world import Row, World

CAMPAIGNS = 36
MEMBERS = 4200
TASKS = 3600
EVENTS = 900


def campaigns(world: World) -> list[Row]:
    """Campaigns of three years, each year's under a parent."""
    dice = Dice("demo/campaigns")
    rows: list[Row] = []
    for index in range(CAMPAIGNS):
        parent = index % 12 == 0
        start = 980 - index * 30
        kind = dice.pick(
            (
                "Conference",
                "Webinar",
                "Trade Show",
                "Advertisement",
                "Email",
                "Direct Mail",
                "Referral Program",
            )
        )
        topic = dice.pick(words.TOPICS)
        rows.append(
            {
                "Id": world.new_id("Campaign"),
                **world.stamps(dice, max(start + 20, 2)),
                "Name": f"Programme of year {index // 12 + 1}"
                if parent
                else f"{kind}: {topic} #{index}"[:80],
                "ParentId": None if parent else rows[index // 12 * 12]["Id"],
                "Type": None if parent else kind,
                "Status": "Completed" if start > 60 else dice.pick(("Planned", "In Progress", "Aborted")),
                "StartDate": world.date(start),
                "EndDate": world.date(start - dice.between(1, 45)),
                "IsActive": start < 120,
                "BudgetedCost": dice.between(5, 200) * 250,
                "ActualCost": round(dice.between(1000, 50_000) * 1.07, 2) if dice.chance(70) else None,
                "ExpectedRevenue": dice.between(10, 400) * 1000 if dice.chance(60) else None,
                "ExpectedResponse": dice.between(1, 300) / 10 if dice.chance(50) else None,
                "NumberSent": dice.between(100, 20_000),
                "NumberOfLeads": 0,
                "NumberOfConvertedLeads": 0,
                "NumberOfContacts": 0,
                "NumberOfResponses": 0,
                "NumberOfOpportunities": 0,
                "NumberOfWonOpportunities": 0,
                "AmountAllOpportunities": 0,
                "AmountWonOpportunities": 0,
                "OwnerId": dice.pick(world.user_ids),
                "Description": f"Invite everybody who read about {topic}" if dice.chance(40) else None,
            }
        )
    return rows


def members(
    world: World, campaigns: Sequence[Row], contacts: Sequence[Row], leads: Sequence[Row]
) -> list[Row]:
    """Campaign members, each person once per campaign; updates the campaigns' counts."""
    dice = Dice("demo/members")
    seen: set[tuple[str, str]] = set()
    rows: list[Row] = []
    people = [row for row in contacts if not row["IsDeleted"]]
    while len(rows) < MEMBERS:
        campaign = dice.pick(campaigns)
        is_lead = dice.chance(25)
        who = dice.pick(leads) if is_lead else dice.pick(people)
        if campaign["ParentId"] is None or (campaign["Id"], who["Id"]) in seen:
            continue
        seen.add((campaign["Id"], who["Id"]))
        responded = dice.chance(22)
        stamps = world.stamps(dice, dice.between(1, 700))
        campaign["NumberOfLeads" if is_lead else "NumberOfContacts"] += 1
        campaign["NumberOfConvertedLeads"] += is_lead and bool(who["IsConverted"])
        campaign["NumberOfResponses"] += responded
        rows.append(
            {
                "Id": world.new_id("CampaignMember"),
                **stamps,
                "CampaignId": campaign["Id"],
                "LeadId": who["Id"] if is_lead else None,
                "ContactId": None if is_lead else who["Id"],
                "Status": "Responded" if responded else "Sent",
                "HasResponded": responded,
                "FirstRespondedDate": str(stamps["LastModifiedDate"])[:10] if responded else None,
                **{
                    key: who.get(key)
                    for key in ("FirstName", "LastName", "Name", "Title", "Email", "Phone", "LeadSource")
                },
                "CompanyOrAccount": who.get("Company"),
                "Type": "Lead" if is_lead else "Contact",
                "LeadOrContactId": who["Id"],
                "LeadOrContactOwnerId": who["OwnerId"],
                "DoNotCall": False,
                "HasOptedOutOfEmail": False,
                "HasOptedOutOfFax": False,
            }
        )
    return rows


def tasks(
    world: World, contacts: Sequence[Row], leads: Sequence[Row], opportunities: Sequence[Row]
) -> list[Row]:
    """Tasks about Contacts (with an Opportunity or Account), Leads, or nobody."""
    dice = Dice("demo/tasks")
    live = [row for row in contacts if not row["IsDeleted"]]
    open_leads = [row for row in leads if not row["IsConverted"]]
    deals = [row for row in opportunities if not row["IsDeleted"]]
    rows: list[Row] = []
    for index in range(TASKS):
        created = dice.between(1, 480)
        done = dice.chance(70)
        stamps = world.stamps(dice, created)
        who, what, account = _about(dice, live, open_leads, deals)
        kind = dice.weighted((("Email", 40), ("Call", 30), ("Task", 30)))
        rows.append(
            {
                "Id": world.new_id("Task"),
                **stamps,
                "WhoId": who,
                "WhatId": what,
                "AccountId": account,
                "Subject": {"Email": "Email: Re: proposal", "Call": "Call", "Task": "Send Letter/Quote"}[kind]
                + (f" ({dice.pick(words.TOPICS)})" if dice.chance(30) else ""),
                "ActivityDate": world.date(created - dice.between(0, 60)) if dice.chance(85) else None,
                "Status": "Completed"
                if done
                else dice.pick(("Not Started", "In Progress", "Waiting on someone else")),
                "Priority": "High" if (high := dice.chance(10)) else "Normal",
                "IsHighPriority": high,
                "OwnerId": dice.pick(world.user_ids),
                "Description": 'Left a voicemail.\nWill try again, maybe "Tuesday".'
                if dice.chance(25)
                else None,
                "IsClosed": done,
                "CompletedDateTime": stamps["LastModifiedDate"] if done else None,
                "IsArchived": done and created > 365,
                "TaskSubtype": kind,
                "CallDurationInSeconds": dice.between(10, 1800) if kind == "Call" and done else None,
                "CallType": "Outbound" if kind == "Call" and done else None,
                "IsReminderSet": False,
                "IsRecurrence": False,
            }
        )
        if index % 180 == 0:
            rows[-1]["IsDeleted"] = True
    return rows


def events(
    world: World, contacts: Sequence[Row], leads: Sequence[Row], opportunities: Sequence[Row]
) -> list[Row]:
    """Meetings, past and to come; some last all day."""
    dice = Dice("demo/events")
    live = [row for row in contacts if not row["IsDeleted"]]
    open_leads = [row for row in leads if not row["IsConverted"]]
    deals = [row for row in opportunities if not row["IsDeleted"]]
    rows: list[Row] = []
    for _ in range(EVENTS):
        created = dice.between(1, 400)
        in_days = dice.between(-30, created)
        start = dt.datetime.combine(world.today, dt.time(), dt.UTC) - dt.timedelta(days=in_days)
        all_day = dice.chance(8)
        minutes = 1440 if all_day else dice.pick((15, 30, 30, 45, 60, 90, 120))
        if not all_day:
            start += dt.timedelta(hours=dice.between(8, 17))
        end = start + dt.timedelta(minutes=minutes)
        who, what, account = _about(dice, live, open_leads, deals)
        rows.append(
            {
                "Id": world.new_id("Event"),
                **world.stamps(dice, created),
                "WhoId": who,
                "WhatId": what,
                "AccountId": account,
                "Subject": dice.pick(("Meeting", "Call", "Demo", "Quarterly review, on site", "午餐会")),
                "Location": dice.pick(("Zoom", "Their office", 'Room "Aurora"', None)),
                "IsAllDayEvent": all_day,
                "ActivityDateTime": None if all_day else f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "ActivityDate": start.date().isoformat(),
                "StartDateTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                "EndDateTime": f"{end if not all_day else start:%Y-%m-%dT%H:%M:%SZ}",
                "EndDate": (start if all_day else end).date().isoformat(),
                "DurationInMinutes": minutes,
                "OwnerId": dice.pick(world.user_ids),
                "ShowAs": "Busy",
                "IsPrivate": False,
                "IsChild": False,
                "IsGroupEvent": False,
                "GroupEventType": "0",
                "IsArchived": in_days > 365,
                "IsRecurrence": False,
                "IsReminderSet": False,
                "EventSubtype": "Event",
                "IsRecurrence2Exclusion": False,
                "IsRecurrence2": False,
                "IsRecurrence2Exception": False,
            }
        )
    return rows


def _about(
    dice: Dice, contacts: Sequence[Row], leads: Sequence[Row], deals: Sequence[Row]
) -> tuple[str | None, str | None, str | None]:
    """Who and what an activity is about, and the Account that follows from it."""
    kind = dice.weighted((("contact", 45), ("deal", 30), ("lead", 18), ("nobody", 7)))
    if kind == "lead":
        return dice.pick(leads)["Id"], None, None
    if kind == "deal":
        deal = dice.pick(deals)
        return None, deal["Id"], deal["AccountId"]
    if kind == "contact":
        contact = dice.pick(contacts)
        return contact["Id"], contact["AccountId"], contact["AccountId"]
    return None, None, None
