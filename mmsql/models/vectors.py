"""What models with user and item vectors share: the scale of their score, and edges for whom no vector knows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mmsql import columns
from mmsql.models.base import as_edges
from mmsql.models.neighbors import nearest

NEIGHBORS = 20
SCALED_USERS = 1000  # looked at to choose the scale of the score


def vector_weight(user_vectors: np.ndarray, item_vectors: np.ndarray, seed: int) -> float:
    """Choose the factor of ⟨user_vector, item_vector⟩ in the score.

    With it, a user's best item is 1 above the mean item on average: as much as the strongest edge of a newer
    event can add, so that such an event is heard.
    """
    chosen = np.random.default_rng(seed).permutation(len(user_vectors))[:SCALED_USERS]
    mean = item_vectors.mean(axis=0)
    spread = [float((item_vectors @ user).max() - mean @ user) for user in user_vectors[chosen]]
    typical = float(np.mean(spread))
    return 1 / typical if typical > 1e-6 else 1.0


def fused_edges(item_vectors: np.ndarray) -> pa.Table:
    """Join each item to its nearest by fused vector, for users and events that user vectors do not know."""
    return as_edges(*nearest(item_vectors, NEIGHBORS), columns.FUSED)
