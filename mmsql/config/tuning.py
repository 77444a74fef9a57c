"""Options of a search for better options."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import Config, number


@dataclass(frozen=True, kw_only=True)
class TuningConfig(Config):
    """Options of a search.

    Attributes
    ----------
    trials : int
        How many to run; the first one has the default options.
    seed : int
        Draws the options that are tried, breaks ties in time, and seeds training.
    time_budget : float
        Seconds after which no trial begins; the first one always runs.
    """

    trials: int = number(20, 1, 100_000)
    seed: int = number(42, 0, 2**31 - 1)
    time_budget: float = number(3600.0, 0, 10**9)
