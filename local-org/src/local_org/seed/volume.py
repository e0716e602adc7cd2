"""Any number of Accounts, fast: for benchmarks and for tests of paging.

Each row follows from its number alone, by arithmetic over small pools of values, so that a million rows cost
seconds and any row can be foretold.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from local_org.seed import words
from local_org.seed.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.org import Org

COLUMNS = (
    "Name",
    "Type",
    "BillingStreet",
    "BillingCity",
    "BillingState",
    "BillingPostalCode",
    "BillingCountry",
    "BillingLatitude",
    "BillingLongitude",
    "ShippingStreet",
    "ShippingCity",
    "ShippingState",
    "ShippingPostalCode",
    "ShippingCountry",
    "ShippingLatitude",
    "Phone",
    "Fax",
    "AccountNumber",
    "Website",
    "Sic",
    "Industry",
    "AnnualRevenue",
    "NumberOfEmployees",
    "Ownership",
    "TickerSymbol",
    "Description",
    "Rating",
    "Site",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "AccountSource",
    "DunsNumber",
    "Tradestyle",
    "NaicsCode",
    "NaicsDesc",
    "YearStarted",
    "SicDesc",
    "JigsawCompanyId",
    "CleanStatus",
)
CONTACT_COLUMNS = (
    "AccountId",
    "FirstName",
    "LastName",
    "Name",
    "Email",
    "Title",
    "CreatedDate",
    "SystemModstamp",
)
_POOL = 1009  # prime, so that pools of different fields do not run in step


def plant_volume(org: Org, accounts: int, *, contacts: int = 0) -> None:
    """Fills an empty org.

    Args:
        org: a fresh org.
        accounts: how many Accounts, each with the 40 fields of `COLUMNS` filled.
        contacts: how many Contacts each Account gets.
    """
    item = org.schema.object("Account")
    today = org.clock.today()
    stamp = f"{today}T00:00:00Z"
    admin = org.admin.id
    if not contacts:
        org.store.bulk_insert(item, COLUMNS, account_rows(accounts, today), stamp=stamp, user_id=admin)
        return
    account_ids = org.store.ids.take(item.id_prefix, accounts)
    numbered = zip(account_ids, account_rows(accounts, today), strict=True)
    rows = ((record_id, *row) for record_id, row in numbered)
    org.store.bulk_insert(item, ("Id", *COLUMNS), rows, stamp=stamp, user_id=admin)
    person = org.schema.object("Contact")
    people = contact_rows(account_ids, contacts, today)
    org.store.bulk_insert(person, CONTACT_COLUMNS, people, stamp=stamp, user_id=admin)


def account_rows(count: int, today: dt.date) -> Iterator[tuple[Any, ...]]:
    """Values of `COLUMNS` for so many Accounts, made over the last two years, oldest first."""
    pool = _pool()
    stamps = _stamps(count, today)
    for number in range(count):
        created, modified = next(stamps)
        (stem, kind, street, city, state, postal, country, latitude, longitude) = pool[number % _POOL]
        (industry, trade, ownership, rating, source, text, year, domain, ticker) = _WORK[number % 997]
        digits = f"{number:07d}"
        yield (
            f"{stem} {trade} {digits}",
            kind,
            street,
            city,
            state,
            postal,
            country,
            latitude,
            longitude,
            street,
            city,
            state,
            postal,
            country,
            latitude,
            f"+1 555 {digits}",
            f"+1 556 {digits}",
            f"AC-{digits}",
            f"https://www.{stem.lower()}{number}.{domain}",
            "7372",
            industry,
            float(number % 9973 * 10_000),
            number % 4999 + 1,
            ownership,
            ticker,
            text,
            rating,
            "HQ",
            created,
            modified,
            modified,
            source,
            f"{number:09d}",
            stem,
            "511210",
            "Software Publishers",
            year,
            "Prepackaged Software",
            f"J{digits}",
            "Pending",
        )


def contact_rows(account_ids: list[str], each: int, today: dt.date) -> Iterator[tuple[Any, ...]]:
    """Values of `CONTACT_COLUMNS`: so many people for each Account, at the Account's domain."""
    pool = _pool()
    firsts, lasts = words.FIRST_NAMES["en"], words.LAST_NAMES["en"]
    stamps = _stamps(len(account_ids), today)
    for number, account_id in enumerate(account_ids):
        created, modified = next(stamps)
        stem, domain = pool[number % _POOL][0].lower(), _WORK[number % 997][7]
        for person in range(each):
            first, last = firsts[(number + person) % len(firsts)], lasts[(number * 7 + person) % len(lasts)]
            email = f"{first.lower()}.{person}@{stem}{number}.{domain}"
            title = words.TITLES[(number + person) % len(words.TITLES)][0]
            yield account_id, first, last, f"{first} {last}", email, title, created, modified


def _stamps(count: int, today: dt.date) -> Iterator[tuple[str, str]]:
    """When each row was made and changed; dates are written once a day, not once a row."""
    days = 730
    for day in range(days):
        first, after = (-(-at * count // days) for at in (day, day + 1))
        date = today - dt.timedelta(days=days - day)
        later = (date + dt.timedelta(days=(days - day) // 2)).isoformat()
        created = date.isoformat()
        for number in range(first, after):
            second = number * 7919 % 86_400
            time = f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
            yield created + time, (later if number % 3 else created) + time


def _pool() -> list[tuple[Any, ...]]:
    dice = Dice("volume/places")
    made = []
    for number in range(_POOL):
        country = words.COUNTRIES[number % len(words.COUNTRIES)]
        city, state, postal = dice.pick(country.cities)
        stem = dice.pick(words.STEM_STARTS) + dice.pick(words.STEM_MIDDLES) + dice.pick(words.STEM_ENDS)
        kind = dice.pick(("Prospect", "Customer - Direct", "Customer - Channel", "Other"))
        street = f"{dice.between(1, 999)} {dice.pick(words.STREETS)}"
        place = (dice.between(-600_000, 700_000) / 10_000, dice.between(-1_800_000, 1_800_000) / 10_000)
        made.append((stem, kind, street, city, state or city, f"{postal}01", country.name, *place))
    return made


def _work() -> list[tuple[str, ...]]:
    dice = Dice("volume/work")
    made: list[tuple[str, ...]] = []
    for _ in range(997):
        trade, industry = dice.pick(words.TRADES)
        made.append(
            (
                industry,
                trade,
                dice.pick(("Public", "Private", "Subsidiary", "Other")),
                dice.pick(("Hot", "Warm", "Cold")),
                dice.pick(("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")),
                f"{trade} company, reads about {dice.pick(words.TOPICS)}.",
                str(dice.between(1900, 2020)),
                dice.pick(("com", "de", "co.uk", "io", "fr")),
                "".join(dice.pick("ABCDEFGH") for _ in range(4)),
            )
        )
    return made


_WORK = _work()
