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
        Events to hold out: each user's last item, all events after a timestamp, or all events on some items.
    k : int
        List length of the returned metrics.
    seed : int
        Breaks ties between timestamps, draws the items of ``cold_items``, and seeds training.
    test_share : float
        For ``time``: share of the events that are held out.
    cold_share : float
        For ``cold_items``: share of the items with events that are held out.
    """

    split: str = choice("leave_last_out", SPLITS)
    k: int = number(10, 1, 1000)
    seed: int = number(42, 0, 2**31 - 1)
    test_share: float = number(0.1, 0.001, 0.9)
    cold_share: float = number(0.1, 0.001, 0.9)
