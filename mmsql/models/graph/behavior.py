"""Edges of behaviour: counted in DuckDB, and those of the linear model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mmsql import columns, sqlfiles
from mmsql.config import GraphConfig
from mmsql.config.weights import named_weights
from mmsql.content import Content
from mmsql.dataset import Dataset
from mmsql.models.base import as_edges
from mmsql.models.linear import content_features, linear_edges
from mmsql.store import to_arrow

WHOLE = 1 << 20  # the share of users that pairs are counted of, in this many parts


def count_pairs(dataset: Dataset, config: GraphConfig, share: float = 1.0) -> None:
    """Count what follows what, as the temp table ``cooccurrence``; formula in ``sql/training/cooccurrence.sql``.

    Parameters
    ----------
    dataset : Dataset
        Whose events count, each type of them as ``config.event_weights`` says.
    config : GraphConfig
        Options.
    share : float
        Of the users, drawn by hash.
    """
    dataset.weigh_kinds(named_weights(config.event_weights))
    dataset.con.execute(
        sqlfiles.query("training", "cooccurrence"),
        {"window": config.window_size, "distance_decay": config.distance_decay, "parts": int(share * WHOLE)},
    )


def behavior_edges(dataset: Dataset, config: GraphConfig) -> pa.Table:
    """Turn the counts into edges, in DuckDB; formula in ``sql/training/behavior_edges.sql``.

    Returns
    -------
    pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`.
    """
    found = to_arrow(
        dataset.con,
        sqlfiles.query("training", "behavior_edges"),
        {
            "reverse_share": config.reverse_share,
            "source_exponent": config.source_exponent,
            "target_exponent": config.target_exponent,
            "neighbors": config.neighbors,
        },
    )
    return as_edges(found["item_index"], found["neighbor_index"], found["weight"], columns.BEHAVIOR)


def ease_edges(dataset: Dataset, content: Content, config: GraphConfig) -> pa.Table:
    """Solve the linear model of the items with events and take its strongest weights, times ``config.ease_weight``.

    Returns
    -------
    pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`.
    """
    interactions = dataset.interactions()
    known = np.flatnonzero(interactions.getnnz(axis=0)).astype(np.int32)
    features = content_features(content) if config.ease_content > 0 else None
    found = linear_edges(
        interactions[:, known],
        None if features is None else features[known],
        regularization=config.ease_regularization,
        content_weight=config.ease_content,
        neighbors=config.neighbors,
    )
    weight = (config.ease_weight * found.weight).astype(np.float32)
    return as_edges(known[found.item_index], known[found.neighbor_index], weight, columns.EASE)
