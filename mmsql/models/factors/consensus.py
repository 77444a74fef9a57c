"""Factorisation of several views of the items with a consensus, by alternating least squares.

Each view v of the items has its own factors V_v, which are regularised towards a consensus V*. R (users × items) are
the events. X_v (items × columns) are the content views: attributes, comments, texts and images. The objective is

    Σ_R (1 − u·v_b)² + α·Σ (u·v_b)² + γ·Σ_v ‖X_v − V_v W_vᵀ‖² + μ·Σ_v ‖V_v − V*‖² + λ·Σ (n_x / n)^ν·‖x‖²

v_b is an item's factor vector in the view of the events. n_x, n and the attributes of users are as in
:mod:`mmsql.models.factors.joint`. An item is in the views that have data on it, and V* is the mean over these views.
Users are scored against V*. This is the consensus form of Liu, Wang, Gao & Han, "Multi-view clustering via joint
nonnegative matrix factorization" (SDM 2013), with least squares instead of non-negative factors and with implicit
feedback as one of the views.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.models.factors.joint import FREQUENCY_EXPONENT, EntityFactors, TermWeights
from mmsql.models.factors.least_squares import LeastSquaresTerm, half_step, shared_step, squared_error


class View:
    """One content view of the items.

    Parameters
    ----------
    matrix : ndarray or scipy.sparse.csr_matrix, float32, (items, columns)
        Features of the items; zero rows for items that are not in the view.
    weights : TermWeights
        Weights of the terms of the objective.
    items : EntityFactors
        Gives the initial factors and n.
    """

    def __init__(self, matrix: np.ndarray | sp.csr_matrix, weights: TermWeights, items: EntityFactors) -> None:
        self.matrix, self.weights, self.mean_weight, factors = matrix, weights, items.mean_weight(), items.factors
        known = np.asarray(abs(matrix).sum(axis=1)).ravel() > 0
        self.known = torch.from_numpy(known.astype(np.float32)).to(factors.device)
        self.factors = factors * self.known[:, None]
        self.values = torch.zeros((matrix.shape[1], factors.shape[1]), device=factors.device)

    def solve_values(self) -> None:
        """Solve for the factors of the columns, with everything else fixed."""
        weight = self.weights.attribute
        rhs = weight * self._times(self.matrix.T, self.factors)
        self.values = shared_step(weight * self.factors.T @ self.factors, self._values_ridge(), rhs)

    def solve(self, consensus_weight: float, mean: Tensor, is_shared: Tensor) -> Tensor:
        """Solve for the item factors, with everything else fixed: float32, (items, size).

        Parameters
        ----------
        consensus_weight : float
            μ.
        mean : Tensor, float32, (items, size)
            The consensus V*.
        is_shared : Tensor, bool, (items,)
            True for items that other views have too. Only these are regularised towards the consensus.
        """
        weight = self.weights.attribute
        matrix, rhs = weight * self.values.T @ self.values, weight * self._times(self.matrix, self.values)
        with_consensus = shared_step(matrix, self._ridge() + consensus_weight, rhs + consensus_weight * mean)
        solution = torch.where(is_shared[:, None], with_consensus, shared_step(matrix, self._ridge(), rhs))
        return solution * self.known[:, None]

    def penalty(self) -> float:
        """Return the view's part of the objective, without the consensus term."""
        cross = float((self._times(self.matrix, self.values) * self.factors).sum())
        square = float(((self.factors.T @ self.factors) * (self.values.T @ self.values)).sum())
        data = self.matrix.data if sp.issparse(self.matrix) else self.matrix
        error = float(np.square(data).sum()) - 2 * cross + square
        ridge = self._ridge() * float(self.factors.square().sum())
        return self.weights.attribute * error + ridge + self._values_ridge() * float(self.values.square().sum())

    def _ridge(self) -> float:
        return self.weights.regularization * (self.weights.attribute / self.mean_weight) ** FREQUENCY_EXPONENT

    def _values_ridge(self) -> float:
        return self._ridge() * max(float(self.known.sum()), 1.0) ** FREQUENCY_EXPONENT

    def _times(self, matrix: np.ndarray | sp.csr_matrix, factors: Tensor) -> Tensor:
        return torch.from_numpy(np.asarray(matrix @ factors.cpu().numpy())).to(factors.device)


class ConsensusFactorization:
    """Users, items, content views of the items, and their consensus.

    Parameters
    ----------
    users, items : EntityFactors
        The items have no attributes here, because attributes are one of the views.
    views : list of View
        Content views.
    consensus_weight : float
        μ.
    """

    def __init__(
        self, users: EntityFactors, items: EntityFactors, views: list[View], consensus_weight: float
    ) -> None:
        self.users, self.items, self.views, self.consensus_weight = users, items, views, consensus_weight
        self.count = torch.stack([items.known, *(view.known for view in views)]).sum(dim=0)
        self.is_shared = self.count > 1
        self.mean = self.mean_factors()

    def mean_factors(self) -> Tensor:
        """Return each item's mean factors over the views that it is in: float32, (items, size)."""
        total = self.items.factors * self.items.known[:, None]
        for view in self.views:
            total = total + view.factors
        return total / self.count.clamp(min=1)[:, None]

    def epoch(self) -> None:
        """Solve for the users, the items in each view, and the consensus."""
        users, items = self.users, self.items
        users.factors = users.solve(items)
        users.solve_values()
        unobserved = LeastSquaresTerm(items.weights.unobserved * users.gram(), items.known)
        row_weights = self.consensus_weight * self.is_shared.float()
        rhs = row_weights[:, None] * self.mean
        items.factors = half_step(items.events, users.factors, [unobserved], items.ridge() + row_weights, rhs)
        for view in self.views:
            view.solve_values()
            view.factors = view.solve(self.consensus_weight, self.mean, self.is_shared)
        self.mean = self.mean_factors()

    def objective(self) -> float:
        """Return the objective, which every epoch lowers."""
        users, items = self.users, self.items
        observed = squared_error(users.events, users.factors, items.factors)
        unobserved = items.weights.unobserved * float((users.gram() * items.gram()).sum())
        disagreement = float(((items.factors - self.mean).square().sum(dim=1) * items.known).sum())
        for view in self.views:
            disagreement += float(((view.factors - self.mean).square().sum(dim=1) * view.known).sum())
        penalties = sum(view.penalty() for view in self.views)
        return (
            observed
            + unobserved
            + self.consensus_weight * disagreement
            + users.penalty()
            + items.penalty()
            + penalties
        )
