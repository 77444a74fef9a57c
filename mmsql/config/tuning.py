"""Options of tuning."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import Config, number


@dataclass(frozen=True, kw_only=True)
class TuningConfig(Config):
    """Options of tuning.

    Attributes
    ----------
    trials : int
        Number of trials; the first one has the default options.
    seed : int
        Draws the options of the trials, breaks ties between timestamps, and seeds training.
    time_budget : float
        Seconds after which no trial begins; the first trial always runs.
    """

    trials: int = number(20, 1, 100_000)
    seed: int = number(42, 0, 2**31 - 1)
    time_budget: float = number(3600.0, 0, 10**9)
