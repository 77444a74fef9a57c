"""Options of the linear model."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import ModelConfig, number


@dataclass(frozen=True, kw_only=True)
class EaseConfig(ModelConfig):
    """Options of ``ease``, the linear model. With decay 1 and content_weight 0 it is EASE as published.

    Attributes
    ----------
    regularization : float
        Weight of the squared weights, in users per item.
    content_weight : float
        Share of the regularization that pulls weights towards content similarity; the rest pulls towards 0.
    neighbors : int
        Number of edges of an item.
    decay : float
        Weight of an event relative to an event at the next later timestamp.
    """

    regularization: float = number(150.0, 1e-3, 1e9, tune=(10.0, 2000.0), log=True)
    content_weight: float = number(0.2, 0, 1, tune=(0.0, 0.8))
    neighbors: int = number(200, 1, 10_000)
    decay: float = number(0.95, 0, 1, tune=(0.6, 1.0))
