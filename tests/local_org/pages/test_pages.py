"""Pages over HTTP: what they show, that links lead somewhere, that records cannot break them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from local_org.seed import install_abm
from support.reading import Element, read

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

TIMEOUT = 30
SETUP = "/lightning/setup"
EVERY_PAGE = [
    "/",
    "/lightning/o/Account/list",
    "/lightning/o/Account/list?bin=1",
    "/lightning/o/Contact/list?q=smith&sort=-Email&page=2",
    "/lightning/o/Task/list",
    "/lightning/o/OpportunityHistory/list",
    "/lightning/o/Report/list",
    "/lightning/o/Subscription__c/list",
    "/lightning/o/ABM_Account_Segment__c/list",
    "/search?q=bank",
    "/search",
    SETUP,
    f"{SETUP}/ObjectManager/Account/FieldsAndRelationships/view",
    f"{SETUP}/PermSets/home",
    f"{SETUP}/AsyncApiJobStatus/home",
    f"{SETUP}/ApiUsage/home",
    f"{SETUP}/RecentRequests/home",
    "/lightning/o/Nope/list",
]


def get(running: RunningOrg, path: str, **options: Any) -> requests.Response:
    return requests.get(running.url + path, timeout=TIMEOUT, **options)


def page(running: RunningOrg, path: str) -> Element:
    answer = get(running, path)
    assert answer.status_code == 200, answer.text[:500]
    return read(answer.text)


def record_path(running: RunningOrg, sobject: str, where: str = '"IsDeleted" = 0') -> str:
    row = running.org.store.read().execute(
        f'SELECT "Id" FROM "{sobject}" WHERE {where} ORDER BY "Id" LIMIT 1'
    )
    return f"/lightning/r/{sobject}/{row.fetchone()[0]}/view"


@pytest.mark.parametrize("path", EVERY_PAGE, ids=EVERY_PAGE)
def test_every_page_is_well_formed_and_reachable_by_keyboard(demo: RunningOrg, path: str) -> None:
    answer = get(demo, path)
    assert answer.status_code == (404 if "Nope" in path else 200)
    tree = read(answer.text)
    html = tree.one("html")
    assert html.attributes["lang"] == "en"
    assert html.one("title").text
    assert len(html.find("h1")) == 1
    skip = html.one("body").find("a")[0]
    assert (skip.attributes["class"], skip.attributes["href"]) == ("skip", "#main")
    assert html.one("main").attributes["id"] == "main"
    labelled = {label.attributes["for"] for label in html.find("label")}
    for control in html.find("input"):
        if control.attributes.get("type") != "hidden":
            assert control.attributes["id"] in labelled
    for button in html.find("button"):
        assert button.text or button.attributes.get("aria-label")
    for link in html.find("a"):
        assert link.text or link.attributes.get("aria-label")
    for table in html.find("table"):
        assert all(head.attributes.get("scope") == "col" for head in table.one("thead").find("th"))
    every_id = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(every_id) == len(set(every_id))
    for landmark in html.find("nav"):
        assert landmark.attributes["aria-label"]


def test_pages_load_nothing_from_elsewhere(demo: RunningOrg) -> None:
    answer = get(demo, "/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    tree = read(answer.text)
    sources = [element.attributes["src"] for tag in ("script", "img") for element in tree.find(tag)]
    sources += [element.attributes["href"] for element in tree.find("link")]
    assert sources
    for source in sources:
        assert source.startswith("/static/")
        assert get(demo, source).status_code == 200
    assert "style=" not in answer.text
    assert get(demo, "/static/../routes.py").status_code == 404
    assert get(demo, "/static/routes.py").status_code == 404


def test_home_counts_the_objects(demo: RunningOrg) -> None:
    main = page(demo, "/").one("main")
    cards = {
        card.one("span", class_="object-label").text: card.one("span", class_="object-count").text
        for card in main.find("a", class_="object")
    }
    assert cards["Accounts"] == "2,400"
    assert cards["Contacts"] == "8,200"
    assert list(cards)[:3] == ["Accounts", "Contacts", "Opportunities"]
    assert "Subscriptions" in cards


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/lightning/o/Account/list",
        f"{SETUP}/PermSets/home",
        "/lightning/o/Report/list",
        "record",
        "report",
    ],
)
def test_links_lead_somewhere(demo: RunningOrg, path: str) -> None:
    if path == "record":
        path = record_path(demo, "Account", '"ParentId" IS NOT NULL AND "IsDeleted" = 0')
    elif path == "report":
        path = record_path(demo, "Report", "\"DeveloperName\" = 'Opportunities_By_Stage_And_Month'")
    links = {link for link in page(demo, path).links if link.startswith("/")}
    assert len(links) > 5
    patterns: dict[str, str] = {}
    for link in links:  # one of each kind is enough
        patterns.setdefault(re.sub(r"[A-Za-z0-9]{18}|/o/\w+/|/ObjectManager/\w+", "*", link), link)
    for link in patterns.values():
        assert get(demo, link).status_code == 200, link


def test_a_list_is_searched_sorted_and_paged(demo: RunningOrg) -> None:
    first = page(demo, "/lightning/o/Account/list")
    assert "1\u201350 of 2,400" in first.one("p", role="status").text
    names = [row.one("th").text for row in first.one("tbody").find("tr")]
    assert len(names) == 50
    sorted_column = [head for head in first.find("th") if "aria-sort" in head.attributes]
    assert [head.attributes["aria-sort"] for head in sorted_column] == ["ascending"]
    next_link = first.one("a", rel="next").attributes["href"]
    second = page(demo, next_link)
    assert "51\u2013100 of 2,400" in second.one("p", role="status").text
    assert not set(names) & {row.one("th").text for row in second.one("tbody").find("tr")}
    falling = page(demo, sorted_column[0].one("a").attributes["href"])
    assert [row.one("th").text for row in falling.one("tbody").find("tr")] != names
    found = page(demo, "/lightning/o/Account/list?q=%25&sort=-Name")
    assert [row.one("th").text for row in found.one("tbody").find("tr")] == ["100% Organic; Ltd"]
    nothing = page(demo, "/lightning/o/Account/list?q=no+such+company")
    assert "No accounts match" in nothing.one("main").text


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=99999",
        "sort=Nope",
        "sort=-",
        "sort=Description",
        "q=%27%20OR%20Name%20!%3D%20%27",
        "bin=2",
    ],
)
def test_senseless_parameters_are_ignored(demo: RunningOrg, query: str) -> None:
    page(demo, f"/lightning/o/Account/list?{query}")


def test_the_recycle_bin_lists_deleted_records_only(demo: RunningOrg) -> None:
    tree = page(demo, "/lightning/o/Account/list?bin=1")
    assert "of 70" in tree.one("p", role="status").text
    link = tree.one("tbody").find("th")[0].one("a").attributes["href"]
    assert "In the recycle bin" in page(demo, link).one("main").text


def test_an_account_shows_its_fields_as_salesforce_groups_them(org: RunningOrg, rest: Rest) -> None:
    install_abm(org.org)
    account = rest.create(
        "Account",
        Name='Müller & "Söhne" <GmbH>',
        Website="www.mueller.example",
        AnnualRevenue=1234567,
        Description="one\ntwo",
        BillingStreet="1 Main St",
        BillingCity="Köln",
        BillingCountry="Germany",
        ABM_Engagement_Score__c=87.5,
        ABM_Last_Engaged__c="2025-06-18T15:30:00Z",
        ABM_Intent_Score__c=40,
        ABM_Intent_Topics__c="data; privacy",
    )
    rest.create("Contact", LastName="Roe", AccountId=account, Email="roe@mueller.example")
    rest.create(
        "Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2025-07-01", AccountId=account
    )
    rest.create(
        "ABM_Account_Segment__c",
        ABM_Key__c="k",
        ABM_Account__c=account,
        ABM_Segment_Id__c="s1",
        ABM_Segment_Name__c="High intent",
        ABM_Status__c="active",
    )
    tree = page(org, f"/lightning/r/Account/{account}/view")
    assert tree.one("h1").text == 'Müller & "Söhne" <GmbH>'
    headings = [heading.text for heading in tree.find("h2")]
    assert headings[:5] == [
        "Account Information",
        "Engagement",
        "Address Information",
        "Description Information",
        "Other Fields",
    ]
    values = {
        field.attributes["data-field"]: field.text
        for field in tree.find("dd")
        if "data-field" in field.attributes
    }
    assert values["ABM_Engagement_Score__c"] == "87.50"
    assert values["ABM_Last_Engaged__c"] == "6/18/2025 8:30 AM"
    assert values["AnnualRevenue"] == "$1,234,567"
    assert values["BillingAddress"] == "1 Main St Köln Germany"
    assert values["OwnerId"] == "Ada Admin"
    assert values["Rating"].endswith("empty")
    assert values["Id"] == account
    # no field twice, none left out
    readable = {
        field.name for field in org.org.access(org.org.admin).fields(org.org.schema.object("Account"))
    }
    parts = {name for name in readable if name.startswith(("Billing", "Shipping"))} - {
        "BillingAddress",
        "ShippingAddress",
    }
    assert readable - parts - {"PhotoUrl", "Jigsaw", "JigsawCompanyId"} == set(values)
    website = next(field for field in tree.find("dd") if field.attributes.get("data-field") == "Website")
    assert website.links == ["http://www.mueller.example"]
    card = next(
        section for section in tree.find("section") if section.attributes["aria-labelledby"] == "engagement"
    )
    assert "87.50 engagement score" in card.text
    assert [chip.text for chip in card.find("span", class_="chip")] == ["data", "privacy", "High intent"]
    for heading in ("Contacts (1)", "Opportunities (1)", "Account Segments (1)"):
        assert heading in headings


def test_related_lists_have_pages_of_their_own(demo: RunningOrg) -> None:
    busiest = (
        'SELECT "AccountId" FROM "Contact" WHERE "AccountId" IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1'
    )
    account = demo.org.store.read().execute(busiest).fetchone()[0]
    tree = page(demo, f"/lightning/r/Account/{account}/view")
    everything = next(link for link in tree.links if link.endswith("/related/Contacts/view"))
    related = page(demo, everything)
    rows = related.one("tbody").find("tr")
    assert len(rows) > 6
    assert related.one("h1").text == "Contacts"
    assert get(demo, f"/lightning/r/Account/{account}/related/Nope/view").status_code == 404


@pytest.mark.parametrize(
    "sobject", ["Contact", "Opportunity", "Lead", "Campaign", "Task", "Event", "User", "Product2"]
)
def test_records_of_every_object_can_be_opened(demo: RunningOrg, sobject: str) -> None:
    where = "1" if sobject == "User" else '"IsDeleted" = 0'
    tree = page(demo, record_path(demo, sobject, where))
    assert tree.one("h1").text
    assert "System Information" in [heading.text for heading in tree.find("h2")]


@pytest.mark.parametrize(
    "path",
    [
        "/{short}",
        "/{id}",
        "/Account/{id}",
        "/account/{short}",
        "/lightning/r/{id}/view",
        "/lightning/r/account/{short}/view",
    ],
)
def test_short_and_old_addresses_lead_to_the_record(org: RunningOrg, rest: Rest, path: str) -> None:
    account = rest.create("Account", Name="Acme")
    if path.startswith("/lightning/r/{id}"):
        path = "/lightning/r/Account/{id}"
    answer = get(org, path.format(id=account, short=account[:15]))
    assert answer.status_code == 200
    assert read(answer.text).one("h1").text == "Acme"


@pytest.mark.parametrize(
    "path",
    [
        "/lightning/r/Account/001000000000000AAA/view",
        "/lightning/r/Account/x/view",
        "/lightning/r/Nope/001000000000000AAA/view",
        "/lightning/r/Report/00O000000000000AAA/view",
        f"{SETUP}/ObjectManager/Nope",
        f"{SETUP}/PermSets/0PS000000000000AAA",
    ],
)
def test_what_is_not_there_has_a_page_that_says_so(org: RunningOrg, path: str) -> None:
    answer = get(org, path)
    assert answer.status_code == 404
    assert read(answer.text).one("h1").text


def test_unknown_paths_answer_as_the_api_does(org: RunningOrg) -> None:
    for path in ("/nope", "/nope/nope"):
        answer = get(org, path)
        assert answer.status_code == 404
        assert answer.json()[0]["errorCode"] == "NOT_FOUND"


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "</title><b>",
]


@pytest.mark.parametrize("text", NASTY)
def test_records_cannot_break_pages(org: RunningOrg, rest: Rest, text: str) -> None:
    account = rest.create("Account", Name=text, Website=text, Description=f"{text}\n{text}", Phone=text[:40])
    rest.create("Contact", LastName=text, AccountId=account)
    for path in (
        f"/lightning/r/Account/{account}/view",
        "/lightning/o/Account/list",
        "/search?q=" + quote(text),
        "/lightning/o/Account/list?q=" + quote(text),
        f"/lightning/r/Account/{account}/related/Contacts/view",
    ):
        tree = page(org, path)
        assert len(tree.find("script")) == 1
        assert len(tree.find("img")) == 1
        assert not tree.one("main").find("b")
        for element in tree.one("main").find("a"):
            assert not element.attributes["href"].lower().startswith("javascript")
        assert not any(name.startswith("on") for link in tree.find("a") for name in link.attributes)
    assert page(org, f"/lightning/r/Account/{account}/view").one("h1").text == " ".join(text.split())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8765", 200),
        ("[::1]:8765", 200),
        ("127.3.2.1", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.168.1.5", 403),
    ],
)
def test_pages_open_for_this_machine_only(org: RunningOrg, host: str, status: int) -> None:
    assert get(org, "/", headers={"Host": host}).status_code == status


def test_pages_cost_no_api_requests(org: RunningOrg) -> None:
    page(org, "/")
    page(org, "/lightning/o/Account/list")
    assert org.org.limits.used() == 0


def test_search_finds_names_addresses_and_ids(demo: RunningOrg) -> None:
    row = demo.org.store.read().execute(
        'SELECT "Id", "Email" FROM "Contact" WHERE "Email" LIKE \'%.%@%\' AND "IsDeleted" = 0 ORDER BY "Id" LIMIT 1'
    )
    contact, mail = row.fetchone()
    found = page(demo, f"/search?q={quote(mail)}")
    assert any(contact in link for link in found.links)
    assert get(demo, f"/search?q={contact[:15]}").url.endswith(f"/lightning/r/Contact/{contact}/view")


def test_setup_shows_fields_permissions_jobs_and_requests(org: RunningOrg, rest: Rest) -> None:
    install_abm(org.org)
    rest.get("query", params={"q": "SELECT Nope FROM Account"})
    job = rest.post("jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()["id"]
    fields = page(org, f"{SETUP}/ObjectManager/Account/FieldsAndRelationships/view")
    row = next(row for row in fields.find("tr") if "ABM_Engagement_Score__c" in row.text)
    assert [cell.text for cell in row.find("td")] == [
        "ABM_Engagement_Score__c",
        "Number(16, 2)",
        "Custom",
        "ABM Integration",
    ]
    sets = page(org, f"{SETUP}/PermSets/home")
    link = next(link for link in sets.find("a") if link.text == "ABM Integration")
    detail = page(org, link.attributes["href"]).one("main").text
    assert "Ada Admin" in detail
    assert "ABM_Account_Segment__c Read, Create, Edit, Delete" in detail
    assert job in page(org, f"{SETUP}/AsyncApiJobStatus/home").one("main").text
    requests_page = page(org, f"{SETUP}/RecentRequests/home").one("main").text
    assert "/services/data/v60.0/query?q=SELECT+Nope+FROM+Account400admin@example.com" in requests_page
    assert "jobs/query" not in page(org, f"{SETUP}/RecentRequests/home?q=400").one("main").text
    usage = page(org, f"{SETUP}/ApiUsage/home")
    first = usage.one("tbody").find("tr")[0]
    assert [cell.text for cell in first.find("th")] == ["DailyApiRequests"]
    assert first.find("td")[0].text == "2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Accounts_With_Engagement", "Sum of Annual Revenue"),
        ("Opportunities_By_Stage", "Prospecting (Sum of Amount: $"),
        ("Opportunities_By_Stage_And_Month", "January 2025"),
    ],
)
def test_reports_run_in_the_browser(demo: RunningOrg, name: str, expected: str) -> None:
    tree = page(demo, record_path(demo, "Report", f"\"DeveloperName\" = '{name}'"))
    assert expected in tree.one("main").text
    widths = {
        sum(int(cell.attributes.get("colspan", "1")) for cell in [*row.find("th"), *row.find("td")])
        for row in tree.one("tbody").find("tr")
    }
    assert widths == {len(tree.one("thead").find("th"))}
