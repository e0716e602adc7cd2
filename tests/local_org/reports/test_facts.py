"""Groupings and fact map."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from local_org.reports.facts import MAX_ROWS, Bucket, Item, compute
from local_org.reports.request import Grouping

if TYPE_CHECKING:
    from local_org.reports.facts import Facts

ANY = Grouping(None)  # type: ignore[arg-type] # the column plays no part in the arithmetic
SUMS = ("s", "count")


def item(name: str, down: str = "", across: str = "", number: float | None = 1) -> Item:
    def buckets(text: str) -> tuple[Bucket, ...]:
        return tuple(Bucket(None if part == "?" else part, part, part) for part in text.split("/") if part)

    return Item(name, buckets(down), buckets(across), (number, None))


def values(facts: Facts) -> dict[str, list[float]]:
    return {key: fact.values for key, fact in facts.facts.items()}


def test_a_tabular_report_has_one_fact() -> None:
    facts = compute([item("r1", number=10), item("r2", number=2.5), item("r3", number=None)], SUMS)
    assert values(facts) == {"T!T": [12.5, 3]}
    assert facts.facts["T!T"].record_ids == ["r1", "r2", "r3"]
    assert facts.down == facts.across == []


def test_a_report_without_rows_has_a_grand_total_of_zero() -> None:
    assert values(compute([], SUMS, [ANY])) == {"T!T": [0, 0]}


def test_a_summary_report_keeps_details_at_the_deepest_level_only() -> None:
    rows = [item("r1", "b/x"), item("r2", "a/y"), item("r3", "a/x"), item("r4", "a/y")]
    facts = compute(rows, SUMS, [ANY, ANY])
    assert values(facts) == {
        "T!T": [4, 4],
        "0!T": [3, 3],
        "0_0!T": [1, 1],
        "0_1!T": [2, 2],
        "1!T": [1, 1],
        "1_0!T": [1, 1],
    }
    details = {key: fact.record_ids for key, fact in facts.facts.items() if fact.record_ids}
    assert details == {"0_0!T": ["r3"], "0_1!T": ["r2", "r4"], "1_0!T": ["r1"]}
    assert facts.down == [
        {
            "groupings": [
                {"groupings": [], "key": "0_0", "label": "x", "value": "x"},
                {"groupings": [], "key": "0_1", "label": "y", "value": "y"},
            ],
            "key": "0",
            "label": "a",
            "value": "a",
        },
        {
            "groupings": [{"groupings": [], "key": "1_0", "label": "x", "value": "x"}],
            "key": "1",
            "label": "b",
            "value": "b",
        },
    ]


def test_a_matrix_has_a_fact_for_every_row_path_at_every_column_path() -> None:
    rows = [item("r1", "a/x", "m/p"), item("r2", "a/y", "n/q"), item("r3", "b/x", "m/p")]
    facts = compute(rows, SUMS, [ANY, ANY], [ANY, ANY])
    down = ["T", "0", "0_0", "0_1", "1", "1_0"]
    across = ["T", "0", "0_0", "1", "1_0"]
    assert set(facts.facts) == {f"{row}!{column}" for row, column in product(down, across)}
    assert facts.facts["0_0!1_0"].values == [0, 0]  # nobody there: zeros, as recorded
    assert facts.facts["T!0"].values == [2, 2]
    details = {key: fact.record_ids for key, fact in facts.facts.items() if fact.record_ids}
    assert details == {"0_0!0_0": ["r1"], "0_1!1_0": ["r2"], "1_0!0_0": ["r3"]}


def test_null_is_a_group_of_its_own_and_comes_first() -> None:
    rows = [item("r1", "b"), item("r2", "?"), item("r3", "a")]
    assert [group["value"] for group in compute(rows, SUMS, [ANY]).down] == [None, "a", "b"]
    falling = compute(rows, SUMS, [Grouping(None, descending=True)])  # type: ignore[arg-type]
    assert [group["value"] for group in falling.down] == ["b", "a", None]


def test_groups_can_be_ordered_by_a_summary() -> None:
    rows = [item("r1", "a", number=5), item("r2", "b", number=9), item("r3", "c", number=7)]
    by_sum = Grouping(None, descending=True, sort_index=0)  # type: ignore[arg-type]
    assert [group["value"] for group in compute(rows, SUMS, [by_sum]).down] == ["b", "c", "a"]


def test_details_stop_at_two_thousand_while_summaries_cover_all() -> None:
    rows = [item(f"r{number}", "a" if number % 2 else "b") for number in range(MAX_ROWS + 501)]
    facts = compute(rows, SUMS, [ANY])
    assert facts.rows == MAX_ROWS + 501
    assert facts.facts["T!T"].values == [MAX_ROWS + 501, MAX_ROWS + 501]
    assert [len(facts.facts[key].record_ids) for key in ("0!T", "1!T")] == [1250, 750]


def test_each_function_summarises_its_own_way() -> None:
    functions = ("s", "a", "m", "x", "u", "count")
    rows = [Item(str(n), (), (), (n, n, n, n, n, None)) for n in (4, None, 2, 4)]
    assert values(compute(rows, functions)) == {"T!T": [10, 10 / 3, 2, 4, 2, 4]}
    assert values(compute([], functions)) == {"T!T": [0, None, None, None, 0, 0]}
