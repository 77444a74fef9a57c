"""The sum of the item graph and the deep model: one score, of edges and of vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmsql.config import BlendConfig, FusionConfig, GraphConfig, ModelConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import EpochLog, FittedModel, SearchResult, TowerInputs, UserTower, no_log
from mmsql.models.fusion import Fusion
from mmsql.models.graph import Graph
from mmsql.models.scoring import holdout_ranks, ndcg_gains

GRAPH, FUSION = Graph(), Fusion()
WEIGHTS = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8, 4.5)


@dataclass(frozen=True)
class Members:
    """Models that the search of a blend trains, with the NDCG@10 of every held-out user.

    Attributes
    ----------
    found : dict of str to SearchResult
        ``graph``, ``fusion`` and ``blend``, each with its model.
    gains : dict of str to ndarray, float64, (users,)
        By the same names.
    """

    found: dict[str, SearchResult]
    gains: dict[str, np.ndarray]


class Blend:
    """Graph and fusion, trained side by side; the weight between them is chosen on the holdout."""

    name: ClassVar[str] = "blend"
    config_type: ClassVar[type[ModelConfig]] = BlendConfig
    has_user_tower: ClassVar[bool] = True
    has_weights: ClassVar[bool] = True
    is_deep: ClassVar[bool] = True

    def searches(self, config: BlendConfig) -> bool:  # noqa: ARG002
        """Tell that there is a weight to choose, and epochs."""
        return True

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: BlendConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],
    ) -> SearchResult:
        """Search for the options of both, then for the weight with the best NDCG@10."""
        if not len(holdout.users):
            return SearchResult(config)
        return self.members(dataset, content, config, holdout, log).found[self.name]

    def members(
        self,
        dataset: Dataset,
        content: Content,
        config: BlendConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],
    ) -> Members:
        """Search, and return the members with the blend; parameters as of :meth:`search`."""
        graph = GRAPH.search(dataset, content, config.graph, holdout, no_log)
        fusion = FUSION.search(dataset, content, config.fusion, holdout, log)
        assert isinstance(graph.config, GraphConfig)
        assert isinstance(fusion.config, FusionConfig)
        assert fusion.fitted is not None
        counted = GRAPH.fit(dataset, content, graph.config, no_log)
        weights = WEIGHTS if "fusion_weight" not in config.fixed else (config.fusion_weight,)
        tried = {}
        for weight in weights:
            model = summed(counted, fusion.fitted, weight)
            tried[weight] = ndcg_gains(holdout_ranks(dataset, model, holdout))
        best = max(tried, key=lambda weight: float(tried[weight].mean()))
        chosen = dataclasses.replace(config, fusion_weight=best, graph=graph.config, fusion=fusion.config)
        return Members(
            found={
                "graph": SearchResult(graph.config, counted),
                "fusion": fusion,
                "blend": SearchResult(chosen, summed(counted, fusion.fitted, best)),
            },
            gains={
                "graph": ndcg_gains(holdout_ranks(dataset, counted, holdout)),
                "fusion": ndcg_gains(holdout_ranks(dataset, fusion.fitted, holdout)),
                "blend": tried[best],
            },
        )

    def fit(
        self, dataset: Dataset, content: Content, config: BlendConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Train both and add them up."""
        graph = GRAPH.fit(dataset, content, config.graph, no_log)
        return summed(graph, FUSION.fit(dataset, content, config.fusion, log), config.fusion_weight)

    def update(
        self,
        dataset: Dataset,
        content: Content,
        config: BlendConfig,
        weights: dict[str, np.ndarray],
        known: np.ndarray,
    ) -> FittedModel:
        """Count the graph again, and embed items and users with the weights there are."""
        graph = GRAPH.update(dataset, content, config.graph, {}, known)
        return summed(graph, FUSION.update(dataset, content, config.fusion, weights, known), config.fusion_weight)

    def user_tower(self, inputs: TowerInputs) -> UserTower:
        """Load the user tower of the fusion model in it, whose weights are the blend's."""
        return FUSION.user_tower(inputs)


def summed(graph: FittedModel, fusion: FittedModel, weight: float) -> FittedModel:
    """Add up two models: the edges of one, for all events, and the vectors of the other."""
    return FittedModel(
        serving=dataclasses.replace(graph.serving, vector_weight=weight * fusion.serving.vector_weight),
        bias=graph.bias,
        edges=graph.edges,
        item_vectors=fusion.item_vectors,
        user_vectors=fusion.user_vectors,
        weights=fusion.weights,
        event_weights=graph.event_weights,
    )
