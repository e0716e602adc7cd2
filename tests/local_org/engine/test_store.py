from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest

from local_org import facts
from local_org.org import Org
from local_org.store import Rollback, Store

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "2026-01-01T00:00:00Z"
USER = "0055g000001AzZ0AAK"


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = Store(tmp_path / "x.sqlite", instance="5g")
    made.create_table(facts.objects()["Account"])
    made.create_table(facts.objects()["Contact"])
    yield made
    made.close()


def names(store: Store) -> list[str]:
    return [row[0] for row in store.read().execute("SELECT Name FROM Account ORDER BY Id")]


def add(store: Store, *values: str) -> None:
    store.bulk_insert(facts.objects()["Account"], ["Name"], [[v] for v in values], stamp=STAMP, user_id=USER)


def test_a_bulk_insert_fills_in_what_rows_leave_out(store: Store) -> None:
    contact = facts.objects()["Contact"]
    count = store.bulk_insert(
        contact, ["LastName", "FirstName"], [["L", "A"], ["M", None]], stamp=STAMP, user_id=USER
    )
    assert count == 2
    columns = "Name, IsDeleted, OwnerId, CreatedById, CreatedDate, SystemModstamp"
    assert store.read().execute(f"SELECT {columns} FROM Contact ORDER BY Id").fetchall() == [
        ("A L", 0, USER, USER, STAMP, STAMP),
        ("M", 0, USER, USER, STAMP, STAMP),
    ]


def test_ids_that_rows_bring_move_the_counter(store: Store) -> None:
    account = facts.objects()["Account"]
    given = "0015g000ZZZZZZZAAA"
    store.bulk_insert(account, ["Id", "Name"], [[given, "A"]], stamp=STAMP, user_id=USER)
    assert store.ids.next("001") > given


def test_a_big_bulk_insert_has_its_indexes_afterwards(store: Store) -> None:
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'Account' ORDER BY name"
    before = store.read().execute(query).fetchall()
    add(store, *(f"A{n}" for n in range(5_001)))
    assert store.read().execute(query).fetchall() == before
    assert store.count("Account") == 5_001
    plan = store.read().execute("EXPLAIN QUERY PLAN SELECT * FROM Account WHERE ParentId = 'x'").fetchall()
    assert "Account.ParentId" in str(plan)


def test_the_recycle_bin_does_not_count(store: Store) -> None:
    add(store, "A", "B")
    with store.write() as connection:
        connection.execute("UPDATE Account SET IsDeleted = 1 WHERE Name = 'A'")
    assert store.count("Account") == 1


def test_text_compares_without_case_and_ids_with(store: Store) -> None:
    add(store, "Acme")
    read = store.read()
    assert read.execute("SELECT 1 FROM Account WHERE Name = 'ACME'").fetchone() == (1,)
    (record_id,) = read.execute("SELECT Id FROM Account").fetchone()
    assert read.execute("SELECT 1 FROM Account WHERE Id = ?", (record_id.lower(),)).fetchone() is None


def test_one_sees_ones_own_changes_and_others_see_them_when_they_are_done(store: Store) -> None:
    seen: list[int] = []
    with store.write():
        add(store, "A")
        assert names(store) == ["A"]
        other = threading.Thread(target=lambda: seen.append(len(names(store))))
        other.start()
        other.join()
    assert seen == [0]
    assert names(store) == ["A"]


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    def fail() -> None:
        with store.write():
            add(store, "A")
            raise RuntimeError("x")

    with pytest.raises(RuntimeError):
        fail()
    assert names(store) == []


def test_rollback_undoes_the_innermost_block_alone(store: Store) -> None:
    with store.write():
        add(store, "outer")
        with store.write():
            add(store, "inner")
            raise Rollback
        add(store, "after")
    assert names(store) == ["outer", "after"]


def test_actions_wait_for_the_commit_and_are_dropped_with_the_block(store: Store) -> None:
    done: list[str] = []
    with store.write():
        store.after_commit(lambda: done.append("outer"))
        with store.write():
            store.after_commit(lambda: done.append("inner"))
            raise Rollback
        assert done == []
    assert done == ["outer"]
    store.after_commit(lambda: done.append("at once"))
    assert done == ["outer", "at once"]


def test_writers_wait_for_each_other(store: Store) -> None:
    def work(name: str) -> None:
        for _ in range(20):
            with store.write() as connection:
                (count,) = connection.execute("SELECT count(*) FROM Account").fetchone()
                add(store, f"{name}{count}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(name[1:]) for name in names(store)) == list(range(80))


def test_connections_of_threads_that_ended_are_used_again(store: Store) -> None:
    for _ in range(10):
        thread = threading.Thread(target=lambda: names(store))
        thread.start()
        thread.join()
    assert len(store._open) <= 3


def test_functions_reach_every_connection(store: Store) -> None:
    store.read().execute("SELECT 1")
    store.on_connect(lambda connection: connection.create_function("twice", 1, lambda x: 2 * x))
    assert store.read().execute("SELECT twice(21)").fetchone() == (42,)
    with store.write() as connection:
        assert connection.execute("SELECT twice(4)").fetchone() == (8,)


def test_counters_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    first = Store(path, instance="5g")
    assert first.fresh
    with first.write():
        last = first.ids.take("001", 5)[-1]
    first.close()
    second = Store(path, instance="5g")
    assert not second.fresh
    assert second.ids.next("001") > last
    second.close()


def test_a_temporary_store_leaves_no_file() -> None:
    made = Store(instance="5g")
    folder = made.path.parent
    assert made.path.exists()
    assert not made.durable
    made.close()
    assert not folder.exists()


def test_a_closed_store_cannot_be_read() -> None:
    made = Store(instance="5g")
    read = made.read()
    made.close()
    with pytest.raises(sqlite3.ProgrammingError):
        read.execute("SELECT 1")


def test_orgs_do_not_see_each_others_rows() -> None:
    with Org() as first, Org() as second:
        first.dml.create(first.admin, "Account", {"Name": "A"})
        first.create_custom_field("Account.X__c", type="Text", length=5)
        assert second.store.count("Account") == 0
        assert "X__c" not in second.schema.object("Account")
