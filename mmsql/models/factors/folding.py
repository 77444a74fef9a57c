"""Fold-in: the factors of a user who was not in training, from a history of items with known factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch

from mmsql.config.factors import FactorConfig
from mmsql.models.base import TowerInputs
from mmsql.models.factors.joint import EntityFactors, TermWeights

# Key of the stored tensors: the mean weight of a user's terms, which scales the regularisation.
USER_MEAN_WEIGHT = "user_mean_weight"


class FoldIn:
    """Solves for the factors of histories as training does for its users, with fixed factors of the items.

    An item of a history weighs decay^age, as in the user vectors of training. Attributes of users are not used.

    Parameters
    ----------
    inputs : TowerInputs
        Of a factor model. Files of earlier versions have no :data:`USER_MEAN_WEIGHT`: it is then estimated from the
        mean number of events per user.
    """

    def __init__(self, inputs: TowerInputs) -> None:
        assert isinstance(inputs.config, FactorConfig)
        self.config = inputs.config
        self.weights = TermWeights(
            regularization=self.config.regularization, unobserved=self.config.unobserved_weight, attribute=0.0
        )
        known = inputs.item_events > 0
        factors = torch.from_numpy(np.require(inputs.item_vectors, np.float32, ["C", "W"]))
        self.items = EntityFactors(sp.csr_matrix(known[:, None].astype(np.float32)), None, self.weights, factors)
        self.other_rows = int(known.sum())
        stored = inputs.weights.get(USER_MEAN_WEIGHT)
        mean_events = min(int(inputs.item_events.sum()) / max(inputs.users, 1), self.config.history_length)
        self.mean_weight = (
            mean_events + self.weights.unobserved * self.other_rows if stored is None else float(stored[0])
        )

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
        users = FoldedUsers(events, None, self.weights, zeros)
        users.other_rows, users.trained_weight = self.other_rows, self.mean_weight
        return users.solve(self.items).numpy()


class FoldedUsers(EntityFactors):
    """Users whose ridge is scaled by the mean weight of the training users, not by their own."""

    trained_weight: float

    def mean_weight(self) -> float:
        """Return the mean weight of the terms of a training user."""
        return self.trained_weight
