"""The demo org: a company that sells software, after six years of use by people in a hurry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.seed import abm, accounts, activities, custom, people, reports, sales, schema
from local_org.seed.loading import insert
from local_org.seed.world import World

if TYPE_CHECKING:
    from local_org.org import Org

CONVERTED_LEADS = 160


def plant_demo(org: Org) -> None:
    """Fills an empty org with the demo data.

    Every value follows from the day of the org's clock: the same day gives the same org.

    Args:
        org: a fresh org.
    """
    world = _world(org)
    stamp = world.moment(2300, 9 * 3600)
    with org.store.write():
        schema.install(org)
        abm.install_abm(org)
        insert(org, "UserRole", people.roles(world), stamp=stamp)
        insert(org, "User", people.users(world), stamp=stamp)
        record_types = schema.record_types(org, stamp)
        _plant_records(org, world, record_types, stamp)
        reports.install(org)
    org.security.changed()


def _plant_records(org: Org, world: World, record_types: dict[str, list[str]], stamp: str) -> None:
    prices = sales.catalogue(world, _standard_book(org))
    companies = accounts.companies(world, record_types.get("Account", ()))
    custom.decorate_accounts(companies)
    subscriptions = custom.subscriptions(world, companies, prices.products)
    contacts = people.contacts(world, companies)
    custom.decorate_contacts(contacts)
    deals = sales.pipeline(world, companies, contacts, prices, record_types.get("Opportunity", ()))
    known = [row for row in contacts if row["AccountId"] and not row["IsDeleted"]]
    converted = known[:: max(1, len(known) // CONVERTED_LEADS)][:CONVERTED_LEADS]
    leads = people.leads(world, companies, converted)
    campaigns = activities.campaigns(world)
    tables = {
        "Account": [company.row for company in companies],
        "Contact": contacts,
        "Product2": prices.products,
        "Pricebook2": [book for book in prices.books if not book["IsStandard"]],
        "PricebookEntry": prices.entries,
        "Opportunity": deals.opportunities,
        "OpportunityLineItem": deals.line_items,
        "OpportunityContactRole": deals.roles,
        "OpportunityHistory": deals.history,
        "Lead": leads,
        "Campaign": campaigns,
        "CampaignMember": activities.members(world, campaigns, contacts, leads),
        "Task": activities.tasks(world, contacts, leads, deals.opportunities),
        "Event": activities.events(world, contacts, leads, deals.opportunities),
        schema.SUBSCRIPTION: subscriptions,
    }
    for sobject, rows in tables.items():
        insert(org, sobject, rows, stamp=stamp)


def _world(org: Org) -> World:
    def new_id(sobject: str) -> str:
        return org.store.ids.next(org.schema.object(sobject).id_prefix)

    read = org.store.read()
    profile = read.execute('SELECT "Id" FROM "Profile" WHERE "Name" = \'Standard User\'').fetchone()
    profile_id = profile[0] if profile else org.admin.profile_id
    return World(today=org.clock.today(), new_id=new_id, admin_id=org.admin.id, profile_id=profile_id)


def _standard_book(org: Org) -> str | None:
    found = org.store.read().execute('SELECT "Id" FROM "Pricebook2" WHERE "IsStandard" = 1').fetchone()
    return str(found[0]) if found else None
