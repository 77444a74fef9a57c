"""Scale of the vector term, and edges between item vectors: for all models with user and item vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa

from mmsql import columns
from mmsql.data.dataset import Dataset
from mmsql.models.base import FittedModel, ScoreParameters, as_edges, popularity_bias
from mmsql.models.neighbors import nearest

NEIGHBORS = 20
SCALED_USERS = 1000  # looked at to choose the scale of the score


class VectorConfig(Protocol):
    """Options that every such model has."""

    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def decay(self) -> float: ...  # noqa: D102
    @property
    def history_length(self) -> int: ...  # noqa: D102
    @property
    def popularity_weight(self) -> float: ...  # noqa: D102


def fitted_vectors(
    dataset: Dataset,
    config: VectorConfig,
    item_vectors: np.ndarray,
    user_vectors: np.ndarray,
    weights: dict[str, np.ndarray],
) -> FittedModel:
    """Make a model of vectors that include the whole histories: edges count for newer events and unknown users.

    Parameters
    ----------
    dataset : Dataset
        The training data.
    config : VectorConfig
        The model's options.
    item_vectors : ndarray, float32, (items, size)
    user_vectors : ndarray, float32, (users, size)
    weights : dict of str to ndarray
        Weights that the user tower and updates need.
    """
    return FittedModel(
        serving=ScoreParameters(
            decay=config.decay,
            history_length=config.history_length,
            edge_weight=0.0,
            vector_weight=vector_weight(user_vectors, item_vectors, config.seed),
        ),
        bias=popularity_bias(dataset.item_counts(), config.popularity_weight),
        edges=fused_edges(item_vectors),
        item_vectors=item_vectors,
        user_vectors=user_vectors,
        weights=weights,
    )


def vector_weight(user_vectors: np.ndarray, item_vectors: np.ndarray, seed: int) -> float:
    """Choose the factor of ⟨user_vector, item_vector⟩ in the score.

    With it, a user's best item is 1 above the mean item on average. The strongest edge of a newer event adds as much,
    so a newer event changes the list.
    """
    chosen = np.random.default_rng(seed).permutation(len(user_vectors))[:SCALED_USERS]
    mean = item_vectors.mean(axis=0)
    spread = [float((item_vectors @ user).max() - mean @ user) for user in user_vectors[chosen]]
    typical = float(np.mean(spread))
    return 1 / typical if typical > 1e-6 else 1.0


def fused_edges(item_vectors: np.ndarray) -> pa.Table:
    """Join each item to its nearest by fused vector, for users and events that user vectors do not know."""
    return as_edges(*nearest(item_vectors, NEIGHBORS), columns.FUSED)
