"""Fusion: the deep model, an item tower over all modalities and a user tower over histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from mmsql.config import FusionConfig, ModelConfig
from mmsql.content import Content
from mmsql.dataset import Dataset
from mmsql.models.base import EpochLog, Fitted


class Fusion:
    """Gated item tower, causal user tower, softmax over the catalogue, and a diversity loss beside it."""

    name: ClassVar[str] = "fusion"
    config_type: ClassVar[type[ModelConfig]] = FusionConfig

    def fit(
        self, dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]
    ) -> Fitted:
        """Train both towers; torch is loaded here and not before."""
        from mmsql.models.fusion.fit import fit_fusion

        return fit_fusion(dataset, content, config, log)

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: FusionConfig,
        weights: dict[str, np.ndarray],
        known: np.ndarray,
    ) -> Fitted:
        """Embed items and users again with the weights there are."""
        from mmsql.models.fusion.fit import update_fusion

        return update_fusion(dataset, content, config, weights, known)
