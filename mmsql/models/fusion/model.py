"""The fusion model: an item tower over all modalities and a user tower over histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from mmsql.config import FusionConfig, ModelConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import EpochLog, FittedModel, SearchResult, TowerInputs, UserTower


class Fusion:
    """A gated item tower and a causal user tower, trained with a softmax over the catalog and a diversity loss."""

    name: ClassVar[str] = "fusion"
    config_type: ClassVar[type[ModelConfig]] = FusionConfig
    has_user_tower: ClassVar[bool] = True
    has_weights: ClassVar[bool] = True
    is_deep: ClassVar[bool] = True

    def searches(self, config: FusionConfig) -> bool:  # noqa: ARG002
        """Return True: the search chooses the number of epochs."""
        return True

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: FusionConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],
    ) -> SearchResult:
        """Choose the number of epochs by the NDCG of the held-out items, and return it with the trained model.

        With fewer than 50,000 events, a second training with a smaller learning rate and a larger dropout is compared
        with the first. Options that were given stay as they are.

        The comparison uses the NDCG without a cutoff; the log shows NDCG@10. Without held-out items, the options
        stay as they are.
        """
        from mmsql.models.fusion.search import search_fusion

        return search_fusion(dataset, content, config, holdout, log)

    def fit(
        self, dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Train both towers for ``config.epochs`` epochs. Torch is first loaded here."""
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
        """Embed items and users again with the stored weights."""
        from mmsql.models.fusion.fit import update_fusion

        return update_fusion(dataset, content, config, weights, known)

    def user_tower(self, inputs: TowerInputs) -> UserTower:
        """Load the behaviour encoder. Histories have neither event types nor times, nor attributes of a user."""
        from mmsql.models.fusion.embedding import embed_histories, load_towers

        towers = load_towers(inputs.weights)
        return lambda histories: embed_histories(towers, inputs.item_vectors, histories)
