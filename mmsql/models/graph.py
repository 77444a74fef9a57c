"""The item graph: directed co-occurrence of behaviour, and content edges for each modality.

Edges are stored in the file, so that recommending is a join, and a user never seen in training is served.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import ClassVar

import numpy as np
import pyarrow as pa

from mmsql import columns, sqlfiles
from mmsql.config import GraphConfig, ModelConfig
from mmsql.content import Content
from mmsql.dataset import Dataset
from mmsql.models.base import EDGE_SCHEMA, Counted, EpochLog, Fitted, Serving, popularity_bias
from mmsql.store import to_arrow


class Graph(Counted):
    """Directed, recency-weighted item graph with comment, text and attribute edges."""

    name: ClassVar[str] = "graph"
    config_type: ClassVar[type[ModelConfig]] = GraphConfig

    def fit(self, dataset: Dataset, content: Content, config: GraphConfig, log: Callable[[EpochLog], None]) -> Fitted:
        """Build the edges of every modality there is."""
        started = perf_counter()
        edges = pa.concat_tables([behavior_edges(dataset, config), *content_edges(content, config)])
        log(EpochLog(epoch=1, loss=0.0, seconds=perf_counter() - started))
        return Fitted(
            serving=Serving(decay=config.decay, history_length=config.history_length),
            bias=popularity_bias(dataset.item_counts(), config.popularity_weight),
            edges=edges,
        )


def behavior_edges(dataset: Dataset, config: GraphConfig) -> pa.Table:
    """Count directed co-occurrence in DuckDB; formula in ``sql/training/behavior_edges.sql``.

    Returns
    -------
    pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`, sorted by item and neighbour.
    """
    found = to_arrow(
        dataset.con,
        sqlfiles.query("training", "behavior_edges"),
        {
            "window": config.window_size,
            "distance_decay": config.distance_decay,
            "reverse_share": config.reverse_share,
            "source_exponent": config.source_exponent,
            "target_exponent": config.target_exponent,
            "neighbors": config.neighbors,
        },
    )
    return _edges(found["item_index"], found["neighbor_index"], found["weight"], columns.BEHAVIOR)


def content_edges(content: Content, config: GraphConfig) -> list[pa.Table]:
    """Join each item to those most like it, by the cosine of each modality.

    Returns
    -------
    list of pyarrow.Table
        One of :data:`~mmsql.models.base.EDGE_SCHEMA` for each modality that exists and has a weight.
    """
    from mmsql.models.neighbors import nearest, nearest_sparse

    dense = (
        (columns.COMMENT, content.comment, config.comment_weight),
        (columns.TEXT, content.text, config.text_weight),
    )
    tables = []
    for modality, vectors, weight in dense:
        if vectors is not None and weight > 0:
            item, neighbor, similarity = nearest(vectors, config.content_neighbors)
            tables.append(_edges(item, neighbor, weight * _scaled(item, similarity), modality))
    if content.attribute is not None and config.attribute_weight > 0:
        item, neighbor, similarity = nearest_sparse(content.attribute, config.content_neighbors)
        tables.append(_edges(item, neighbor, config.attribute_weight * _scaled(item, similarity), columns.ATTRIBUTE))
    return tables


def _scaled(item: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    """Scale similarities so that an item's strongest edge is 1 on average, as behaviour edges are."""
    if not len(item):
        return similarity
    strongest = np.zeros(int(item.max()) + 1, dtype=np.float32)
    np.maximum.at(strongest, item, similarity)
    return similarity / strongest[strongest > 0].mean()


def _edges(item: object, neighbor: object, weight: object, modality: str) -> pa.Table:
    count = len(item)  # type: ignore[arg-type]
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int8)), pa.array([modality]))
    return pa.Table.from_arrays([item, neighbor, names.cast(pa.string()), weight], names=EDGE_SCHEMA.names).cast(
        EDGE_SCHEMA
    )
