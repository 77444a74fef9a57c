"""The item graph: directed co-occurrence of behaviour, a linear model, and content edges for each modality.

Edges are stored in the file, so that recommending is a join, and a user never seen in training is served.
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
    """Directed, recency-weighted item graph with edges of comments, texts, images, attributes and relations."""

    name: ClassVar[str] = "graph"
    config_type: ClassVar[type[ModelConfig]] = GraphConfig

    def searches(self, config: GraphConfig) -> bool:
        """Tell whether settings are to be tried."""
        return config.search_steps > 0

    def search(
        self,
        dataset: Dataset,
        content: Content,
        config: GraphConfig,
        holdout: Holdout,
        log: Callable[[EpochLog], None],  # noqa: ARG002
    ) -> SearchResult:
        """Climb from the options given to better ones, one option at a time."""
        from mmsql.models.graph.search import search_options

        if not config.search_steps or not len(holdout.users):
            return SearchResult(config)
        with few_threads(dataset.items):
            return SearchResult(search_options(dataset, content, config, holdout))

    def fit(
        self, dataset: Dataset, content: Content, config: GraphConfig, log: Callable[[EpochLog], None]
    ) -> FittedModel:
        """Build the edges of every modality there is."""
        started = perf_counter()
        events = dataset.item_counts()
        with few_threads(dataset.items), ThreadPoolExecutor(1) as beside:
            alike = beside.submit(content_edges, content, config)  # while pairs are counted
            learned = [behavior_edges(count_pairs(dataset, config), config)]
            if config.ease_weight > 0:
                learned.append(ease_edges(dataset, content, config))
            joined = alike.result()
            if config.fresh_weight > 0 and not events.all():
                joined = self._leading_to_new(dataset, content, config, pa.concat_tables(learned), joined)
        log(EpochLog(epoch=1, loss=0.0, seconds=perf_counter() - started))
        return FittedModel(
            serving=ScoreParameters(decay=config.decay, history_length=config.history_length),
            bias=popularity_bias(events, config.popularity_weight),
            edges=pa.concat_tables([*learned, *joined]),
            event_weights=named_weights(config.event_weights),
        )

    def _leading_to_new(
        self, dataset: Dataset, content: Content, config: GraphConfig, learned: pa.Table, joined: list[pa.Table]
    ) -> list[pa.Table]:
        """Add edges to items without events to those of content: see :func:`cold_start_edges`."""
        if not learned.num_rows:
            return joined
        content = dataclasses.replace(content, words=word_vectors(dataset))
        if not has_features(content):
            return joined
        company = cooccurrence_edges(dataset, config, learned)
        return cold_start_edges(company, joined, content, dataset.item_counts(), config.fresh_weight)
