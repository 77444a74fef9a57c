"""Fusion: the deep model, an item tower over all modalities and a user tower over histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from mmsql.config import FusionConfig, ModelConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import EpochLog, FittedModel, SearchResult, TowerInputs, UserTower


class Fusion:
    """Gated item tower, causal user tower, softmax over the catalogue, and a diversity loss beside it."""

    name: ClassVar[str] = "fusion"
    config_type: ClassVar[type[ModelConfig]] = FusionConfig
    has_user_tower: ClassVar[bool] = True
    has_weights: ClassVar[bool] = True
    is_deep: ClassVar[bool] = True

    def searches(self, config: FusionConfig) -> bool:  # noqa: ARG002
        """Tell that the number of epochs is to be chosen."""
        return True

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: FusionConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],
    ) -> SearchResult:
        """Train until what was kept back is found best, and return how many epochs that took with the model.

        With less than 50,000 events a second training, with a smaller step size and a larger dropout where these
        are not given, is compared with the first.

        What is compared is the NDCG of the items kept back, without a cut at 10; the log has NDCG@10. Where nothing
        is kept back, nothing is chosen.
        """
        from mmsql.models.fusion.search import search_fusion

        return search_fusion(dataset, content, config, holdout, log)

    def fit(
        self, dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Train both towers for ``config.epochs`` epochs; torch is loaded here and not before."""
        from mmsql.models.fusion.fit import fit_fusion

        return fit_fusion(dataset, content, config, log)

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: FusionConfig,
        weights: dict[str, np.ndarray],
        known: np.ndarray,
    ) -> FittedModel:
        """Embed items and users again with the weights there are."""
        from mmsql.models.fusion.fit import update_fusion

        return update_fusion(dataset, content, config, weights, known)

    def user_tower(self, inputs: TowerInputs) -> UserTower:
        """Load the behaviour encoder. Histories have neither event types nor times, nor attributes of a user."""
        from mmsql.models.fusion.embedding import embed_histories, load_towers

        towers = load_towers(inputs.weights)
        return lambda histories: embed_histories(towers, inputs.item_vectors, histories)
