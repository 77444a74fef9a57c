"""Options of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import Config, choice, number

SPLITS = ("leave_last_out", "time", "cold_items")


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(Config):
    """Options of an evaluation.

    Attributes
    ----------
    split : {'leave_last_out', 'time', 'cold_items'}
        Keep back each user's last item, everything after a moment in time, or some items altogether.
    k : int
        Length of the lists the returned figures are for.
    seed : int
        Breaks ties in time, draws the items of ``cold_items``, and seeds training.
    test_share : float
        For ``time``: the share of events after the moment.
    cold_share : float
        For ``cold_items``: the share of the items with events that training does not see.
    """

    split: str = choice("leave_last_out", SPLITS)
    k: int = number(10, 1, 1000)
    seed: int = number(42, 0, 2**31 - 1)
    test_share: float = number(0.1, 0.001, 0.9)
    cold_share: float = number(0.1, 0.001, 0.9)
