"""The generator of the demo data."""

from __future__ import annotations

import pytest

from local_org.seed.dice import Dice


def test_numbers_never_change() -> None:
    dice = Dice("demo/accounts")
    assert [dice.below(1000) for _ in range(8)] == [229, 157, 406, 176, 370, 585, 940, 349]


def test_each_name_has_numbers_of_its_own() -> None:
    assert [Dice("a").bits(), Dice("a").bits()] == [Dice("a").bits()] * 2
    assert len({Dice(name).bits() for name in ("a", "b", "ab", "ba", "")}) == 5


def test_throws_are_spread_evenly() -> None:
    dice = Dice("fair")
    counts = [0] * 10
    for _ in range(10_000):
        counts[dice.below(10)] += 1
    assert min(counts) > 900
    assert max(counts) < 1100


def test_weights_and_chances_hold() -> None:
    dice = Dice("weights")
    picked = [dice.weighted((("often", 9), ("seldom", 1))) for _ in range(5000)]
    assert 4400 < picked.count("often") < 4600
    assert sum(dice.chance(2.5) for _ in range(10_000)) == pytest.approx(250, abs=60)
    assert not any(dice.chance(0) for _ in range(100))
    assert all(dice.chance(100) for _ in range(100))


def test_a_sample_repeats_nothing() -> None:
    dice = Dice("sample")
    for size in (0, 1, 5, 10, 20):
        found = dice.sample(range(10), size)
        assert len(found) == len(set(found)) == min(size, 10)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (-5, 5), (7, 9)])
def test_between_includes_both_ends(low: int, high: int) -> None:
    dice = Dice("between")
    assert {dice.between(low, high) for _ in range(300)} == set(range(low, high + 1))
