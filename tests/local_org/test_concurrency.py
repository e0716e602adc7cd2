"""Many clients at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from support.rest import Rest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

CLIENTS, ROUNDS = 6, 8


def test_readers_writers_and_jobs_do_not_disturb_each_other(org: RunningOrg) -> None:
    def write(number: int) -> int:
        with Rest(org) as rest:
            for turn in range(ROUNDS):
                records = [
                    {"attributes": {"type": "Account"}, "Name": f"{number}-{turn}-{row}"} for row in range(10)
                ]
                answer = rest.post("composite/sobjects", {"records": records})
                assert all(row["success"] for row in answer.json())
        return ROUNDS * 10

    def read(number: int) -> int:
        seen = 0
        with Rest(org) as rest:
            for _ in range(ROUNDS):
                total = rest.get(
                    "query", params={"q": f"SELECT COUNT() FROM Account WHERE Name > '{number}'"}
                )
                assert total.json()["totalSize"] >= seen
                seen = total.json()["totalSize"]
        return 0

    def export(number: int) -> int:
        del number
        with Rest(org) as rest:
            for _ in range(ROUNDS // 2):
                body = {"operation": "query", "query": "SELECT Id, Name FROM Account"}
                job = rest.post("jobs/query", body).json()["id"]
                org.org.jobs.wait(job)
                answer = rest.get(f"jobs/query/{job}/results")
                assert answer.content.count(b"\n") == int(answer.headers["Sforce-NumberOfRecords"]) + 1
        return 0

    work = [kind for kind in (write, read, export) for _ in range(CLIENTS // 3)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        written = sum(pool.map(lambda task: task[1](task[0]), enumerate(work)))
    assert org.org.store.count("Account") == written


def test_an_external_id_is_never_given_twice(org: RunningOrg) -> None:
    org.org.create_custom_field("Account.Key__c", type="Text", length=20, externalId=True, unique=True)

    def upsert(number: int) -> int:
        with Rest(org) as rest:
            return rest.patch("sobjects/Account/Key__c/k1", {"Name": f"A{number}"}).status_code

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = sorted(pool.map(upsert, range(CLIENTS)))
    assert statuses == [200] * (CLIENTS - 1) + [201]
    assert org.org.store.count("Account") == 1


def test_a_rotated_refresh_token_is_won_by_one_client(org: RunningOrg) -> None:
    sessions = org.org.sessions
    token = sessions.issue_refresh_token("admin@example.com", "local-org-app", "api").token
    with ThreadPoolExecutor(CLIENTS) as pool:
        won = [
            item for item in pool.map(lambda _: sessions.rotate(token), range(CLIENTS)) if item is not None
        ]
    assert len(won) == 1


def test_requests_are_counted_once_each(org: RunningOrg) -> None:
    def ask(number: int) -> None:
        del number
        with Rest(org) as rest:
            for _ in range(ROUNDS):
                rest.get("limits")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, range(CLIENTS)))
    assert org.org.limits.used() == CLIENTS * ROUNDS
    assert len(org.requests) == CLIENTS * ROUNDS
