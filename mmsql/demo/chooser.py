"""Random choices, drawn one at a time from blocks of random numbers for speed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")

BLOCK = 8192


class Chooser:
    """A source of single random choices.

    It draws numbers from a numpy generator in blocks, since a call of the generator for each choice is slow.

    Parameters
    ----------
    rng : numpy.random.Generator
        The generator; equal states give equal choices.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._block: list[float] = []

    def number(self) -> float:
        """Return a number from 0 to 1, 1 excluded."""
        if not self._block:
            self._block = self._rng.random(BLOCK).tolist()
        return self._block.pop()

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self.number() < probability

    def below(self, count: int) -> int:
        """Return an integer from 0 to ``count - 1``."""
        return int(self.number() * count)

    def between(self, low: float, high: float) -> float:
        """Return a number in the range."""
        return low + (high - low) * self.number()

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices with equal probability."""
        return choices[int(self.number() * len(choices))]

    def sample(self, choices: Sequence[Choice], count: int) -> list[Choice]:
        """Return up to ``count`` different choices in random order."""
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]

    def weighted(self, cumulative: Sequence[float] | np.ndarray) -> int:
        """Return an index with a probability in proportion to its weight.

        Parameters
        ----------
        cumulative : sequence of float or ndarray
            Cumulative sums of the weights; the last one must be positive.
        """
        found = bisect_right(cumulative, self.number() * cumulative[-1])
        return min(found, len(cumulative) - 1)
