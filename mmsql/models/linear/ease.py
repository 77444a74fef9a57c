"""EASE: linear item–item weights, regularised towards content."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import ClassVar

from mmsql import columns
from mmsql.config import EaseConfig, ModelConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.models.base import ClosedForm, EpochLog, FittedModel, ScoreParameters, as_edges, popularity_bias


class Ease(ClosedForm):
    """Linear item–item weights in closed form (EASE), regularised towards those of content (L3AE)."""

    name: ClassVar[str] = "ease"
    config_type: ClassVar[type[ModelConfig]] = EaseConfig

    def fit(
        self, dataset: Dataset, content: Content, config: EaseConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Solve the model and keep the largest positive weights as edges."""
        from mmsql.models.linear.dense import content_features, linear_edges

        started = perf_counter()
        found = linear_edges(
            dataset.interactions(),
            content_features(content) if config.content_weight > 0 else None,
            regularization=config.regularization,
            content_weight=config.content_weight,
            neighbors=config.neighbors,
        )
        log(EpochLog(epoch=1, loss=0.0, seconds=perf_counter() - started))
        return FittedModel(
            serving=ScoreParameters(decay=config.decay, history_length=config.history_length),
            bias=popularity_bias(dataset.item_counts(), config.popularity_weight),
            edges=as_edges(found.item_index, found.neighbor_index, found.weight, columns.EASE),
        )
