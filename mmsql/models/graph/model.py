"""The item graph: directed co-occurrence, a linear model, and content edges for each modality.

Edges are stored in the file, so recommending is a join, and users who were not in training are served too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import ClassVar

import pyarrow as pa

from mmsql.config import GraphConfig, ModelConfig
from mmsql.config.named_weights import named_weights
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import ClosedForm, EpochLog, FittedModel, ScoreParameters, SearchResult, popularity_bias
from mmsql.models.graph.behavior import behavior_edges, cooccurrence_edges, count_pairs, ease_edges
from mmsql.models.graph.cold_start import cold_start_edges, has_features
from mmsql.models.graph.content import content_edges
from mmsql.models.graph.words import word_vectors
from mmsql.models.threads import few_threads


class Graph(ClosedForm):
    """Directed, recency-weighted item graph with edges from events, content and relations."""

    name: ClassVar[str] = "graph"
    config_type: ClassVar[type[ModelConfig]] = GraphConfig

    def searches(self, config: GraphConfig) -> bool:
        """Return whether the search may try any setting."""
        return config.search_steps > 0

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: GraphConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],  # noqa: ARG002
    ) -> SearchResult:
        """Improve the given options one at a time."""
        from mmsql.models.graph.search import search_options

        if not config.search_steps or not len(holdout.users):
            return SearchResult(config)
        with few_threads(dataset.items):
            return SearchResult(search_options(dataset, content, config, holdout))

    def fit(
        self, dataset: Dataset, content: Content, config: GraphConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Build the edges of every modality that exists."""
        started = perf_counter()
        events = dataset.item_counts()
        with few_threads(dataset.items), ThreadPoolExecutor(1) as executor:
            pending = executor.submit(content_edges, content, config)  # runs while pairs are counted
            served = [behavior_edges(count_pairs(dataset, config), config)]
            if config.ease_weight > 0:
                served.append(ease_edges(dataset, content, config))
            content_tables = pending.result()
            if config.fresh_weight > 0 and not events.all():
                content_tables = self._with_cold_start_edges(
                    dataset, content, config, pa.concat_tables(served), content_tables
                )
        log(EpochLog(epoch=1, loss=0.0, seconds=perf_counter() - started))
        return FittedModel(
            serving=ScoreParameters(decay=config.decay, history_length=config.history_length),
            bias=popularity_bias(events, config.popularity_weight),
            edges=pa.concat_tables([*served, *content_tables]),
            event_weights=named_weights(config.event_weights),
        )

    def _with_cold_start_edges(
        self,
        dataset: Dataset,
        content: Content,
        config: GraphConfig,
        served: pa.Table,
        content_tables: list[pa.Table],
    ) -> list[pa.Table]:
        """Add predicted edges to items without events: see :func:`cold_start_edges`."""
        if not served.num_rows:
            return content_tables
        content = dataclasses.replace(content, words=word_vectors(dataset))
        if not has_features(content):
            return content_tables
        cooccurrence = cooccurrence_edges(dataset, config, served)
        return cold_start_edges(cooccurrence, content_tables, content, dataset.item_counts(), config.fresh_weight)
