"""Demo Products, price books, Opportunities with their line items, contact roles and history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_org.seed import words
from local_org.seed.dice import Dice
from local_org.seed.world import discard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_org.seed.world import Company, Row, World

OPPORTUNITIES = 3100

# per stage: Probability, ForecastCategory, ForecastCategoryName
STAGES: dict[str, tuple[int, str, str]] = {
    "Prospecting": (10, "Pipeline", "Pipeline"),
    "Qualification": (10, "Pipeline", "Pipeline"),
    "Needs Analysis": (20, "Pipeline", "Pipeline"),
    "Value Proposition": (50, "Pipeline", "Pipeline"),
    "Id. Decision Makers": (60, "Pipeline", "Pipeline"),
    "Perception Analysis": (70, "Pipeline", "Pipeline"),
    "Proposal/Price Quote": (75, "Pipeline", "Pipeline"),
    "Negotiation/Review": (90, "Pipeline", "Pipeline"),
    "Closed Won": (100, "Closed", "Closed"),
    "Closed Lost": (0, "Omitted", "Omitted"),
}
_DEALS = ("New Business", "Renewal", "Add-On", "Upgrade", "Pilot")
_OPEN = tuple(stage for stage in STAGES if not stage.startswith("Closed"))


@dataclass(frozen=True)
class Catalogue:
    """Products and prices.

    Attributes:
        products: Product2 rows.
        books: Pricebook2 rows, the standard one first.
        entries: PricebookEntry rows.
    """

    products: list[Row]
    books: list[Row]
    entries: list[Row]


@dataclass(frozen=True)
class Sales:
    """Opportunities and what hangs on them, one list of rows per object."""

    opportunities: list[Row] = field(default_factory=list)
    line_items: list[Row] = field(default_factory=list)
    roles: list[Row] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)


def catalogue(world: World, standard_book: str | None = None) -> Catalogue:
    """Products, the standard price book and two others.

    Args:
        world: the surroundings.
        standard_book: Id of the standard price book when the org has one already.
    """
    dice = Dice("demo/products")
    books = [
        {
            "Id": standard_book if standard and standard_book else world.new_id("Pricebook2"),
            **world.stamps(dice, 2200, by=world.admin_id),
            "Name": name,
            "IsActive": True,
            "IsArchived": False,
            "IsStandard": standard,
            "Description": None if standard else f"Prices for {name.removesuffix(' Price Book')} customers",
        }
        for name, standard in (
            ("Standard Price Book", True),
            ("EMEA Price Book", False),
            ("Partner Price Book", False),
        )
    ]
    products: list[Row] = []
    entries: list[Row] = []
    for name, code, family, price in words.PRODUCTS:
        active = "discontinued" not in name
        product: Row = {
            "Id": world.new_id("Product2"),
            **world.stamps(dice, dice.between(700, 2100), by=world.admin_id),
            "Name": name,
            "ProductCode": code,
            "Family": family,
            "IsActive": active,
            "IsArchived": False,
            "Description": f"{name}, billed yearly" if family in {"Platform", "Licences"} else None,
            "QuantityUnitOfMeasure": "Each" if family == "Hardware" else None,
        }
        products.append(product)
        for book, percent in zip(books, (100, 110, 80), strict=True):
            if percent == 80 and family == "Services":
                continue  # partners sell their own services
            entries.append(
                {
                    "Id": world.new_id("PricebookEntry"),
                    **world.stamps(dice, 700, by=world.admin_id),
                    "Name": name,
                    "Pricebook2Id": book["Id"],
                    "Product2Id": product["Id"],
                    "ProductCode": code,
                    "UnitPrice": round(price * percent / 100, 2),
                    "IsActive": active,
                    "IsArchived": False,
                    "UseStandardPrice": False,
                }
            )
    return Catalogue(products, books, entries)


def pipeline(
    world: World,
    companies: Sequence[Company],
    contacts: Sequence[Row],
    prices: Catalogue,
    record_types: Sequence[str] = (),
) -> Sales:
    """Opportunities over three years and the next nine months, with everything that belongs to them."""
    dice = Dice("demo/opportunities")
    alive = [company for company in companies if not company.deleted]
    team: dict[str, list[Row]] = {}
    for contact in contacts:
        if contact.get("AccountId") and not contact["IsDeleted"]:
            team.setdefault(contact["AccountId"], []).append(contact)
    sales = Sales()
    for index in range(OPPORTUNITIES):
        company = dice.pick(alive)
        opportunity = _opportunity(world, dice, company, index)
        if record_types:
            opportunity["RecordTypeId"] = dice.pick(record_types)
        sales.opportunities.append(opportunity)
        if dice.chance(62):
            _sell(world, dice, opportunity, prices, sales)
        _involve(world, dice, opportunity, team.get(company.id, []), sales)
        _remember(world, dice, opportunity, sales)
        if index % 97 == 0:
            _discard(world, dice, opportunity, sales)
    return sales


def _opportunity(world: World, dice: Dice, company: Company, index: int) -> Row:
    created = dice.between(1, min(max(company.created, 2), 1100))
    cycle = dice.between(14, 270)
    close_in = cycle - created  # days from today; negative: the past
    stage = dice.weighted((("Closed Won", 34), ("Closed Lost", 58), ("open", 8))) if close_in < 0 else "open"
    if stage == "open":
        stage = dice.pick(_OPEN)
    probability, category, category_name = STAGES[stage]
    closed = stage.startswith("Closed")
    amount = round(10 ** (dice.between(300, 560) / 100), 2) if dice.chance(91) else None
    if amount is not None and dice.chance(60):
        amount = float(round(amount, -2))
    close_day = world.today + dt.timedelta(days=close_in)
    quarter = (close_day.month + 2) // 3
    row: Row = {
        "Id": world.new_id("Opportunity"),
        **world.stamps(dice, created),
        "Name": f"{str(company.row['Name'])[:90]} - {dice.pick(_DEALS)}"
        + (f" {index}" if dice.chance(30) else ""),
        "AccountId": company.id,
        "IsPrivate": False,
        "StageName": stage,
        "Amount": amount,
        "Probability": probability
        if dice.chance(93)
        else min(99, probability + 5)
        if not closed
        else probability,
        "CloseDate": close_day.isoformat(),
        "Type": dice.weighted(
            (
                ("New Customer", 45),
                ("Existing Customer - Upgrade", 25),
                ("Existing Customer - Replacement", 8),
                ("Existing Customer - Downgrade", 3),
                (None, 19),
            )
        ),
        "LeadSource": dice.weighted(
            (("Web", 30), ("Phone Inquiry", 10), ("Partner Referral", 15), (None, 45))
        ),
        "NextStep": dice.pick(('Send quote, then "nudge"', "Demo", "Legal review; wait", "")) or None
        if dice.chance(30)
        else None,
        "IsClosed": closed,
        "IsWon": stage == "Closed Won",
        "ForecastCategory": category,
        "ForecastCategoryName": category_name,
        "HasOpportunityLineItem": False,
        "OwnerId": company.row["OwnerId"] if dice.chance(85) else dice.pick(world.user_ids),
        "FiscalYear": close_day.year,
        "FiscalQuarter": quarter,
        "Fiscal": f"{close_day.year} {quarter}",
        "HasOpenActivity": False,
        "HasOverdueTask": False,
    }
    row["ExpectedRevenue"] = None if amount is None else round(amount * row["Probability"] / 100, 2)
    row["LastStageChangeDate"] = row["LastModifiedDate"] if closed else None
    return row


def _sell(world: World, dice: Dice, opportunity: Row, prices: Catalogue, sales: Sales) -> None:
    """Adds line items; the Opportunity's amount becomes their total, as on Salesforce."""
    book = dice.pick(prices.books)["Id"]
    offered = [entry for entry in prices.entries if entry["Pricebook2Id"] == book and entry["IsActive"]]
    total = 0.0
    quantity_total = 0
    for order, entry in enumerate(dice.sample(offered, dice.weighted(((1, 40), (2, 30), (3, 20), (6, 10))))):
        quantity = dice.weighted(((1, 60), (2, 12), (5, 14), (25, 10), (120, 4)))
        price = round(entry["UnitPrice"] * dice.pick((100, 100, 100, 95, 90, 75)) / 100, 2)
        total = round(total + quantity * price, 2)
        quantity_total += quantity
        sales.line_items.append(
            {
                "Id": world.new_id("OpportunityLineItem"),
                **_same_stamps(opportunity),
                "OpportunityId": opportunity["Id"],
                "SortOrder": order + 1,
                "PricebookEntryId": entry["Id"],
                "Product2Id": entry["Product2Id"],
                "ProductCode": entry["ProductCode"],
                "Name": f"{opportunity['Name']} {entry['Name']}"[:376],
                "Quantity": quantity,
                "UnitPrice": price,
                "ListPrice": entry["UnitPrice"],
                "TotalPrice": round(quantity * price, 2),
                "ServiceDate": opportunity["CloseDate"] if dice.chance(30) else None,
                "Description": "Includes set-up, training" if dice.chance(8) else None,
            }
        )
    opportunity.update(
        Pricebook2Id=book,
        HasOpportunityLineItem=True,
        Amount=total,
        TotalOpportunityQuantity=quantity_total,
        ExpectedRevenue=round(total * opportunity["Probability"] / 100, 2),
    )


