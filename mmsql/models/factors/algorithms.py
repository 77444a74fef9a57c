"""Factorisation models fitted by alternating least squares: ``ials``, ``jmf`` and ``mvmf``.

Torch is first loaded when a model is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from mmsql.config import IalsConfig, JmfConfig, ModelConfig, MvmfConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.models.base import EpochLog, FittedModel, TowerInputs, UserTower, WithoutSearch


class FactorModel(WithoutSearch):
    """A model of user and item factors: the least squares that solve for users also fold in other histories."""

    has_user_tower: ClassVar[bool] = True
    has_weights: ClassVar[bool] = True
    is_deep: ClassVar[bool] = False

    def user_tower(self, inputs: TowerInputs) -> UserTower:
        """Return the fold-in of histories, with the item factors held fixed."""
        from mmsql.models.factors.folding import FoldIn

        return FoldIn(inputs)


class Ials(FactorModel):
    """Implicit matrix factorisation by alternating least squares (iALS), of the events alone."""

    name: ClassVar[str] = "ials"
    config_type: ClassVar[type[ModelConfig]] = IalsConfig

    def fit(
        self, dataset: Dataset, content: Content, config: IalsConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Solve for the users and the items alternately."""
        from mmsql.models.factors.fit import fit_joint

        return fit_joint(dataset, content, config, 0.0, log)

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: IalsConfig,
        weights: dict[str, np.ndarray],
        known: np.ndarray,
    ) -> FittedModel:
        """Keep the factors of known items; solve for all users and for new items."""
        from mmsql.models.factors.fit import update_joint

        return update_joint(dataset, content, config, 0.0, weights, known)


class Jmf(FactorModel):
    """Joint matrix factorisation: events and attributes share the factors of items and users."""

    name: ClassVar[str] = "jmf"
    config_type: ClassVar[type[ModelConfig]] = JmfConfig

    def fit(
        self, dataset: Dataset, content: Content, config: JmfConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Solve for the users, the items and the attribute values alternately."""
        from mmsql.models.factors.fit import fit_joint

        return fit_joint(dataset, content, config, config.attribute_weight, log)

    def update(
        self, dataset: Dataset, content: Content, config: JmfConfig, weights: dict[str, np.ndarray], known: np.ndarray
    ) -> FittedModel:
        """Keep the factors of known items and attribute values; solve for all users and for new items."""
        from mmsql.models.factors.fit import update_joint

        return update_joint(dataset, content, config, config.attribute_weight, weights, known)


class Mvmf(FactorModel):
    """Multi-view matrix factorisation: a consensus of item factors over events and all content modalities."""

    name: ClassVar[str] = "mvmf"
    config_type: ClassVar[type[ModelConfig]] = MvmfConfig

    def fit(
        self, dataset: Dataset, content: Content, config: MvmfConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Solve for the users, the items in each view, and the consensus alternately."""
        from mmsql.models.factors.fit import fit_consensus

        return fit_consensus(dataset, content, config, log)

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: MvmfConfig,
        weights: dict[str, np.ndarray],
        known: np.ndarray,
    ) -> FittedModel:
        """Keep the consensus factors of known items; solve for all users and for new items."""
        from mmsql.models.factors.fit import update_consensus

        return update_consensus(dataset, content, config, weights, known)
