"""Options of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import Config, choice, number

SPLITS = ("leave_last_out", "time")


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(Config):
    """Options of an evaluation.

    Attributes
    ----------
    split : {'leave_last_out', 'time'}
        Keep back each user's last item, or everything after a moment in time.
    k : int
        Length of the lists the returned figures are for.
    seed : int
        Breaks ties in time, and seeds training.
    test_share : float
        For ``time``: the share of events after the moment.
    """

    split: str = choice("leave_last_out", SPLITS)
    k: int = number(10, 1, 1000)
    seed: int = number(42, 0, 2**31 - 1)
    test_share: float = number(0.1, 0.001, 0.9)
