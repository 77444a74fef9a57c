"""Factorisation of several views of the items that agree on a consensus, by alternating least squares.

Every view v of the items has factors V_v of its own, which are pulled towards a consensus V*. With R (users × items)
the events and X_v (items × columns) the views of content, which are attributes, comments and texts,

    Σ_R (1 − u·v_b)² + α·Σ (u·v_b)² + γ·Σ_v ‖X_v − V_v W_vᵀ‖² + μ·Σ_v ‖V_v − V*‖² + λ·Σ (n_x / n)^ν·‖x‖²

is made small, v_b being an item's factors in the view of behaviour, and n_x and n as in
:mod:`mmsql.models.factors.joint`, as are the attributes of users. An item takes part in the views
that know it, and V* is the mean over these. Users are then scored against V*. This is the consensus
form of Liu, Wang, Gao & Han, "Multi-view clustering via joint
nonnegative matrix factorization" (SDM 2013), with least squares in the place of non-negative factors and implicit
feedback as one of the views.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.models.factors.joint import FREQUENCY_EXPONENT, Side, Weights
from mmsql.models.factors.least_squares import Part, half_step, shared_step, squared_error


class View:
    """What one kind of content says of the items.

    Parameters
    ----------
    matrix : ndarray or scipy.sparse.csr_matrix, float32, (items, columns)
        Rows of zeros for items that it does not know.
    weights : Weights
        Of the terms.
    items : Side
        Whose factors it begins with, and whose level of weights is its own.
    """

    def __init__(self, matrix: np.ndarray | sp.csr_matrix, weights: Weights, items: Side) -> None:
        self.matrix, self.weights, self.level, factors = matrix, weights, items.level(), items.factors
        known = np.asarray(abs(matrix).sum(axis=1)).ravel() > 0
        self.known = torch.from_numpy(known.astype(np.float32)).to(factors.device)
        self.factors = factors * self.known[:, None]
        self.values = torch.zeros((matrix.shape[1], factors.shape[1]), device=factors.device)

    def solve_values(self) -> None:
        """Make the factors of the columns the best, everything else being fixed."""
        weight = self.weights.attribute
        right = weight * self._times(self.matrix.T, self.factors)
        self.values = shared_step(weight * self.factors.T @ self.factors, self._values_ridge(), right)

    def solve(self, pull: float, mean: Tensor, pulled: Tensor) -> Tensor:
        """Return the factors of the items that are best, everything else being fixed: float32, (items, size).

        Parameters
        ----------
        pull : float
            μ.
        mean : Tensor, float32, (items, size)
            The consensus.
        pulled : Tensor, bool, (items,)
            Items that other views know too. What the others are is what this view says of them.
        """
        weight = self.weights.attribute
        matrix, right = weight * self.values.T @ self.values, weight * self._times(self.matrix, self.values)
        together = shared_step(matrix, self._ridge() + pull, right + pull * mean)
        found = torch.where(pulled[:, None], together, shared_step(matrix, self._ridge(), right))
        return found * self.known[:, None]

    def penalty(self) -> float:
        """Return the view's share of the objective, without what pulls it."""
        cross = float((self._times(self.matrix, self.values) * self.factors).sum())
        square = float(((self.factors.T @ self.factors) * (self.values.T @ self.values)).sum())
        data = self.matrix.data if sp.issparse(self.matrix) else self.matrix
        error = float(np.square(data).sum()) - 2 * cross + square
        ridge = self._ridge() * float(self.factors.square().sum())
        return self.weights.attribute * error + ridge + self._values_ridge() * float(self.values.square().sum())

    def _ridge(self) -> float:
        return self.weights.regularization * (self.weights.attribute / self.level) ** FREQUENCY_EXPONENT

    def _values_ridge(self) -> float:
        return self._ridge() * max(float(self.known.sum()), 1.0) ** FREQUENCY_EXPONENT

    def _times(self, matrix: np.ndarray | sp.csr_matrix, factors: Tensor) -> Tensor:
        return torch.from_numpy(np.asarray(matrix @ factors.cpu().numpy())).to(factors.device)


class Consensus:
    """Users, items as behaviour shows them, views of content, and what they agree on.

    Parameters
    ----------
    users, items : Side
        The items without attributes: these are a view.
    views : list of View
        Of content.
    pull : float
        μ.
    """

    def __init__(self, users: Side, items: Side, views: list[View], pull: float) -> None:
        self.users, self.items, self.views, self.pull = users, items, views, pull
        self.count = torch.stack([items.known, *(view.known for view in views)]).sum(dim=0)
        self.pulled = self.count > 1
        self.mean = self.agreed()

    def agreed(self) -> Tensor:
        """Return the mean of each item's factors over the views that know it: float32, (items, size)."""
        total = self.items.factors * self.items.known[:, None]
        for view in self.views:
            total = total + view.factors
        return total / self.count.clamp(min=1)[:, None]

    def epoch(self) -> None:
        """Solve for the users, for the items in each view, and for the consensus."""
        users, items = self.users, self.items
        users.factors = users.solve(items)
        users.solve_values()
        unobserved = Part(items.weights.unobserved * users.gram(), items.known)
        pull = self.pull * self.pulled.float()
        right = pull[:, None] * self.mean
        items.factors = half_step(items.events, users.factors, [unobserved], items.ridge() + pull, right)
        for view in self.views:
            view.solve_values()
            view.factors = view.solve(self.pull, self.mean, self.pulled)
        self.mean = self.agreed()

    def objective(self) -> float:
        """Return the sum that every epoch makes smaller."""
        users, items = self.users, self.items
        observed = squared_error(users.events, users.factors, items.factors)
        unobserved = items.weights.unobserved * float((users.gram() * items.gram()).sum())
        apart = float(((items.factors - self.mean).square().sum(dim=1) * items.known).sum())
        for view in self.views:
            apart += float(((view.factors - self.mean).square().sum(dim=1) * view.known).sum())
        own = sum(view.penalty() for view in self.views)
        return observed + unobserved + self.pull * apart + users.penalty() + items.penalty() + own
