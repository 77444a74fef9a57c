"""Edges between items that are alike in content."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.config import GraphConfig
from mmsql.data.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import mean_strongest
from mmsql.models.graph.relations import relation_edges
from mmsql.models.neighbors import Neighbors, nearest, nearest_sparse


def content_edges(content: Content, config: GraphConfig) -> list[pa.Table]:
    """Join items that are alike, by the cosine of each modality, and those that are related.

    An item has edges to its own nearest and from all items that it is nearest to: a new item, which many others
    are nearer to than to it, is reached through what it is like.

    Returns
    -------
    list of pyarrow.Table
        One of :data:`~mmsql.models.base.EDGE_SCHEMA` for each modality that exists and has a weight.
    """
    weights = {
        columns.COMMENT: config.comment_weight,
        columns.TEXT: config.text_weight,
        columns.IMAGE: config.image_weight,
        columns.ATTRIBUTE: config.attribute_weight,
        columns.RELATION: config.relation_weight,
    }
    return [
        as_edges(near.item_index, near.neighbor_index, np.float32(weights[modality]) * near.similarity, modality)
        for modality, near in similar_items(content, config.content_neighbors, weights).items()
    ]


def similar_items(content: Content, neighbors: int, weights: dict[str, float]) -> dict[str, Neighbors]:
    """Find what is alike in each modality that exists and has a weight.

    Parameters
    ----------
    content : Content
        Of the catalog.
    neighbors : int
        How many nearest an item has of its own; relations have as many as :mod:`~mmsql.models.graph.relations` says.
    weights : dict of str to float
        By modality; those with 0 are not looked for.

    Returns
    -------
    dict of str to Neighbors
        Both ways; similarities are scaled so that an item's strongest is 1 on average, as behaviour edges are.
    """
    found = {}
    for modality, vectors in (
        (columns.COMMENT, content.comment),
        (columns.TEXT, content.text),
        (columns.IMAGE, content.image),
        (columns.ATTRIBUTE, content.attribute),
    ):
        if vectors is not None and weights.get(modality, 0) > 0:
            find = nearest if isinstance(vectors, np.ndarray) else nearest_sparse
            found[modality] = _scaled(_both_ways(find(vectors, neighbors), vectors.shape[0]))
    if content.relation is not None and weights.get(columns.RELATION, 0) > 0:
        related = relation_edges(content.relation)
        found[columns.RELATION] = Neighbors(related.item_index, related.neighbor_index, related.weight)
    return found


def _both_ways(near: Neighbors, items: int) -> Neighbors:
    given = sp.csr_matrix((near.similarity, (near.item_index, near.neighbor_index)), shape=(items, items))
    both = given.maximum(given.T.tocsr())
    item = np.repeat(np.arange(items, dtype=np.int32), np.diff(both.indptr))
    return Neighbors(item, both.indices, both.data)


def _scaled(near: Neighbors) -> Neighbors:
    if not len(near.item_index):
        return near
    return near._replace(similarity=near.similarity / mean_strongest(near.item_index, near.similarity))
