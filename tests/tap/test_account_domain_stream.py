"""The stream `account_domain`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import insert, run_tap

from tap_salesforce_abm.digests import BUCKETS, Digests

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

CASES = {
    "verified": ("https://www.Acme.example.com/about", ["jo@acme.co.uk", "jim@mail.acme.example.com"]),
    "no_website": (None, ["a@nowhere.com"]),
    "invalid_website": ("not a site", ["a@b.com"]),
    "not_a_company_domain": ("linkedin.com/company/x", ["a@x.com"]),
    "no_contact_email": ("lonely.com", ["someone@gmail.com"]),
    "mismatch": ("one.com", ["a@two.com"]),
}


@pytest.fixture
def settings(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> dict[str, Any]:
    """One Account for each status."""
    at = noon - timedelta(days=1)
    insert(org, "Account", [{"Name": name, "Website": site} for name, (site, _) in CASES.items()], at=at)
    ids = _ids(org)
    contacts = [
        {"LastName": "L", "AccountId": ids[name], "Email": mail}
        for name, (_, mails) in CASES.items()
        for mail in mails
    ]
    insert(org, "Contact", contacts, at=at)
    return {**config, "objects": ["RecordType"], "account_domains": True}


def _ids(org: RunningOrg) -> dict[str, str]:
    return dict(org.org.store.read().execute('SELECT "Name", "Id" FROM "Account"').fetchall())


def _by_account(result: Any) -> dict[str, dict[str, Any]]:
    return {record["AccountId"]: record for record in result.records["account_domain"]}


@pytest.mark.parametrize("api", ["REST", "BULK2"])
def test_every_account_has_its_verdict(org: RunningOrg, settings: dict[str, Any], api: str) -> None:
    result = run_tap({**settings, "api_type": api})
    assert result.code == 0, result.log
    found = _by_account(result)
    ids = _ids(org)
    assert {name: found[ids[name]]["Status"] for name in CASES} == {name: name for name in CASES}
    assert found[ids["verified"]] == {
        "AccountId": ids["verified"],
        "Website": "https://www.Acme.example.com/about",
        "WebsiteDomain": "example.com",
        "ContactDomains": ["acme.co.uk", "example.com"],
        "Domain": "example.com",
        "Status": "verified",
    }
    assert result.schemas["account_domain"]["key_properties"] == ["AccountId"]


def test_unchanged_verdicts_are_not_sent_again(org: RunningOrg, settings: dict[str, Any]) -> None:
    first = run_tap(settings)
    assert len(first.records["account_domain"]) == len(CASES)
    assert run_tap(settings, state=first.state).records["account_domain"] == []


def test_a_contact_that_moves_changes_two_verdicts(
    org: RunningOrg, noon: datetime, settings: dict[str, Any]
) -> None:
    """Neither Account's timestamp moves, and the one that lost the Contact is named nowhere."""
    first = run_tap(settings)
    ids = _ids(org)
    org.org.clock.set(noon + timedelta(hours=1))
    [[contact]] = (
        org.org.store.read()
        .execute('SELECT "Id" FROM "Contact" WHERE "Email" = ?', ("jim@mail.acme.example.com",))
        .fetchall()
    )
    moved = org.org.dml.update(org.org.admin, "Contact", contact, {"AccountId": ids["no_contact_email"]})
    assert moved.success, moved.errors
    found = _by_account(run_tap(settings, state=first.state))
    assert found[ids["verified"]]["Status"] == "mismatch"
    assert found[ids["no_contact_email"]]["Status"] == "mismatch"
    assert set(found) == {ids["verified"], ids["no_contact_email"]}


def test_a_deleted_account_is_no_longer_verified(
    org: RunningOrg, noon: datetime, settings: dict[str, Any]
) -> None:
    first = run_tap(settings)
    ids = _ids(org)
    org.org.clock.set(noon + timedelta(hours=1))
    assert org.org.dml.delete(org.org.admin, "Account", ids["verified"]).success
    found = _by_account(run_tap(settings, state=first.state))
    assert found[ids["verified"]]["Domain"] is None


def test_the_users_own_exclusions_count(org: RunningOrg, settings: dict[str, Any]) -> None:
    found = _by_account(run_tap({**settings, "excluded_domains": ["example.com"]}))
    assert found[_ids(org)["verified"]]["Status"] == "not_a_company_domain"


def test_it_is_not_there_when_switched_off(org: RunningOrg, settings: dict[str, Any]) -> None:
    assert "account_domain" not in run_tap({**settings, "account_domains": False}).schemas


def test_digests_survive_state_and_tell_changed_buckets() -> None:
    before = Digests(tuple(range(BUCKETS)))
    assert Digests.parse(str(before)) == before
    after = Digests((5, *range(1, BUCKETS)))
    assert after.changed_since(before) == [0]
    assert after.changed_since(None) == list(range(BUCKETS))


@pytest.mark.parametrize("text", [None, "", "not base64!", "AAAA"])
def test_digests_of_another_making_are_no_digests(text: str | None) -> None:
    assert Digests.parse(text) is None
