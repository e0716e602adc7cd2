"""Demo Accounts: parents and subsidiaries, duplicates, odd names, deleted and merged ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.seed import web, words
from local_org.seed.dice import Dice
from local_org.seed.world import Company, Row, World, discard

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT = 2400
"""Accounts that are not deleted."""

_IMPORTED = 300  # so many came in one import and share one moment, as after every data load


def companies(world: World, record_types: Sequence[str] = ()) -> list[Company]:
    """All Accounts of the demo.

    Args:
        world: the surroundings; its users own the Accounts.
        record_types: Ids of Account record types; none when the org has none.

    Returns:
        `COUNT` Accounts, then some in the recycle bin, of which a few were merged into another.
    """
    dice = Dice("demo/accounts")
    names = _Names(Dice("demo/names"))
    made: list[Company] = []
    for index in range(COUNT):
        kind = dice.weighted((("new", 90), ("sister", 6), ("duplicate", 4))) if index > 50 else "new"
        if kind == "sister":
            made.append(_sister(world, dice, dice.pick(made), index))
        elif kind == "duplicate":
            made.append(_duplicate(world, dice, dice.pick(made), index))
        else:
            made.append(_company(world, dice, names, index))
    made += [_removed(world, dice, names, index, made) for index in range(COUNT, COUNT + 70)]
    for company in made[: COUNT : len(made) // _IMPORTED]:
        stamp = world.moment(400, 3 * 3600 + 17)
        company.row.update(CreatedDate=stamp, LastModifiedDate=stamp, SystemModstamp=stamp)
        company.row["CreatedById"] = company.row["LastModifiedById"] = world.admin_id
    if record_types:
        for company in made:
            company.row["RecordTypeId"] = dice.pick(record_types)
    return made


class _Names:
    """Company names with a domain of their own each."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._domains: set[str] = set()
        self._odd = list(words.ODD_NAMES)

    def next(self, country: words.Country) -> tuple[str, str, str, str]:
        """Name, domain as typed (may be IDN), domain in ASCII, industry."""
        dice = self._dice
        trade, industry = dice.pick(words.TRADES)
        legal = dice.pick(country.legal)
        while True:
            stem = dice.pick(words.STEM_STARTS) + dice.pick(words.STEM_MIDDLES) + dice.pick(words.STEM_ENDS)
            if country.people == "de" and dice.chance(8):
                stem = f"{dice.pick(words.UMLAUT_STEMS)}-{stem}" if dice.chance(80) else f"{stem}-Süd"
            shape = dice.weighted((("{s}", 40), ("{s}{t}", 35), ("{s}-{t}", 25)))
            tld = dice.pick(country.tlds)
            typed = shape.format(s=stem.lower(), t=trade.lower()) + "." + tld
            domain = typed.encode("idna").decode()
            if domain not in self._domains:
                break
        self._domains.add(domain)
        name = f"{stem} {trade} {legal}".strip()
        native = words.NATIVE_NAMES.get(country.people)
        if native and dice.chance(50):
            base = dice.pick(native)
            name = f"{legal}{base}" if country.people == "ja" else f"{base} {legal}"
        elif self._odd and dice.chance(3):
            name = self._odd.pop()
        return name, typed if dice.chance(60) else domain, domain, industry


def _company(world: World, dice: Dice, names: _Names, index: int) -> Company:
    position = dice.weighted(tuple((at, country.weight) for at, country in enumerate(words.COUNTRIES)))
    country = words.COUNTRIES[position]
    name, typed, domain, industry = names.next(country)
    created = dice.between(2, 2200)
    # a company that changed its name: the site has moved, the mailboxes have not
    mail_domain = f"{domain.split('.')[0]}-old.{country.tlds[0]}" if dice.chance(3) else domain
    row = _row(world, dice, index, created) | {
        "Name": name,
        "Website": web.website(dice, typed, name),
        "Industry": industry if dice.chance(82) else None,
        **_address(dice, country, "Billing"),
        "Phone": _phone(dice, country) if dice.chance(78) else None,
    }
    if dice.chance(40):
        row |= {
            key.replace("Billing", "Shipping"): value
            for key, value in row.items()
            if key.startswith("Billing")
        }
    return Company(row, position, domain, mail_domain, created)


