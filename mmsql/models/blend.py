"""The sum of the item graph and the deep model: one score, of edges and of vectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmsql.config import BlendConfig, FusionConfig, GraphConfig, ModelConfig
from mmsql.content import Content
from mmsql.dataset import Dataset, Held
from mmsql.models.base import EpochLog, Fitted, Found, no_log
from mmsql.models.fusion import Fusion
from mmsql.models.graph import Graph
from mmsql.models.scoring import gains, held_ranks

GRAPH, FUSION = Graph(), Fusion()
WEIGHTS = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8, 4.5)


@dataclass(frozen=True)
class Members:
    """What the search of a blend found on the way: each model with the NDCG@10 of every user held back.

    Attributes
    ----------
    found : dict of str to Found
        ``graph``, ``fusion`` and ``blend``, each with its model.
    gains : dict of str to ndarray, float64, (held,)
        By the same names.
    """

    found: dict[str, Found]
    gains: dict[str, np.ndarray]


class Blend:
    """Graph and fusion, trained side by side; the weight between them is learned on what was kept back."""

    name: ClassVar[str] = "blend"
    config_type: ClassVar[type[ModelConfig]] = BlendConfig

    def searches(self, config: BlendConfig) -> bool:  # noqa: ARG002
        """Tell that there is a weight to choose, and epochs."""
        return True

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: BlendConfig,
        held: Held,
        log: Callable[[EpochLog], None],
    ) -> Found:
        """Search for the options of both, then for the weight with the best NDCG@10."""
        if not len(held.users):
            return Found(config)
        return self.members(dataset, content, config, held, log).found[self.name]

    def members(
        self,
        dataset: Dataset,
        content: Content,
        config: BlendConfig,
        held: Held,
        log: Callable[[EpochLog], None],
    ) -> Members:
        """Search, and return the members with the blend; parameters as of :meth:`search`."""
        graph = GRAPH.search(dataset, content, config.graph, held, no_log)
        fusion = FUSION.search(dataset, content, config.fusion, held, log)
        assert isinstance(graph.config, GraphConfig)
        assert isinstance(fusion.config, FusionConfig)
        assert fusion.fitted is not None
        counted = GRAPH.fit(dataset, content, graph.config, no_log)
        weights = WEIGHTS if "fusion_weight" not in config.fixed else (config.fusion_weight,)
        tried = {}
        for weight in weights:
            model = summed(counted, fusion.fitted, weight)
            tried[weight] = gains(held_ranks(dataset, model, held))
        best = max(tried, key=lambda weight: float(tried[weight].mean()))
        chosen = dataclasses.replace(config, fusion_weight=best, graph=graph.config, fusion=fusion.config)
        return Members(
            found={
                "graph": Found(graph.config, counted),
                "fusion": fusion,
                "blend": Found(chosen, summed(counted, fusion.fitted, best)),
            },
            gains={
                "graph": gains(held_ranks(dataset, counted, held)),
                "fusion": gains(held_ranks(dataset, fusion.fitted, held)),
                "blend": tried[best],
            },
        )

    def fit(self, dataset: Dataset, content: Content, config: BlendConfig, log: Callable[[EpochLog], None]) -> Fitted:
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
    ) -> Fitted:
        """Count the graph again, and embed items and users with the weights there are."""
        graph = GRAPH.update(dataset, content, config.graph, {}, known)
        return summed(graph, FUSION.update(dataset, content, config.fusion, weights, known), config.fusion_weight)


def summed(graph: Fitted, fusion: Fitted, weight: float) -> Fitted:
    """Add up two models: the edges of one, for all events, and the vectors of the other."""
    return Fitted(
        serving=dataclasses.replace(graph.serving, vector_weight=weight * fusion.serving.vector_weight),
        bias=graph.bias,
        edges=graph.edges,
        item_vectors=fusion.item_vectors,
        user_vectors=fusion.user_vectors,
        weights=fusion.weights,
        event_weights=graph.event_weights,
    )
