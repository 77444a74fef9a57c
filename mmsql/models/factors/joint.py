"""Joint factorisation of events and attributes, by alternating least squares.

R (users × items) are the events, A (items × values) the attributes of items, B (users × values) the attributes of
users. The factors U, V, W and Z have one width and minimise

    Σ_R c·(1 − u·v)² + α·Σ (u·v)² + γ·‖A − V Wᵀ‖² + γ·‖B − U Zᵀ‖² + λ·Σ (n_x / n)^ν·‖x‖²

c is the weight of an event, α the weight of every pair of a user and an item, γ the weight of attributes. n_x is the
total weight of the terms of a row: for users and items, events + α·(rows of the other side) + γ; for values,
γ·(rows). n is the mean of events + α·(rows of the other side) over the users, or over the items. So one λ suits
datasets of very different size.

R alone is implicit matrix factorisation (Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback
datasets", ICDM 2008), in the form and with the regularisation of Rendle, Krichene, Zhang & Koren, "Revisiting the
performance of iALS on item recommendation benchmarks" (RecSys 2022). Matrices that share factors are collective
matrix factorisation (Singh & Gordon, "Relational learning via collective matrix factorization", KDD 2008). A row
without events is not in the first two terms, and a row without attributes is not in the attribute terms. So the
factors of an item without events come from its attributes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.models.factors.least_squares import LeastSquaresTerm, half_step, shared_step, squared_error

FREQUENCY_EXPONENT = 0.5  # ν
LEAST_WEIGHT = 1e-3  # lower bound of a row's total weight


@dataclass(frozen=True, kw_only=True)
class TermWeights:
    """Weights of the terms of the objective: λ, α and γ."""

    regularization: float
    unobserved: float
    attribute: float = 0.0


class EntityFactors:
    """Events, attributes and factors of the users, or of the items.

    Parameters
    ----------
    events : scipy.sparse.csr_matrix, float32, (rows, rows of the other side)
        Weights of the events; for items, the transposed matrix.
    attribute : scipy.sparse.csr_matrix, float32, (rows, values), optional
        Weights of the attribute values.
    weights : TermWeights
        Weights of the terms of the objective.
    factors : Tensor, float32, (rows, size)
        Initial factors.
    """

    def __init__(
        self, events: sp.csr_matrix, attribute: sp.csr_matrix | None, weights: TermWeights, factors: Tensor
    ) -> None:
        self.events, self.weights, self.factors = events, weights, factors
        counts = np.asarray(events.sum(axis=1), dtype=np.float32).ravel()
        self.counts = torch.from_numpy(counts).to(factors.device)
        self.known = (self.counts > 0).float()
        self.other_rows = len(np.unique(events.indices))
        self.attribute = attribute if attribute is not None and weights.attribute > 0 and attribute.nnz else None
        if self.attribute is not None:
            described = np.diff(self.attribute.indptr) > 0
            self.described = torch.from_numpy(described.astype(np.float32)).to(factors.device)
            self.values = torch.zeros((self.attribute.shape[1], factors.shape[1]), device=factors.device)

    def with_events(self, events: sp.csr_matrix) -> EntityFactors:
        """Return a copy with other events."""
        copy = EntityFactors(events, self.attribute, self.weights, self.factors)
        copy.other_rows = self.other_rows
        if copy.attribute is not None:
            copy.values = self.values
        return copy

    def with_factors(self, factors: Tensor) -> EntityFactors:
        """Return a copy with other factors."""
        copy = self.with_events(self.events)
        copy.factors = factors
        return copy

    def gram(self) -> Tensor:
        """Return FᵀF over the rows with events: float32, (size, size)."""
        return (self.factors * self.known[:, None]).T @ self.factors

    def mean_weight(self) -> float:
        """Return n: the mean total weight of the terms of a row with events."""
        rows = max(float(self.known.sum()), 1.0)
        return max(float(self.counts.sum()) / rows + self.weights.unobserved * self.other_rows, LEAST_WEIGHT)

    def ridge(self) -> Tensor:
        """Return the regularisation of each row: float32, (rows,)."""
        weight = self.counts + self.weights.unobserved * self.other_rows * self.known
        if self.attribute is not None:
            weight = weight + self.weights.attribute * self.described
        relative_weight = weight.clamp(min=LEAST_WEIGHT) / self.mean_weight()
        return self.weights.regularization * relative_weight**FREQUENCY_EXPONENT

    def solve(self, other: EntityFactors) -> Tensor:
        """Solve for the factors, with everything else fixed: float32, (rows, size)."""
        unobserved = LeastSquaresTerm(self.weights.unobserved * other.gram(), self.known)
        if self.attribute is None:
            return half_step(self.events, other.factors, [unobserved], self.ridge())
        weight = self.weights.attribute
        described = LeastSquaresTerm(weight * self.values.T @ self.values, self.described)
        rhs = weight * self._times(self.attribute, self.values)
        solution = half_step(self.events, other.factors, [unobserved, described], self.ridge(), rhs)
        ridge = self.weights.regularization * (weight / self.mean_weight()) ** FREQUENCY_EXPONENT
        # The systems of rows without events differ in their right-hand sides only.
        without_events = (self.known == 0).nonzero().squeeze(1)
        solution[without_events] = shared_step(described.matrix, ridge, rhs[without_events])
        return solution

    def solve_values(self) -> None:
        """Solve for the factors of the attribute values, with everything else fixed."""
        if self.attribute is not None:
            weight, factors = self.weights.attribute, self.factors * self.described[:, None]
            self.values = shared_step(
                weight * factors.T @ factors,
                self._values_ridge(),
                weight * self._times(sp.csr_matrix(self.attribute.T), factors),
            )

    def penalty(self) -> float:
        """Return this side's part of the objective: the error of its attributes and its regularisation."""
        penalty = float((self.ridge() * self.factors.square().sum(dim=1)).sum())
        if self.attribute is None:
            return penalty
        factors = self.factors * self.described[:, None]
        cross = float((self._times(self.attribute, self.values) * factors).sum())
        square = float(((factors.T @ factors) * (self.values.T @ self.values)).sum())
        error = float(np.square(self.attribute.data).sum()) - 2 * cross + square
        return penalty + self.weights.attribute * error + self._values_ridge() * float(self.values.square().sum())

    def _values_ridge(self) -> float:
        relative_weight = self.weights.attribute * float(self.described.sum()) / self.mean_weight()
        return self.weights.regularization * relative_weight**FREQUENCY_EXPONENT

    def _times(self, matrix: sp.csr_matrix, factors: Tensor) -> Tensor:
        return torch.from_numpy(matrix @ factors.cpu().numpy()).to(factors.device)


@dataclass
class JointFactorization:
    """Users and items, factorised jointly."""

    users: EntityFactors
    items: EntityFactors

    def epoch(self) -> None:
        """Solve for the users, then the items, each followed by their attribute values."""
        for entity, other in ((self.users, self.items), (self.items, self.users)):
            entity.factors = entity.solve(other)
            entity.solve_values()

    def objective(self) -> float:
        """Return the objective, which every epoch lowers."""
        observed = squared_error(self.users.events, self.users.factors, self.items.factors)
        unobserved = float((self.users.gram() * self.items.gram()).sum())
        return observed + self.users.weights.unobserved * unobserved + self.users.penalty() + self.items.penalty()
