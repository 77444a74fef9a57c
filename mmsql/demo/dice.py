"""Random choices one at a time, fast: numbers are drawn from the generator in blocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")

BLOCK = 8192


class Dice:
    """A numpy generator for single choices, where a call each would cost more than the choice.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the numbers; the same state gives the same choices.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._block: list[float] = []

    def number(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        if not self._block:
            self._block = self._rng.random(BLOCK).tolist()
        return self._block.pop()

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self.number() < probability

    def below(self, count: int) -> int:
        """Return a whole number from 0 to ``count - 1``."""
        return int(self.number() * count)

    def between(self, low: float, high: float) -> float:
        """Return a number in the range."""
        return low + (high - low) * self.number()

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices, each as likely as the others."""
        return choices[int(self.number() * len(choices))]

    def sample(self, choices: Sequence[Choice], count: int) -> list[Choice]:
        """Return up to ``count`` different choices, in random order."""
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]

    def weighted(self, cumulative: Sequence[float] | np.ndarray) -> int:
        """Return a position, likely as its share of the sum.

        Parameters
        ----------
        cumulative : sequence of float or ndarray
            Running sums of the weights; the last must be positive.
        """
        found = bisect_right(cumulative, self.number() * cumulative[-1])
        return min(found, len(cumulative) - 1)