def _row(world: World, dice: Dice, index: int, created: int) -> Row:
    employees = int(10 ** (dice.between(0, 45) / 10)) if dice.chance(70) else None
    owner = dice.pick(world.user_ids) if dice.chance(94) else dice.pick(world.all_user_ids)
    return {
        "Id": world.new_id("Account"),
        **world.stamps(dice, created),
        "OwnerId": owner,
        "Type": dice.weighted(
            (
                ("Prospect", 48),
                ("Customer - Direct", 24),
                ("Customer - Channel", 8),
                ("Channel Partner / Reseller", 4),
                ("Installation Partner", 2),
                ("Technology Partner", 3),
                ("Other", 3),
                (None, 8),
            )
        ),
        "AccountNumber": f"CD{100_000 + index * 7}" if dice.chance(60) else None,
        "AnnualRevenue": (
            employees * dice.between(60, 400) * 1000 if employees and dice.chance(80) else None
        ),
        "NumberOfEmployees": employees,
        "Ownership": dice.weighted(
            (("Public", 12), ("Private", 50), ("Subsidiary", 6), ("Other", 4), (None, 28))
        ),
        "TickerSymbol": "".join(dice.pick("ABCDEFGHJKLMNOPRSTVWX") for _ in range(4))
        if dice.chance(8)
        else None,
        "Rating": dice.weighted((("Hot", 10), ("Warm", 25), ("Cold", 25), (None, 40))),
        "AccountSource": dice.weighted(
            (
                ("Web", 30),
                ("Phone Inquiry", 12),
                ("Partner Referral", 12),
                ("Purchased List", 14),
                ("Other", 6),
                (None, 26),
            )
        ),
        "Sic": str(dice.between(1000, 8999)) if dice.chance(25) else None,
        "Site": dice.pick(("HQ", "Plant 2", "EMEA")) if dice.chance(7) else None,
        "Description": _description(dice),
        "CleanStatus": "Pending",
        "YearStarted": str(dice.between(1885, 2023)) if dice.chance(20) else None,
    }


def _sister(world: World, dice: Dice, parent: Company, index: int) -> Company:
    """A subsidiary that shares its parent's domain."""
    country = words.COUNTRIES[parent.country]
    created = dice.between(2, max(3, parent.created))
    region = dice.pick(("EMEA", "North America", "Deutschland", "Services", "LATAM", "Asia/Pacific"))
    row = _row(world, dice, index, created) | {
        "Name": f"{parent.row['Name']} - {region}",
        "Website": web.website(dice, parent.domain, region),
        "Industry": parent.row.get("Industry"),
        "ParentId": parent.id if dice.chance(80) else None,
        **_address(dice, country, "Billing"),
        "Phone": _phone(dice, country) if dice.chance(50) else None,
    }
    return Company(row, parent.country, parent.domain, parent.mail_domain, created)


def _duplicate(world: World, dice: Dice, original: Company, index: int) -> Company:
    """The same company typed in a second time by somebody who did not search first."""
    created = dice.between(2, max(3, original.created))
    name = str(original.row["Name"])
    spelling = dice.pick(
        (
            name.upper(),
            name.replace(" ", "  "),
            name.rstrip(".") + " (duplicate?)",
            name.partition(" ")[0],
            name,
        )
    )
    row = _row(world, dice, index, created) | {
        "Name": spelling,
        "Website": original.row["Website"] if dice.chance(50) else None,
        "BillingCountry": original.row.get("BillingCountry"),
    }
    return Company(row, original.country, original.domain, original.mail_domain, created)


def _removed(world: World, dice: Dice, names: _Names, index: int, others: Sequence[Company]) -> Company:
    """An Account in the recycle bin; every fourth went there because it was merged into another."""
    company = _company(world, dice, names, index)
    deleted_at = world.moment(dice.between(1, 13), dice.between(6 * 3600, 18 * 3600))
    discard(company.row, deleted_at)
    if index % 4 == 0:
        company.row["MasterRecordId"] = others[index % 1000].id
    return company


def _address(dice: Dice, country: words.Country, prefix: str) -> Row:
    if dice.chance(12):
        return {f"{prefix}Country": country.name if dice.chance(60) else None}
    city, state, postal = dice.pick(country.cities)
    street = f"{dice.between(1, 980)} {dice.pick(words.STREETS)}"
    if dice.chance(15):
        street += f"\nSuite {dice.between(100, 900)}"
    return {
        f"{prefix}Street": street,
        f"{prefix}City": city,
        f"{prefix}State": state,
        f"{prefix}PostalCode": f"{postal}{dice.between(10, 99)}",
        f"{prefix}Country": country.name if dice.chance(92) else {"United States": "USA"}.get(country.name),
    }


def _phone(dice: Dice, country: words.Country) -> str:
    digits = f"{dice.between(200, 999)}{dice.between(1_000_000, 9_999_999)}"
    if country.name == "United States" and dice.chance(70):
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return f"{country.dial}{digits[:2]} {digits[2:6]} {digits[6:]}"


def _description(dice: Dice) -> str | None:
    if not dice.chance(45):
        return None
    return dice.pick(
        (
            "Met at the trade show. Follow up next quarter.",
            'Said: "call me in May", then hung up.\nSecond line, with a comma, and a tab\there.',
            "Line one\r\nLine two\r\n\r\nLine four",
            "Customer since the beginning 🎉 – très fidèle; größter Kunde in der Region.",
            "<p>Pasted from <b>e-mail</b> &amp; never cleaned</p>",
            "重要客户。请每季度联系一次。",
            "עודכן לאחר שיחה עם המנכ״ל",
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 20,
        )
    ).strip()
