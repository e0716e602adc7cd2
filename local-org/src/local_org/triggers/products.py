"""Prices and the products of a deal.

<https://developer.salesforce.com/docs/atlas.en-
us.object_reference.meta/object_reference/sforce_api_objects_opportunitylineitem.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.dml import errors
from local_org.dml.outcome import RowError
from local_org.triggers import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_org.dml.batch import Batch, Draft
    from local_org.org import Org

_NO_STANDARD_PRICE = RowError(
    "STANDARD_PRICE_NOT_DEFINED", "Before creating a custom price, create a standard price."
)
_PRICE_EXISTS = RowError("DUPLICATE_VALUE", "This price definition already exists in this price book")


def before_price(batch: Batch) -> None:
    """Allow one price per product and book, and a custom price only after a standard one."""
    standard = {
        row[0] for row in batch.connection.execute('SELECT "Id" FROM "Pricebook2" WHERE "IsStandard" = 1')
    }
    products = {draft.value("Product2Id") for draft in batch.good if draft.is_new}
    known = {
        (book, product)
        for book, product in batch.fetch(
            "PricebookEntry", ("Pricebook2Id", "Product2Id"), "Product2Id", products
        )
    }
    for draft in batch.good:
        if not draft.is_new:
            continue
        book, product = draft.value("Pricebook2Id"), draft.value("Product2Id")
        if (book, product) in known:
            draft.errors.append(_PRICE_EXISTS)
        elif book not in standard and not any((one, product) in known for one in standard):
            draft.errors.append(_NO_STANDARD_PRICE)
        else:
            known.add((book, product))


def before_line(batch: Batch) -> None:
    """Find the price book entry and the product from one another; derive price or total."""
    entries = rows.lookup(
        batch,
        "PricebookEntry",
        ("Product2Id", "Pricebook2Id", "UnitPrice"),
        _values(batch, "PricebookEntryId"),
    )
    deals = rows.lookup(batch, "Opportunity", ("Pricebook2Id",), _values(batch, "OpportunityId"))
    for draft in batch.good:
        if draft.is_new:
            _choose_entry(batch, draft, entries, deals)
        if not draft.errors:
            _price(draft)


def after_line(batch: Batch) -> None:
    """Make each deal's amount the sum of its lines; a deal without price book takes the lines'."""
    entries = rows.lookup(batch, "PricebookEntry", ("Pricebook2Id",), _values(batch, "PricebookEntryId"))
    for draft in batch.good:
        deal, entry = draft.value("OpportunityId"), draft.value("PricebookEntryId")
        if draft.is_new and entry in entries:
            batch.connection.execute(
                'UPDATE "Opportunity" SET "Pricebook2Id" = ? WHERE "Id" = ? AND "Pricebook2Id" IS NULL',
                (entries[entry][0], deal),
            )
    _add_up(batch.org, {draft.value("OpportunityId") for draft in batch.good}, batch.stamp)


def line_removed(org: Org, record_ids: list[str]) -> None:
    """Add the deal up again without the lines that go."""
    marks = ", ".join("?" * len(record_ids))
    found = org.store.read().execute(
        f'SELECT DISTINCT "OpportunityId" FROM "OpportunityLineItem" WHERE "Id" IN ({marks})', record_ids
    )
    _add_up(org, {row[0] for row in found}, org.clock.stamp(), without=record_ids)


def _choose_entry(
    batch: Batch,
    draft: Draft,
    entries: dict[str, tuple[str, str, float]],
    deals: dict[str, tuple[str | None]],
) -> None:
    book = deals.get(draft.value("OpportunityId") or "", (None,))[0]
    entry = draft.value("PricebookEntryId")
    if entry is None:
        product = draft.value("Product2Id")
        if product is None:
            draft.errors.append(errors.required(["PricebookEntryId"]))
            return
        row = batch.connection.execute(
            'SELECT e."Id", e."Product2Id", e."Pricebook2Id", e."UnitPrice" FROM "PricebookEntry" e'
            ' JOIN "Pricebook2" b ON b."Id" = e."Pricebook2Id" WHERE e."Product2Id" = ? AND e."IsActive" = 1'
            ' AND (b."Id" = ?2 OR (?2 IS NULL AND b."IsStandard" = 1))',
            (product, book),
        ).fetchone()
        if row is None:
            message = (
                "The pricebook entry of this product is inactive or missing in the opportunity's price book"
            )
            draft.errors.append(errors.integrity(message, "Product2Id"))
            return
        entry, entries[row[0]] = row[0], row[1:]
        draft.new["PricebookEntryId"] = entry
    product, entry_book, price = entries[entry]
    if book is not None and entry_book != book:
        message = "pricebook entry is not in the opportunity's pricebook"
        draft.errors.append(errors.integrity(message, "PricebookEntryId"))
        return
    draft.new["Product2Id"] = product
    if draft.value("UnitPrice") is None and draft.value("TotalPrice") is None:
        draft.new["UnitPrice"] = price


def _price(draft: Draft) -> None:
    quantity, unit, total = (draft.value(name) for name in ("Quantity", "UnitPrice", "TotalPrice"))
    if draft.sent("UnitPrice") and draft.sent("TotalPrice"):
        message = (
            "field integrity exception: UnitPrice, TotalPrice (cannot specify both TotalPrice and UnitPrice)"
        )
        draft.errors.append(errors.integrity(message, "UnitPrice", "TotalPrice"))
    elif draft.sent("TotalPrice") and quantity:
        draft.new["UnitPrice"] = round((total or 0.0) / quantity, 2)
    elif quantity is not None and unit is not None:
        draft.new["TotalPrice"] = round(unit * quantity, 2)


def _add_up(org: Org, deals: Iterable[str], stamp: str, without: Iterable[str] = ()) -> None:
    gone = list(without)
    marks = ", ".join("?" * len(gone))
    org.store.read().executemany(
        'UPDATE "Opportunity" SET "SystemModstamp" = ?, "LastModifiedDate" = ?, "Amount" ='
        ' (SELECT coalesce(sum("TotalPrice"), 0.0) FROM "OpportunityLineItem"'
        f' WHERE "OpportunityId" = "Opportunity"."Id" AND "IsDeleted" = 0 AND "Id" NOT IN ({marks}))'
        ' WHERE "Id" = ?',
        [(stamp, stamp, *gone, deal) for deal in deals if deal],
    )


def _values(batch: Batch, name: str) -> set[str]:
    return {draft.value(name) for draft in batch.good}
