"""The demo org: how much there is, that it hangs together, and that it is as untidy as promised."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from local_org import ids
from local_org.clock import Clock
from local_org.org import Org
from local_org.seed import plant
from local_org.seed.abm import ACCOUNT_FIELDS, SEGMENT_FIELDS, SEGMENTS
from support.demo import NOW
from support.rest import Rest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

AT_LEAST = {
    "Account": 2000,
    "Contact": 8000,
    "Opportunity": 3000,
    "OpportunityLineItem": 3000,
    "OpportunityContactRole": 2500,
    "OpportunityHistory": 6000,
    "Lead": 1000,
    "Campaign": 20,
    "CampaignMember": 2000,
    "Task": 2000,
    "Event": 500,
    "User": 20,
    "UserRole": 5,
    "Product2": 10,
    "Pricebook2": 2,
    "PricebookEntry": 20,
    "RecordType": 4,
    "Subscription__c": 1000,
    "Report": 3,
}


def rows(org: Org, sobject: str, where: str = "1") -> list[dict[str, Any]]:
    found = org.store.read().execute(f'SELECT * FROM "{sobject}" WHERE {where}')
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def count(org: Org, sobject: str, where: str = "1") -> int:
    return int(org.store.read().execute(f'SELECT count(*) FROM "{sobject}" WHERE {where}').fetchone()[0])


def fingerprint(org: Org) -> dict[str, str]:
    """A hash of all rows of every object the demo fills; logins of other tests leave no trace in it."""
    found = {}
    for sobject in (*AT_LEAST, "PermissionSet", "FieldPermissions"):
        names = [
            field.name for field in org.schema.object(sobject).stored_fields if field.name != "LastLoginDate"
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        rows = org.store.read().execute(f'SELECT {columns} FROM "{sobject}" ORDER BY "Id"').fetchall()
        found[sobject] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_there_is_enough_of_everything(demo: RunningOrg) -> None:
    counts = {
        name: count(demo.org, name, "IsDeleted = 0" if "IsDeleted" in demo.org.schema.object(name) else "1")
        for name in AT_LEAST
    }
    assert {name: number for name, number in counts.items() if number < AT_LEAST[name]} == {}


def test_the_same_day_gives_the_same_org(demo: RunningOrg) -> None:
    with Org(clock=Clock(NOW.replace(hour=3))) as again:
        plant(again, "demo")
        # the moment of planting is in the audit fields of what setup makes
        setup = {"Report", "PermissionSet", "FieldPermissions"}
        first, second = fingerprint(demo.org), fingerprint(again)
    assert {name for name in first if first[name] != second[name]} <= setup


def test_nothing_lies_in_the_future(demo: RunningOrg) -> None:
    now = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    for sobject in AT_LEAST:
        item = demo.org.schema.object(sobject)
        for field in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
            if field in item:
                assert count(demo.org, sobject, f"\"{field}\" > '{now}'") == 0, f"{sobject}.{field}"


def test_nothing_was_changed_before_it_was_made(demo: RunningOrg) -> None:
    for sobject in ("Account", "Contact", "Opportunity", "Lead", "Task", "Subscription__c"):
        early = '"LastModifiedDate" < "CreatedDate" OR "SystemModstamp" < "LastModifiedDate"'
        assert count(demo.org, sobject, early) == 0, sobject


def test_every_lookup_leads_somewhere(demo: RunningOrg) -> None:
    org = demo.org
    known: dict[str, set[str]] = {}
    for sobject in AT_LEAST:
        item = org.schema.object(sobject)
        for field in item.stored_fields:
            if field.type != "reference":
                continue
            for (target,) in org.store.read().execute(
                f'SELECT DISTINCT "{field.name}" FROM "{sobject}" WHERE "{field.name}" IS NOT NULL'
            ):
                assert ids.normalise(target) == target
                other = org.schema.by_prefix(target)
                if other is None or other.name not in field.reference_to:
                    assert (sobject, field.name) == ("Report", "OwnerId"), f"{sobject}.{field.name}: {target}"
                    continue
                if other.name not in known:
                    found = org.store.read().execute(f'SELECT "Id" FROM "{other.name}"')
                    known[other.name] = {row[0] for row in found}
                assert target in known[other.name], f"{sobject}.{field.name}"


def test_values_fit_their_fields(demo: RunningOrg) -> None:
    for sobject in AT_LEAST:
        item = demo.org.schema.object(sobject)
        for field in item.stored_fields:
            if field.is_text and field.length:
                too_long = f'length("{field.name}") > {field.length}'
                assert count(demo.org, sobject, too_long) == 0, f"{sobject}.{field.name}"
            if field.required and field.type != "boolean":
                assert count(demo.org, sobject, f'"{field.name}" IS NULL') == 0, f"{sobject}.{field.name}"
            if field.restricted_picklist and field.picklist:
                allowed = {value.value for value in field.picklist}
                found = demo.org.store.read().execute(f'SELECT DISTINCT "{field.name}" FROM "{sobject}"')
                used = {part for (text,) in found if text for part in str(text).split(";")}
                assert used <= allowed, f"{sobject}.{field.name}"


def test_unique_fields_are_unique(demo: RunningOrg) -> None:
    for sobject, field in (("Account", "Customer_Id__c"), ("Subscription__c", "External_Key__c")):
        repeated = (
            f'SELECT 1 FROM "{sobject}" WHERE "{field}" IS NOT NULL GROUP BY "{field}" HAVING count(*) > 1'
        )
        assert demo.org.store.read().execute(repeated).fetchall() == []
    pairs = 'SELECT 1 FROM "CampaignMember" GROUP BY "CampaignId", coalesce("LeadId", "ContactId") HAVING count(*) > 1'
    assert demo.org.store.read().execute(pairs).fetchall() == []


def test_opportunities_add_up(demo: RunningOrg) -> None:
    totals: Counter[str] = Counter()
    for item in rows(demo.org, "OpportunityLineItem"):
        assert item["TotalPrice"] == pytest.approx(item["Quantity"] * item["UnitPrice"])
        totals[item["OpportunityId"]] += item["TotalPrice"]
    deals = {deal["Id"]: deal for deal in rows(demo.org, "Opportunity")}
    for deal_id, total in totals.items():
        assert deals[deal_id]["Amount"] == pytest.approx(total)
        assert deals[deal_id]["Pricebook2Id"]
    latest: dict[str, str] = {}
    for step in sorted(rows(demo.org, "OpportunityHistory"), key=lambda row: (row["CreatedDate"], row["Id"])):
        latest[step["OpportunityId"]] = step["StageName"]
    assert latest == {deal_id: deal["StageName"] for deal_id, deal in deals.items()}
    primaries = Counter(
        role["OpportunityId"] for role in rows(demo.org, "OpportunityContactRole", '"IsPrimary" = 1')
    )
    assert set(primaries.values()) == {1}


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"^https://www\.[a-z0-9.-]+$", 200),
        (r"^http://", 100),
        (r"^www\.", 100),
        (r"^[a-z0-9-]+\.[a-z.]+$", 100),
        (r"[A-Z]{4}", 5),
        (r"/\w", 20),
        (r":\d{4}/", 3),
        (r"\.$", 3),
        (r"[äöüß]|xn--", 1),
        (r"\s", 2),
        (r"linkedin\.com|facebook\.com", 5),
        (r"wordpress\.com|wixsite\.com|sites\.google\.com|myshopify\.com", 4),
        (r"^(n/a|none|-|www|http://|localhost)$", 4),
        (r"\.co\.uk|\.com\.br|\.co\.jp", 50),
        (r"@", 1),
    ],
    ids=[
        "with scheme",
        "plain http",
        "www only",
        "bare",
        "capitals",
        "path",
        "port",
        "trailing dot",
        "idn",
        "blanks",
        "social",
        "site builders",
        "nothing",
        "two-part endings",
        "an e-mail address",
    ],
)
def test_websites_are_typed_in_many_ways(demo: RunningOrg, pattern: str, least: int) -> None:
    sites = [row["Website"] for row in rows(demo.org, "Account", '"Website" IS NOT NULL AND "IsDeleted" = 0')]
    assert sum(bool(re.search(pattern, site)) for site in sites) >= least


def test_some_accounts_have_no_website_and_sisters_share_one(demo: RunningOrg) -> None:
    accounts = rows(demo.org, "Account", '"IsDeleted" = 0')
    assert sum(account["Website"] is None for account in accounts) > 100
    by_id = {account["Id"]: account for account in accounts}
    domains: dict[str, set[str]] = {}
    for contact in rows(
        demo.org, "Contact", '"Email" IS NOT NULL AND "AccountId" IS NOT NULL AND "IsDeleted" = 0'
    ):
        domains.setdefault(contact["Email"].rpartition("@")[2].lower(), set()).add(contact["AccountId"])
    children = [account for account in accounts if account["ParentId"] in by_id]
    sisters = [
        child
        for child in children
        if any({child["Id"], child["ParentId"]} <= owners for owners in domains.values())
    ]
    assert len(sisters) > 30


def test_names_are_what_people_type(demo: RunningOrg) -> None:
    names = [row["Name"] for row in rows(demo.org, "Account")]
    for sample in ("🚀", "日本", "שלום", "مؤسسة", ",", '"', "'", "<b>", "\\", "=SUM"):
        assert any(sample in name for name in names), sample
    texts = [row["Description"] for row in rows(demo.org, "Account", '"Description" IS NOT NULL')]
    assert any("\r\n" in text for text in texts)
    assert any("\n" in text and '"' in text and "," in text for text in texts)
    assert any(count > 1 for count in Counter(name.lower() for name in names).values())


def test_emails_are_of_many_kinds(demo: RunningOrg) -> None:
    mails = [row["Email"] for row in rows(demo.org, "Contact")]
    given = [mail for mail in mails if mail]
    assert len(mails) - len(given) > 300
    assert sum(mail.endswith(("@gmail.com", "@hotmail.com", "@gmx.de", "@qq.com")) for mail in given) > 300
    assert sum(mail != mail.lower() for mail in given) > 100
    assert any(mail.endswith(".invalid") for mail in given)


def test_the_recycle_bin_is_not_empty(demo: RunningOrg, demo_rest: Rest) -> None:
    for sobject in ("Account", "Contact", "Opportunity", "OpportunityLineItem", "Task"):
        assert count(demo.org, sobject, '"IsDeleted" = 1') > 0, sobject
    merged = demo_rest.get(
        "queryAll",
        params={
            "q": "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true AND MasterRecordId != null"
        },
    ).json()["records"]
    assert len(merged) > 5


def test_some_leads_were_converted_and_some_users_have_left(demo: RunningOrg) -> None:
    converted = rows(demo.org, "Lead", '"IsConverted" = 1')
    assert len(converted) > 100
    assert all(lead["ConvertedAccountId"] and lead["ConvertedContactId"] for lead in converted)
    assert all(lead["Status"] == "Closed - Converted" for lead in converted)
    assert count(demo.org, "User", '"IsActive" = 0') == 3
    gone = {user["Id"] for user in rows(demo.org, "User", '"IsActive" = 0')}
    assert gone & {account["OwnerId"] for account in rows(demo.org, "Account")}


def test_many_rows_share_one_moment_as_after_an_import(demo: RunningOrg) -> None:
    moments = Counter(row["SystemModstamp"] for row in rows(demo.org, "Contact"))
    assert moments.most_common(1)[0][1] > 500


def test_formula_and_roll_up_fields_follow_their_sources(demo_rest: Rest) -> None:
    fields = (
        "Id, AnnualRevenue, NumberOfEmployees, Revenue_per_Employee__c, Active_Subscriptions__c, Total_MRR__c"
    )
    accounts = demo_rest.query(f"SELECT {fields} FROM Account WHERE Active_Subscriptions__c > 1 LIMIT 50")
    assert len(accounts) == 50
    for account in accounts:
        active = demo_rest.query(
            f"SELECT MRR__c, ARR__c FROM Subscription__c WHERE Status__c = 'Active' AND Account__c = '{account['Id']}'"
        )
        assert account["Active_Subscriptions__c"] == len(active)
        assert account["Total_MRR__c"] == pytest.approx(sum(row["MRR__c"] or 0 for row in active))
        assert all(row["ARR__c"] == pytest.approx((row["MRR__c"] or 0) * 12) for row in active)
        if account["AnnualRevenue"] and account["NumberOfEmployees"]:
            expected = account["AnnualRevenue"] / account["NumberOfEmployees"]
            assert account["Revenue_per_Employee__c"] == pytest.approx(expected, abs=0.01)
        break_at = 3
        if accounts.index(account) == break_at:
            break


def test_the_marketing_fields_are_the_integrations_alone(demo: RunningOrg, demo_rest: Rest) -> None:
    described = demo_rest.get("sobjects/Account/describe").json()
    fields = {field["name"]: field for field in described["fields"]}
    assert set(ACCOUNT_FIELDS) <= set(fields)
    assert all(fields[name]["updateable"] for name in ACCOUNT_FIELDS)
    assert fields["ABM_Engagement_Score__c"]["type"] == "double"
    assert fields["ABM_Last_Engaged__c"]["type"] == "datetime"
    segment = {
        field["name"]: field for field in demo_rest.get(f"sobjects/{SEGMENTS}/describe").json()["fields"]
    }
    assert set(SEGMENT_FIELDS) <= set(segment)
    key = segment["ABM_Key__c"]
    assert (key["externalId"], key["unique"], key["idLookup"]) == (True, True, True)
    assert segment["ABM_Account__c"]["referenceTo"] == ["Account"]
    assignments = demo_rest.query(
        "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'ABM_Integration'"
    )
    assert [row["Assignee"]["Username"] for row in assignments] == ["admin@example.com"]
    with Rest(demo, username="reader@example.com") as reader:
        seen = {field["name"] for field in reader.get("sobjects/Account/describe").json()["fields"]}
        assert "Region__c" in seen
        assert not seen & set(ACCOUNT_FIELDS)
        assert reader.get(f"sobjects/{SEGMENTS}/describe").status_code == 404
