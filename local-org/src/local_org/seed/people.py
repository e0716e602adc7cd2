"""Demo Users and their roles, Contacts, Leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.seed import web, words
from local_org.seed.dice import Dice
from local_org.seed.world import discard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_org.seed.world import Company, Row, World

CONTACTS = 8200
LEADS = 1500

# name, and the role above it
_ROLES = (
    ("CEO", None),
    ("VP Sales", "CEO"),
    ("VP Marketing", "CEO"),
    ("Sales Director Americas", "VP Sales"),
    ("Sales Director EMEA", "VP Sales"),
    ("Account Executive Americas", "Sales Director Americas"),
    ("Account Executive EMEA", "Sales Director EMEA"),
    ("Marketing Operations", "VP Marketing"),
)
# given name, family name, role, active
_STAFF = (
    ("Grace", "Hoffmann", "CEO", True),
    ("Victor", "Reyes", "VP Sales", True),
    ("Nora", "Lindqvist", "VP Marketing", True),
    ("Sam", "Okafor", "Sales Director Americas", True),
    ("Inès", "Laurent", "Sales Director EMEA", True),
    ("Dana", "Whitfield", "Account Executive Americas", True),
    ("Marcus", "Chen", "Account Executive Americas", True),
    ("Priya", "Raman", "Account Executive Americas", True),
    ("Tom", "O'Hara", "Account Executive Americas", True),
    ("Elena", "Petrova", "Account Executive Americas", True),
    ("Jonas", "Krüger", "Account Executive EMEA", True),
    ("Aoife", "Byrne", "Account Executive EMEA", True),
    ("Mateo", "Rossi", "Account Executive EMEA", True),
    ("Yuki", "Tanaka", "Account Executive EMEA", True),
    ("Leila", "Haddad", "Account Executive EMEA", True),
    ("Ben", "Schultz", "Marketing Operations", True),
    ("Chloe", "Martin", "Marketing Operations", True),
    ("Old", "Importer", None, False),
    ("Greg", "Departed", "Account Executive Americas", False),
    ("Wanda", "Former-Smith", "Account Executive EMEA", False),
)


def roles(world: World) -> list[Row]:
    """The role hierarchy; fills `world.role_ids`."""
    ids = {name: world.new_id("UserRole") for name, _ in _ROLES}
    world.role_ids.extend(ids.values())
    stamp = world.moment(2300, 9 * 3600)
    return [
        {
            "Id": ids[name],
            "Name": name,
            "DeveloperName": name.replace(" ", "_"),
            "ParentRoleId": ids[parent] if parent else None,
            "OpportunityAccessForAccountOwner": "Edit",
            "CaseAccessForAccountOwner": "None",
            "ContactAccessForAccountOwner": "Edit",
            "PortalType": "None",
            "LastModifiedDate": stamp,
            "LastModifiedById": world.admin_id,
            "SystemModstamp": stamp,
        }
        for name, parent in _ROLES
    ]


def users(world: World) -> list[Row]:
    """Twenty users, three of them gone; fills `world.user_ids` and `world.all_user_ids`."""
    dice = Dice("demo/users")
    role_ids = dict(zip((name for name, _ in _ROLES), world.role_ids, strict=True))
    rows = []
    for first, last, role, active in _STAFF:
        emea = role is not None and "EMEA" in role
        mail = f"{web.slug(first)}.{web.slug(last)}@example.com"
        row: Row = {
            "Id": world.new_id("User"),
            **{
                key: value
                for key, value in world.stamps(dice, 2200, by=world.admin_id).items()
                if key != "IsDeleted"
            },
            "Username": f"{mail}.demo",
            "FirstName": first,
            "LastName": last,
            "Name": f"{first} {last}",
            "Email": mail,
            "Alias": (first[0] + last).lower().replace("'", "")[:8],
            "CommunityNickname": f"{first}.{last}",
            "Title": role,
            "CompanyName": "Local Org Demo",
            "IsActive": active,
            "ProfileId": world.profile_id,
            "UserRoleId": role_ids.get(role) if role else None,
            "UserType": "Standard",
            "TimeZoneSidKey": "Europe/Berlin" if emea else "America/New_York",
            "LocaleSidKey": "en_GB" if emea else "en_US",
            "LanguageLocaleKey": "en_US",
            "EmailEncodingKey": "UTF-8",
            "DigestFrequency": "D",
            "DefaultGroupNotificationFrequency": "N",
            "LastLoginDate": world.moment(
                dice.between(1, 9) if active else 640, dice.between(7 * 3600, 17 * 3600)
            ),
        }
        rows.append(row)
        world.all_user_ids.append(row["Id"])
        if active:
            world.user_ids.append(row["Id"])
    return rows


def contacts(world: World, companies: Sequence[Company]) -> list[Row]:
    """Contacts of the companies: many at a few, none at some, some without any company.

    Those of deleted Accounts went to the recycle bin with them.
    """
    dice = Dice("demo/contacts")
    alive = [company for company in companies if not company.deleted]
    gone = [company for company in companies if company.deleted and "MasterRecordId" not in company.row]
    rows: list[Row] = []
    for position, company in enumerate(alive):
        share = (CONTACTS - len(rows)) / (len(alive) - position)
        size = dice.weighted(((0, 12), (1, 18), (2, 18), (3, 16), (4, 12), (6, 12), (9, 8), (18, 4)))
        team = [
            _contact(world, dice, company, companies)
            for _ in range(min(int(size * share / 3.5), CONTACTS - len(rows)))
        ]
        if len(team) > 2:
            for member in team[1:]:
                member["ReportsToId"] = team[0]["Id"] if dice.chance(40) else None
        rows += team
    while len(rows) < CONTACTS:
        rows.append(_contact(world, dice, dice.pick(alive), companies))
    for row in rows[::211]:
        row["AccountId"] = None
    imported = world.moment(380, 4 * 3600)
    for row in rows[5::9]:
        row.update(CreatedDate=imported, LastModifiedDate=imported, SystemModstamp=imported)
    for company in gone:
        for _ in range(dice.between(0, 2)):
            row = _contact(world, dice, company, companies)
            discard(row, company.row["SystemModstamp"])
            rows.append(row)
    return rows


def person(dice: Dice, country: words.Country) -> tuple[str, str]:
    """Given and family name of somebody who works in a country."""
    people = country.people if dice.chance(75) else dice.pick(tuple(words.FIRST_NAMES))
    return dice.pick(words.FIRST_NAMES[people]), dice.pick(words.LAST_NAMES[people])


def full_name(first: str | None, last: str) -> str:
    """The Name of a person, as Salesforce puts it together."""
    return f"{first} {last}" if first else last


def _contact(world: World, dice: Dice, company: Company, companies: Sequence[Company]) -> Row:
    country = words.COUNTRIES[company.country]
    first, last = person(dice, country)
    given = first if dice.chance(96) else None
    title, department = dice.pick(words.TITLES)
    created = dice.between(1, max(company.created, 1))
    own_address = dice.chance(60)
    return {
        "Id": world.new_id("Contact"),
        **world.stamps(dice, created),
        "AccountId": company.id,
        "FirstName": given,
        "LastName": last,
        "Name": full_name(given, last),
        "Salutation": dice.weighted((("Mr.", 20), ("Ms.", 25), ("Dr.", 5), ("Prof.", 1), (None, 49))),
        "Email": web.email(dice, company.mail_domain, dice.pick(companies).domain, first, last),
        "Title": title if dice.chance(80) else None,
        "Department": department if dice.chance(55) else None,
        "Phone": company.row.get("Phone") if dice.chance(60) else None,
        "MobilePhone": f"{country.dial}{dice.between(600_000_000, 799_999_999)}" if dice.chance(35) else None,
        "LeadSource": dice.weighted(
            (("Web", 30), ("Phone Inquiry", 8), ("Purchased List", 15), ("Other", 5), (None, 42))
        ),
        "OwnerId": company.row["OwnerId"],
        **{
            f"Mailing{part}": company.row.get(f"Billing{part}")
            for part in ("Street", "City", "State", "PostalCode", "Country")
            if own_address
        },
        "Birthdate": world.date(dice.between(23 * 365, 64 * 365)) if dice.chance(6) else None,
        "Description": dice.pick(('Prefers e-mail, "not phone"', "Left the company?", "配偶者あり", None))
        if dice.chance(10)
        else None,
        "IsEmailBounced": False,
        "CleanStatus": "Pending",
    }


def leads(world: World, companies: Sequence[Company], converted: Iterable[Row]) -> list[Row]:
    """Leads: open, worked, closed, and for each of the given Contacts one that was converted to it."""
    dice = Dice("demo/leads")
    sources = list(converted)
    rows = []
    for index in range(LEADS):
        source = sources[index] if index < len(sources) else None
        country_at = dice.weighted(tuple((at, country.weight) for at, country in enumerate(words.COUNTRIES)))
        company = dice.pick(companies)
        first, last = person(dice, words.COUNTRIES[country_at])
        created = dice.between(1, 900)
        row: Row = {
            "Id": world.new_id("Lead"),
            **world.stamps(dice, created),
            "FirstName": first,
            "LastName": last,
            "Name": full_name(first, last),
            "Company": company.row["Name"]
            if dice.chance(40)
            else f"{dice.pick(words.STEM_STARTS)}{dice.pick(words.STEM_ENDS)} Ltd",
            "Email": web.email(dice, company.domain, company.domain, first, last),
            "Website": company.row["Website"] if dice.chance(30) else None,
            "Title": dice.pick(words.TITLES)[0] if dice.chance(60) else None,
            "Status": dice.weighted(
                (("Open - Not Contacted", 45), ("Working - Contacted", 35), ("Closed - Not Converted", 20))
            ),
            "LeadSource": dice.weighted(
                (("Web", 50), ("Purchased List", 20), ("Partner Referral", 10), (None, 20))
            ),
            "Rating": dice.weighted((("Hot", 10), ("Warm", 20), ("Cold", 20), (None, 50))),
            "Country": words.COUNTRIES[country_at].name,
            "OwnerId": dice.pick(world.user_ids),
            "IsConverted": False,
            "IsUnreadByOwner": dice.chance(30),
            "CleanStatus": "Pending",
        }
        if source is not None:
            row.update(
                {
                    key: source.get(key)
                    for key in ("FirstName", "LastName", "Name", "Email", "Title", "OwnerId")
                },
                Status="Closed - Converted",
                IsConverted=True,
                IsUnreadByOwner=False,
                ConvertedDate=str(row["LastModifiedDate"])[:10],
                ConvertedAccountId=source["AccountId"],
                ConvertedContactId=source["Id"],
            )
        rows.append(row)
    return rows
