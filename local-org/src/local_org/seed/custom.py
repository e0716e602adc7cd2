"""Values of the demo's custom fields, and the Subscriptions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from local_org.seed import schema, words
from local_org.seed.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_org.seed.world import Company, Row, World

_AMERICAS = frozenset({"United States", "Brazil"})
_ASIA = frozenset({"Japan", "China", "India"})


def decorate_accounts(companies: Sequence[Company]) -> None:
    """Fills the custom fields of the Accounts, most of them for most."""
    dice = Dice("demo/account fields")
    for index, company in enumerate(companies):
        country = words.COUNTRIES[company.country].name
        row = company.row
        if dice.chance(78):
            row["Customer_Id__c"] = f"C-{10_000 + index}"
        if dice.chance(35):
            row["Legacy_Customer_Number__c"] = f"{dice.between(1, 99_999):05d}/{dice.pick('ABC')}"
        if dice.chance(88):
            row["Region__c"] = "Americas" if country in _AMERICAS else "APAC" if country in _ASIA else "EMEA"
        if dice.chance(40):
            chosen = set(dice.sample(schema.INTERESTS, dice.between(1, 3)))
            row["Interests__c"] = ";".join(name for name in schema.INTERESTS if name in chosen)
        if dice.chance(15):
            row["Account_Notes__c"] = _notes(dice)
        if dice.chance(60):
            row["Health_Score__c"] = dice.between(50, 1000) / 10
        row["Strategic__c"] = dice.chance(8)
        if dice.chance(12):
            row["Headquarters__Latitude__s"] = dice.between(-550_000, 700_000) / 10_000
            row["Headquarters__Longitude__s"] = dice.between(-1_800_000, 1_800_000) / 10_000


def decorate_contacts(contacts: Sequence[Row]) -> None:
    """Fills the custom fields of some Contacts."""
    dice = Dice("demo/contact fields")
    for row in contacts:
        if dice.chance(45):
            row["Persona__c"] = dice.pick(("Decision Maker", "Champion", "User", "Blocker"))


def subscriptions(world: World, companies: Sequence[Company], products: Sequence[Row]) -> list[Row]:
    """What customers subscribe to; also sets the Accounts' renewal dates."""
    dice = Dice("demo/subscriptions")
    platform = [product for product in products if product["Family"] in {"Platform", "Support", "Connectors"}]
    rows: list[Row] = []
    for company in companies:
        kind = str(company.row.get("Type") or "")
        if company.deleted or not (kind.startswith("Customer") or dice.chance(6)):
            continue
        for product in dice.sample(platform, dice.weighted(((1, 55), (2, 30), (3, 15)))):
            rows.append(_subscription(world, dice, company, product, len(rows)))
    return rows


def _subscription(world: World, dice: Dice, company: Company, product: Row, index: int) -> Row:
    started = dice.between(1, max(company.created, 1))
    status = dice.weighted((("Active", 68), ("Trial", 8), ("Past Due", 8), ("Cancelled", 16)))
    years = started // 365 + 1
    end = world.today - dt.timedelta(days=started) + dt.timedelta(days=365 * years)
    if status == "Cancelled":
        end = world.today - dt.timedelta(days=dice.between(0, started))
    elif status == "Active":
        earlier = company.row.get("Renewal_Date__c")
        company.row["Renewal_Date__c"] = min(filter(None, (earlier, end.isoformat())))
    seats = dice.weighted(((5, 30), (10, 25), (25, 20), (100, 15), (500, 10)))
    return {
        "Id": world.new_id(schema.SUBSCRIPTION),
        **world.stamps(dice, started),
        "Name": f"SUB-{index + 1:05d}",
        "OwnerId": company.row["OwnerId"],
        "Account__c": company.id if dice.chance(98) else None,
        "Product__c": product["Id"],
        "External_Key__c": f"billing:{index * 37 % 10_007:05d}-{dice.pick('abcXYZ')}{index}",
        "Status__c": status,
        "MRR__c": round(seats * dice.between(400, 4000) / 100, 2) if dice.chance(96) else None,
        "Seats__c": seats,
        "Start_Date__c": world.date(started),
        "End_Date__c": end.isoformat(),
        "Auto_Renew__c": status == "Active" and dice.chance(80),
    }


def _notes(dice: Dice) -> str:
    lines = (
        "Kick-off went well; the champion wants a pilot in two plants.",
        'Procurement asks for "framework, not project".',
        "合同将于明年续签。",
        "Blocked by IT: needs SSO, audit log, EU hosting.",
        "- budget approved\n- legal pending\n- go-live planned",
        "Emoji status: 🟢🟡🔴",
    )
    return "\n\n".join(dice.sample(lines, dice.between(1, 4))) * dice.pick((1, 1, 1, 12))
