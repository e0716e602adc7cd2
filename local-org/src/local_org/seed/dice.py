"""A small pseudo-random generator whose numbers never change.

`random.Random` promises the same numbers across Python versions for `random()` only; the demo data must be
the same on every supported Python, so the generator is written out: SplitMix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(value: int) -> int:
    """Scrambles a 64-bit number: neighbouring inputs give unrelated outputs.

    Args:
        value: any non-negative integer; its low 64 bits count.

    Returns:
        An integer from 0 to 2**64 - 1.
    """
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Dice:
    """A stream of numbers named by a text: the same name gives the same stream, for ever.

    Each part of the demo data throws its own dice, so a change in one part leaves the others as they were.

    Args:
        name: the stream's name, for example `"demo/contacts"`.
    """

    def __init__(self, name: str) -> None:
        state = 0
        for byte in name.encode():
            state = mix(state + byte + _GOLDEN)
        self._state = state

    def bits(self) -> int:
        """The next 64 random bits, as an integer."""
        # `mix` written out: this is called a million times
        self._state = value = (self._state + _GOLDEN) & _MASK
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
        return value ^ (value >> 31)

    def below(self, limit: int) -> int:
        """An integer from 0 to `limit - 1`."""
        return self.bits() % limit

    def between(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return low + self.bits() % (high - low + 1)

    def chance(self, percent: float) -> bool:
        """True in so many per cent of the throws."""
        return self.bits() % 100_000 < percent * 1000

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the others."""
        return options[self.bits() % len(options)]

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """One of the options, each as likely as the weight next to it."""
        throw = self.bits() % sum([weight for _, weight in options])
        for option, weight in options:
            throw -= weight
            if throw < 0:
                return option
        raise AssertionError  # the weights add up to the limit of the throw

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """So many different options, in random order; all of them when there are fewer."""
        pool = list(options)
        count = min(count, len(pool))
        for index in range(count):
            other = index + self.below(len(pool) - index)
            pool[index], pool[other] = pool[other], pool[index]
        return pool[:count]
