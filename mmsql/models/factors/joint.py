"""Joint factorisation of events and attributes, by alternating least squares.

With R (users × items) the events, A (items × values) the attributes of items and B (users × values) those of users,
factors U, V, W and Z of one width are found that make

    Σ_R c·(1 − u·v)² + α·Σ (u·v)² + γ·‖A − V Wᵀ‖² + γ·‖B − U Zᵀ‖² + λ·Σ (n_x / n)^ν·‖x‖²

small: c is the weight of an event, α that of every pair of a user and an item, γ that of attributes, and n_x what the
terms of a row weigh: its events + α·(the rows of the other side) + γ for users and items, γ·(rows) for values; n is
the mean of events + α·(the rows of the other side) over the users, or the items, so that one λ suits shops of very
different size.

R alone is implicit matrix factorisation (Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback
datasets", ICDM 2008), in the form and with the regularisation of Rendle, Krichene, Zhang & Koren, "Revisiting the
performance of iALS on item recommendation benchmarks" (RecSys 2022). Matrices that share factors are collective
matrix factorisation (Singh & Gordon, "Relational learning via collective matrix factorization", KDD 2008). A row
without events takes no part in the first two terms, and one without attributes in the others, so that an item without
events has the factors that its attributes give it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.models.factors.least_squares import Part, half_step, shared_step, squared_error

FREQUENCY_EXPONENT = 0.5  # ν
LEAST_WEIGHT = 1e-3  # of a row that no term knows


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How the terms weigh: λ, α and γ."""

    regularization: float
    unobserved: float
    attribute: float = 0.0


class Side:
    """The users or the items: their events, attributes and factors.

    Parameters
    ----------
    events : scipy.sparse.csr_matrix, float32, (rows, rows of the other side)
        Who had what, seen from this side.
    attribute : scipy.sparse.csr_matrix, float32, (rows, values), optional
        Weights of attribute values.
    weights : Weights
        Of the terms.
    factors : Tensor, float32, (rows, size)
        To begin with.
    """

    def __init__(
        self, events: sp.csr_matrix, attribute: sp.csr_matrix | None, weights: Weights, factors: Tensor
    ) -> None:
        self.events, self.weights, self.factors = events, weights, factors
        counts = np.asarray(events.sum(axis=1), dtype=np.float32).ravel()
        self.counts = torch.from_numpy(counts).to(factors.device)
        self.known = (self.counts > 0).float()
        self.others = len(np.unique(events.indices))
        self.attribute = attribute if attribute is not None and weights.attribute > 0 and attribute.nnz else None
        if self.attribute is not None:
            described = np.diff(self.attribute.indptr) > 0
            self.described = torch.from_numpy(described.astype(np.float32)).to(factors.device)
            self.values = torch.zeros((self.attribute.shape[1], factors.shape[1]), device=factors.device)

    def hearing(self, events: sp.csr_matrix) -> Side:
        """Return the same rows with other events."""
        side = Side(events, self.attribute, self.weights, self.factors)
        side.others = self.others
        if side.attribute is not None:
            side.values = self.values
        return side

    def placed(self, factors: Tensor) -> Side:
        """Return the same rows with other factors."""
        side = self.hearing(self.events)
        side.factors = factors
        return side

    def gram(self) -> Tensor:
        """Return FᵀF over the rows with events: float32, (size, size)."""
        return (self.factors * self.known[:, None]).T @ self.factors

    def level(self) -> float:
        """Return n: what the terms of a row with events weigh on average."""
        rows = max(float(self.known.sum()), 1.0)
        return max(float(self.counts.sum()) / rows + self.weights.unobserved * self.others, LEAST_WEIGHT)

    def ridge(self) -> Tensor:
        """Return the regularisation of each row: float32, (rows,)."""
        weight = self.counts + self.weights.unobserved * self.others * self.known
        if self.attribute is not None:
            weight = weight + self.weights.attribute * self.described
        share = weight.clamp(min=LEAST_WEIGHT) / self.level()
        return self.weights.regularization * share**FREQUENCY_EXPONENT

    def solve(self, other: Side) -> Tensor:
        """Return the factors that are best, everything else being fixed: float32, (rows, size)."""
        unobserved = Part(self.weights.unobserved * other.gram(), self.known)
        if self.attribute is None:
            return half_step(self.events, other.factors, [unobserved], self.ridge())
        weight = self.weights.attribute
        described = Part(weight * self.values.T @ self.values, self.described)
        right = weight * self._times(self.attribute, self.values)
        found = half_step(self.events, other.factors, [unobserved, described], self.ridge(), right)
        ridge = self.weights.regularization * (weight / self.level()) ** FREQUENCY_EXPONENT
        alone = (self.known == 0).nonzero().squeeze(1)  # without an event, rows differ in their right sides only
        found[alone] = shared_step(described.matrix, ridge, right[alone])
        return found

    def solve_values(self) -> None:
        """Make the factors of attribute values the best, everything else being fixed."""
        if self.attribute is not None:
            weight, factors = self.weights.attribute, self.factors * self.described[:, None]
            self.values = shared_step(
                weight * factors.T @ factors,
                self._values_ridge(),
                weight * self._times(sp.csr_matrix(self.attribute.T), factors),
            )

    def penalty(self) -> float:
        """Return this side's share of the objective: its attributes' error and its ridge."""
        found = float((self.ridge() * self.factors.square().sum(dim=1)).sum())
        if self.attribute is None:
            return found
        factors = self.factors * self.described[:, None]
        cross = float((self._times(self.attribute, self.values) * factors).sum())
        square = float(((factors.T @ factors) * (self.values.T @ self.values)).sum())
        error = float(np.square(self.attribute.data).sum()) - 2 * cross + square
        return found + self.weights.attribute * error + self._values_ridge() * float(self.values.square().sum())

    def _values_ridge(self) -> float:
        share = self.weights.attribute * float(self.described.sum()) / self.level()
        return self.weights.regularization * share**FREQUENCY_EXPONENT

    def _times(self, matrix: sp.csr_matrix, factors: Tensor) -> Tensor:
        return torch.from_numpy(matrix @ factors.cpu().numpy()).to(factors.device)


@dataclass
class Joint:
    """Users and items that explain each other."""

    users: Side
    items: Side

    def epoch(self) -> None:
        """Solve for the users, then for the items, and for their attribute values."""
        for side, other in ((self.users, self.items), (self.items, self.users)):
            side.factors = side.solve(other)
            side.solve_values()

    def objective(self) -> float:
        """Return the sum that every epoch makes smaller."""
        observed = squared_error(self.users.events, self.users.factors, self.items.factors)
        unobserved = float((self.users.gram() * self.items.gram()).sum())
        return observed + self.users.weights.unobserved * unobserved + self.users.penalty() + self.items.penalty()
