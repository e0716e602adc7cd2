"""Which record a row means: Id, external Id, any field, verified domain, tried in order; never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab

TEXT_FIELD = {"text": "Site"}


def load(*match: dict[str, Any], **parts: Any) -> list[dict[str, Any]]:
    return [{"stream": "rows", "object": "Account", "match": list(match), "fields": TEXT_FIELD, **parts}]


BY_ID = {"source": "id", "field": "Id"}
BY_NAME = {"source": "name", "field": "Name"}
BY_EXT = {"source": "ext", "field": "Ext__c"}
BY_DOMAIN = {"source": "domain", "by": "domain"}


def test_ids_of_15_and_18_characters_mean_the_same_record_and_damaged_ones_are_refused(lab: Lab) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(6)]
    contact = lab.create("Contact", LastName="Doe")
    broken = accounts[4][:-1] + ("A" if accounts[4][-1] != "A" else "B")
    ids = [
        accounts[0],
        accounts[1][:15],
        f"  {accounts[2]}  ",
        accounts[3].upper(),
        broken,
        accounts[5][:16],
        contact,
    ]
    run = lab.run(
        stream("rows", [{"id": record_id, "text": "x"} for record_id in ids]),
        loads=load(BY_ID),
        max_reject_percent=50,
    )
    assert run.numbers("rows") == {"received": 7, "written": 4, "rejected": 3}
    assert {reject["code"] for reject in run.rejects} == {"MALFORMED_ID"}
    assert "no Id of Account" in run.rejects[2]["message"]
    written = lab.rows("SELECT Id FROM Account WHERE Site = 'x'")
    assert {row["Id"] for row in written} == set(accounts[:4])


def test_steps_are_tried_in_order_until_one_gives_exactly_one_record(lab: Lab) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    one = lab.create("Account", Name="Twin", Ext__c="1")
    two = lab.create("Account", Name="Twin", Ext__c="2")
    three = lab.company("three.com", Name="Three")
    rows: list[dict[str, Any]] = [
        {"id": one, "name": "Three", "text": "by Id, whatever the name says"},
        {"id": None, "name": "Twin", "ext": "2", "text": "two have the name, one the external Id"},
        {
            "id": "001000000000000AAA",
            "name": "Nobody",
            "ext": "9",
            "domain": "THREE.com",
            "text": "by domain at last",
        },
        {"name": "Twin", "text": "two, and no more evidence"},
        {"name": "Twin", "ext": "", "domain": "  ", "text": "blank evidence is none"},
        {"text": "nothing to go by"},
        {"name": "Nobody", "ext": "9", "text": "no such thing"},
    ]
    run = lab.run(stream("rows", rows), loads=load(BY_ID, BY_NAME, BY_EXT, BY_DOMAIN))
    assert run.numbers("rows") == {"received": 7, "written": 3, "ambiguous": 2, "unmatched": 2}
    for account, row in ((one, 0), (two, 1), (three, 2)):
        assert lab.row("Account", account, "Site") == (rows[row]["text"],)
    ambiguous = [reject for reject in run.rejects if reject["code"] == "ambiguous"]
    assert all(one in reject["message"] and two in reject["message"] for reject in ambiguous)
    assert [reject["message"] for reject in run.rejects if reject["code"] == "unmatched"] == [
        "the row has no value to match on",
        "no Account with Name 'Nobody'; no Account with Ext__c '9'",
    ]


@pytest.mark.parametrize(
    "key",
    [
        "o'Hara",
        "back\\slash",
        'double "quote"',
        "per%cent_under",
        "new\nline",
        "tab\tbed",
        "ümläut 日本",
        "x' OR Name != '",
    ],
)
def test_keys_are_quoted(lab: Lab, key: str) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    mine = lab.create("Account", Name="Mine", Ext__c=key)
    lab.create("Account", Name="Other", Ext__c="other")
    run = lab.run(stream("rows", [{"ext": key, "text": "x"}]), loads=load(BY_EXT))
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert lab.row("Account", mine, "Site") == ("x",)
    assert len(lab.rows("SELECT Id FROM Account WHERE Site = 'x'")) == 1


def test_letter_case_matters_only_where_the_field_says_so(lab: Lab) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, caseSensitive=True, **TEXT)
    lower, upper = (
        lab.create("Account", Name="l", Ext__c="abc"),
        lab.create("Account", Name="u", Ext__c="ABC"),
    )
    run = lab.run(
        stream("rows", [{"ext": "abc", "text": "lower"}, {"ext": "ABC", "text": "upper"}]), loads=load(BY_EXT)
    )
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert lab.row("Account", lower, "Site") == ("lower",)
    assert lab.row("Account", upper, "Site") == ("upper",)
    run = lab.run(stream("rows", [{"name": "L", "text": "x"}]), loads=load(BY_NAME))
    assert run.numbers("rows") == {"received": 1, "written": 1}


def test_a_number_can_be_a_key(lab: Lab) -> None:
    lab.field("Account.Num__c", type="Number", precision=18, scale=0, externalId=True)
    mine = lab.create("Account", Name="Mine", Num__c=1234567)
    rows: list[dict[str, Any]] = [
        {"num": 1234567, "text": "a"},
        {"num": "1234567.0", "text": "b"},
        {"num": "no number", "text": "c"},
    ]
    run = lab.run(
        stream("rows", rows), loads=load({"source": "num", "field": "Num__c"}), max_reject_percent=50
    )
    assert run.numbers("rows") == {"received": 3, "written": 2, "rejected": 1}
    assert lab.row("Account", mine, "Site") == ("b",)


WHYS = {
    "free mail": ("gmail.com", {"Website": "gmail.com"}, "x@gmail.com", "not a company's domain"),
    "no such account": ("nobody.com", {}, None, "no Account has the Website nobody.com"),
    "no contact": ("acme.com", {"Website": "acme.com"}, None, "no Contact with a company's e-mail address"),
    "free mail contact": (
        "acme.com",
        {"Website": "acme.com"},
        "a@gmail.com",
        "no Contact with a company's e-mail",
    ),
    "other contact": (
        "acme.com",
        {"Website": "acme.com"},
        "a@other.com",
        "Contacts with other addresses only",
    ),
    "random text": ("hello world", {"Website": "acme.com"}, "a@acme.com", "names no web domain"),
    "look-alike": (
        "acme.com",
        {"Website": "notacme.com"},
        "a@notacme.com",
        "no Account has the Website acme.com",
    ),
}


@pytest.mark.parametrize("case", WHYS)
def test_a_domain_without_both_pieces_of_evidence_is_unmatched_and_says_why(lab: Lab, case: str) -> None:
    domain, account, email, why = WHYS[case]
    made = lab.create("Account", Name="A", **account)
    if email:
        lab.create("Contact", LastName="Doe", Email=email, AccountId=made)
    run = lab.run(stream("rows", [{"domain": domain, "text": "x"}]), loads=load(BY_DOMAIN))
    assert run.numbers("rows") == {"received": 1, "unmatched": 1}
    assert why in run.rejects[0]["message"]


SAME = {
    "plain": ("acme.com", "https://www.acme.com/about?x=1", "jane@acme.com"),
    "subdomains": ("shop.acme.co.uk", "http://acme.co.uk:8080", "jane@mail.acme.co.uk"),
    "an address as source": ("jane@acme.com", "ACME.COM", "Jane.Doe@Acme.Com"),
    "international": ("xn--mnchen-3ya.de", "https://münchen.de", "info@xn--mnchen-3ya.de"),
    "international the other way": ("münchen.de", "xn--mnchen-3ya.de", "info@münchen.de"),
    "trailing dot": ("acme.com.", "acme.com", "jane@acme.com"),
}


@pytest.mark.parametrize("case", SAME)
def test_spellings_of_one_domain_match(lab: Lab, case: str) -> None:
    domain, website, email = SAME[case]
    made = lab.create("Account", Name="A", Website=website)
    lab.create(
        "Contact",
        LastName="Doe",
        AccountId=made,
        **({"Email": email} if email.isascii() else {"Email": "x@xn--mnchen-3ya.de"}),
    )
    run = lab.run(stream("rows", [{"domain": domain, "text": "x"}]), loads=load(BY_DOMAIN))
    assert run.numbers("rows") == {"received": 1, "written": 1}, run.rejects


def test_two_accounts_of_one_domain_are_ambiguous_unless_a_preference_decides(lab: Lab) -> None:
    parent = lab.company("acme.com", Name="Acme")
    child = lab.company("acme.com", Name="Acme Europe", ParentId=parent)
    lab.create("Contact", LastName="Roe", Email="roe@acme.com", AccountId=child)
    rows = stream("rows", [{"domain": "acme.com", "text": "x"}])
    run = lab.run(rows, loads=load(BY_DOMAIN))
    assert run.numbers("rows") == {"received": 1, "ambiguous": 1}
    assert parent in run.rejects[0]["message"]
    assert child in run.rejects[0]["message"]
    for prefer, winner in (("parent", parent), ("most_contacts", child)):
        run = lab.run(rows, loads=load({**BY_DOMAIN, "prefer": prefer}), retry_rejects=False)
        assert run.numbers("rows") == {"received": 1, "written": 1}, prefer
        assert lab.row("Account", winner, "Site") == ("x",)
        lab.update("Account", winner, Site=None)


def test_the_oldest_of_two_accounts_can_be_preferred(lab: Lab) -> None:
    from datetime import timedelta  # noqa: PLC0415

    first = lab.company("acme.com")
    lab.org.clock.shift(timedelta(hours=1))
    lab.company("acme.com")
    run = lab.run(
        stream("rows", [{"domain": "acme.com", "text": "x"}]), loads=load({**BY_DOMAIN, "prefer": "oldest"})
    )
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert lab.row("Account", first, "Site") == ("x",)


def test_many_domains_are_matched_by_reading_all_once_with_the_same_result(lab: Lab) -> None:
    accounts = {f"company-{n}.com": lab.company(f"company-{n}.com") for n in range(6)}
    lab.create("Account", Name="Lonely", Website="lonely.com")
    rows = [{"domain": domain, "text": "x"} for domain in (*accounts, "lonely.com", "nobody.com")]
    few = lab.run(stream("rows", rows), loads=load(BY_DOMAIN), dry_run=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("target_salesforce_abm.companies._LIKES", 3)
        many = lab.run(stream("rows", rows), loads=load(BY_DOMAIN))
    assert few.numbers("rows") == many.numbers("rows") == {"received": 8, "written": 6, "unmatched": 2}
    assert many.report["api_requests"]["query"] == 4
    for account in accounts.values():
        assert lab.row("Account", account, "Site") == ("x",)


def test_excluded_domains_do_not_match(lab: Lab) -> None:
    lab.company("agency.com")
    run = lab.run(
        stream("rows", [{"domain": "agency.com", "text": "x"}]),
        loads=load(BY_DOMAIN),
        excluded_domains=["agency.com"],
    )
    assert run.numbers("rows") == {"received": 1, "unmatched": 1}


def test_rows_that_mean_one_account_by_different_keys_end_at_the_last(lab: Lab) -> None:
    account = lab.company("acme.com")
    rows: list[dict[str, Any]] = [{"id": account, "text": "first"}, {"domain": "acme.com", "text": "second"}]
    run = lab.run(stream("rows", rows), loads=load(BY_ID, BY_DOMAIN))
    assert run.numbers("rows") == {"received": 2, "written": 2}
    assert lab.row("Account", account, "Site") == ("second",)
    assert len(run.writes()) == 1


def test_200_updates_by_id_cost_four_requests_and_three_rows_too(lab: Lab) -> None:
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(200)]
    for count in (200, 3):
        rows = [{"id": account, "text": f"x{count}"} for account in accounts[:count]]
        run = lab.run(stream("rows", rows), loads=load(BY_ID))
        assert run.numbers("rows") == {"received": count, "written": count}
        assert run.report["api_requests"] == {"auth": 1, "describe": 1, "retrieve": 1, "write": 1}
        assert len(run.requests) == 4
