"""Edges between items that are known to belong together."""

from __future__ import annotations

import scipy.sparse as sp

from mmsql.models.edges import Edges, scaled, strongest

BACKWARD = 0.5  # what a relation is worth against its direction, where it is not given that way too
KEPT = 200  # edges that leave an item: of more, the strongest


def relation_edges(relations: sp.csr_matrix) -> Edges:
    """Turn relations into edges: as given in full, the other way with half the weight.

    A relation given both ways counts as given. Both ways are heard, so that an accessory speaks for its camera, too,
    and what leads into an item without events is reached.

    Parameters
    ----------
    relations : scipy.sparse.csr_matrix, float64, (items, items)
        Weights above 0, from item to related item, none on the diagonal.

    Returns
    -------
    Edges
        The strongest :data:`KEPT` of each item; weights are scaled so that an item's strongest is 1 on average.
    """
    both = relations.maximum(BACKWARD * relations.T)
    return scaled(strongest(sp.csr_matrix(both), KEPT))
