"""Edges between related items."""

from __future__ import annotations

import scipy.sparse as sp

from mmsql.models.edges import Edges, scaled, top_neighbors

REVERSE_SHARE = 0.5  # weight of a relation in its opposite direction, unless that direction is given too
MAX_EDGES = 200  # maximum number of edges that leave an item


def relation_edges(relations: sp.csr_matrix) -> Edges:
    """Convert relations to edges: full weight in the given direction, half the weight in the other.

    If a relation is given in both directions, the larger weight counts. The opposite direction makes an accessory
    lead to its camera too, and gives items without events incoming edges.

    Parameters
    ----------
    relations : scipy.sparse.csr_matrix, float64, (items, items)
        Weights above 0, from item to related item, none on the diagonal.

    Returns
    -------
    Edges
        The top :data:`MAX_EDGES` of each item, scaled so that the mean over items of the largest weight is 1.
    """
    both = relations.maximum(REVERSE_SHARE * relations.T)
    return scaled(top_neighbors(sp.csr_matrix(both), MAX_EDGES))
