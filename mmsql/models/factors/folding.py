"""Fold-in: the factors of a user who was not in training, from a history of items with known factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch

from mmsql.config.classic import FactorConfig
from mmsql.models.base import TowerInputs
from mmsql.models.factors.joint import Side, Weights

USER_LEVEL = "user_level"  # the entry of the weights with the mean weight of a user's terms, which scales the ridge


class FoldIn:
    """Solves for the factors of histories as training does for its users, the factors of items being fixed.

    A history weighs its items by decay^age, as the user vectors of training do. Attributes of users take no part.

    Parameters
    ----------
    inputs : TowerInputs
        Of a model of factors. Where its weights have no :data:`USER_LEVEL`, since an earlier version stored them,
        the level is estimated from the mean number of events a user.
    """

    def __init__(self, inputs: TowerInputs) -> None:
        assert isinstance(inputs.config, FactorConfig)
        self.config = inputs.config
        self.weights = Weights(
            regularization=self.config.regularization, unobserved=self.config.unobserved_weight, attribute=0.0
        )
        known = inputs.item_events > 0
        factors = torch.from_numpy(np.require(inputs.item_vectors, np.float32, ["C", "W"]))
        self.items = Side(sp.csr_matrix(known[:, None].astype(np.float32)), None, self.weights, factors)
        self.others = int(known.sum())
        stored = inputs.weights.get(USER_LEVEL)
        mean_events = min(int(inputs.item_events.sum()) / max(inputs.users, 1), self.config.history_length)
        self.level = mean_events + self.weights.unobserved * self.others if stored is None else float(stored[0])

    def __call__(self, histories: Sequence[Sequence[int]]) -> np.ndarray:
        """Embed lists of item indices, oldest first: float32, (histories, size). Of equal items the latest counts."""
        row, column, weight = [], [], []
        for number, history in enumerate(histories):
            latest = list(dict.fromkeys(reversed(history)))[: self.config.history_length]
            row += [number] * len(latest)
            column += latest
            weight += [self.config.decay**age for age in range(len(latest))]
        events = sp.csr_matrix(
            (np.array(weight, np.float32), (row, column)), shape=(len(histories), len(self.items.factors))
        )
        events.eliminate_zeros()
        zeros = torch.zeros((len(histories), self.items.factors.shape[1]))
        users = _FoldedSide(events, None, self.weights, zeros)
        users.others, users.trained_level = self.others, self.level
        return users.solve(self.items).numpy()


class _FoldedSide(Side):
    """Users whose ridge is scaled by the level of the training users, not by their own."""

    trained_level: float

    def level(self) -> float:
        return self.trained_level
