"""Popularity: ranks items by events. It is the baseline that every model is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from mmsql.config import ModelConfig, PopularityConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.models.base import ClosedForm, EpochLog, FittedModel, ScoreParameters, popularity_bias


class Popularity(ClosedForm):
    """Ranks items by their number of training events, equally for all users."""

    name: ClassVar[str] = "popularity"
    config_type: ClassVar[type[ModelConfig]] = PopularityConfig

    def fit(
        self,
        dataset: Dataset,
        content: Content,  # noqa: ARG002
        config: PopularityConfig,
        log: Callable[[EpochLog], None],  # noqa: ARG002
    ) -> FittedModel:
        """Count the events of each item."""
        return FittedModel(
            serving=ScoreParameters(decay=1.0, history_length=config.history_length),
            bias=popularity_bias(dataset.item_counts(), 1.0),
        )