def _involve(world: World, dice: Dice, opportunity: Row, team: Sequence[Row], sales: Sales) -> None:
    people = dice.sample(team, dice.weighted(((0, 20), (1, 40), (2, 25), (4, 15))))
    for order, contact in enumerate(people):
        sales.roles.append(
            {
                "Id": world.new_id("OpportunityContactRole"),
                **_same_stamps(opportunity),
                "OpportunityId": opportunity["Id"],
                "ContactId": contact["Id"],
                "Role": dice.weighted(
                    (
                        ("Decision Maker", 30),
                        ("Influencer", 20),
                        ("Evaluator", 15),
                        ("Executive Sponsor", 10),
                        (None, 25),
                    )
                ),
                "IsPrimary": order == 0,
            }
        )


def _remember(world: World, dice: Dice, opportunity: Row, sales: Sales) -> None:
    """The way through the stages, one OpportunityHistory row per step; the last one shows today's values."""
    final = opportunity["StageName"]
    path = [stage for stage in _OPEN if dice.chance(35)]
    if final in _OPEN:
        path = [stage for stage in path if _OPEN.index(stage) < _OPEN.index(final)]
    stages = [*path, final]
    first = dt.datetime.fromisoformat(opportunity["CreatedDate"])
    last = dt.datetime.fromisoformat(opportunity["LastModifiedDate"])
    amount = opportunity["Amount"]
    for step, stage in enumerate(stages):
        at = last if step == len(stages) - 1 else first + (last - first) * step / len(stages)
        stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        probability, category, _ = STAGES[stage]
        value = (
            amount
            if step == len(stages) - 1 or amount is None
            else round(amount * dice.between(70, 130) / 100, 2)
        )
        sales.history.append(
            {
                "Id": world.new_id("OpportunityHistory"),
                "IsDeleted": False,
                "OpportunityId": opportunity["Id"],
                "CreatedById": opportunity["LastModifiedById"],
                "CreatedDate": stamp,
                "SystemModstamp": stamp,
                "StageName": stage,
                "Amount": value,
                "ExpectedRevenue": None if value is None else round(value * probability / 100, 2),
                "CloseDate": opportunity["CloseDate"],
                "Probability": probability,
                "ForecastCategory": category,
            }
        )


def _discard(world: World, dice: Dice, opportunity: Row, sales: Sales) -> None:
    """Into the recycle bin, with its line items (contact roles and history go when it is purged)."""
    stamp = world.moment(dice.between(1, 13), 15 * 3600)
    discard(opportunity, stamp)
    for item in sales.line_items:
        if item["OpportunityId"] == opportunity["Id"]:
            discard(item, stamp)


def _same_stamps(parent: Mapping[str, object]) -> Row:
    keys = (
        "IsDeleted",
        "CreatedDate",
        "CreatedById",
        "LastModifiedDate",
        "LastModifiedById",
        "SystemModstamp",
    )
    return {key: parent[key] for key in keys}
