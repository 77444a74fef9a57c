"""Edges between items with similar content."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.config import GraphConfig
from mmsql.data.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import mean_top_weight
from mmsql.models.graph.relations import relation_edges
from mmsql.models.neighbors import Neighbors, nearest, nearest_sparse


def content_edges(content: Content, config: GraphConfig) -> list[pa.Table]:
    """Return edges between similar items, by the cosine of each modality, and between related items.

    An item has edges to its nearest neighbours and from all items whose nearest neighbour it is. So new items also
    get incoming edges, although few items have them among their nearest neighbours.

    Returns
    -------
    list of pyarrow.Table
        One table in :data:`~mmsql.models.base.EDGE_SCHEMA` for each modality that exists and has a weight.
    """
    weights = {
        columns.COMMENT: config.comment_weight,
        columns.TEXT: config.text_weight,
        columns.IMAGE: config.image_weight,
        columns.ATTRIBUTE: config.attribute_weight,
        columns.RELATION: config.relation_weight,
    }
    return [
        as_edges(pairs.item_index, pairs.neighbor_index, np.float32(weights[modality]) * pairs.similarity, modality)
        for modality, pairs in similar_items(content, config.content_neighbors, weights).items()
    ]


def similar_items(content: Content, neighbors: int, weights: dict[str, float]) -> dict[str, Neighbors]:
    """Find similar items by each modality that exists and has a weight.

    Parameters
    ----------
    content : Content
        Content of the catalog.
    neighbors : int
        Number of nearest neighbours per item. For relations, see :mod:`~mmsql.models.graph.relations`.
    weights : dict of str to float
        Weights by modality. Modalities with weight 0 are skipped.

    Returns
    -------
    dict of str to Neighbors
        Pairs in both directions. Similarities are scaled so that the mean over items of the largest one is 1, as for
        edges from events.
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


def _both_ways(pairs: Neighbors, items: int) -> Neighbors:
    given = sp.csr_matrix((pairs.similarity, (pairs.item_index, pairs.neighbor_index)), shape=(items, items))
    both = given.maximum(given.T.tocsr())
    item = np.repeat(np.arange(items, dtype=np.int32), np.diff(both.indptr))
    return Neighbors(item, both.indices, both.data)


def _scaled(pairs: Neighbors) -> Neighbors:
    if not len(pairs.item_index):
        return pairs
    return pairs._replace(similarity=pairs.similarity / mean_top_weight(pairs.item_index, pairs.similarity))
