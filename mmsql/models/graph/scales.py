"""Learns the weight of each modality in the prediction of cold-start edges."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.linalg import blas, lapack

from mmsql.models.graph.features import Vectors

MAX_ITEMS = 400  # items that the weights are learned on
PROJECTIONS = 100  # random projections of the incoming edges
INITIAL_WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # common weights of all modalities to start from
STEP = 4.0
MAX_TOTAL = 100.0  # maximum sum of weights; beyond, the penalty is lost in rounding
ROUNDS = 3
MIN_GAIN = 1e-6  # minimum decrease of the error; less is rounding


def draw_projections(size: int) -> np.ndarray:
    """Draw random signs that project many columns to few.

    The projection preserves squared errors in expectation: Achlioptas, Database-friendly random projections, JCSS
    2003.

    Returns
    -------
    ndarray, float32, (size, projections)
        1 and -1.
    """
    return np.random.default_rng(1).choice(np.array([-1, 1], np.float32), (size, PROJECTIONS))


def learn_weights(modalities: list[Vectors], incoming: sp.csr_matrix) -> np.ndarray:
    """Choose the weights of the modalities with the smallest leave-one-out error.

    The prediction is the kernel ridge regression of the incoming edges minus their mean, with penalty 1. The kernel
    is the weighted sum of the modalities' inner products. The leave-one-out residual has the closed form
    residual / (1 - leverage), as in :class:`~mmsql.models.graph.cold_start.RidgeRegression`. All modalities start
    with the best common weight. Each weight is then changed by a factor of ``STEP``, or set to 0, while the error
    decreases. So a modality that adds nothing to the others gets weight 0. Choosing kernel weights by error follows
    Lanckriet et al., Learning the kernel matrix with semidefinite programming, JMLR 2004.

    Parameters
    ----------
    modalities : list of ndarray or scipy.sparse.csr_matrix, float32, (known, size)
        Vectors of the same items.
    incoming : scipy.sparse.csr_matrix, float32, (known, sources)
        Incoming edges of these items.

    Returns
    -------
    ndarray, float64, (modalities,)
        Not negative, with sum 1.
    """
    equal = np.full(len(modalities), 1 / len(modalities))
    if len(modalities) == 1:
        return equal
    rows = np.sort(np.random.default_rng(0).permutation(incoming.shape[0])[:MAX_ITEMS])
    targets = incoming @ draw_projections(incoming.shape[1])
    targets = (targets - targets.mean(axis=0))[rows]
    if not targets.any():
        return equal
    weights = WeightAscent([_products(vectors[rows]) for vectors in modalities], targets).best()
    return weights / weights.sum()


def _products(vectors: Vectors) -> np.ndarray:
    found = vectors @ vectors.T
    return np.asarray(found.toarray() if sp.issparse(found) else found)


class WeightAscent:
    """Coordinate-wise search for the kernel weights with the smallest leave-one-out error.

    Parameters
    ----------
    kernels : list of ndarray, float32, (rows, rows)
        Inner products of the vectors of each modality.
    targets : ndarray, float32, (rows, projections)
        Values to predict.
    """

    def __init__(self, kernels: list[np.ndarray], targets: np.ndarray) -> None:
        self.kernels, self.targets = np.stack([kernel.ravel() for kernel in kernels]), np.asfortranarray(targets)
        self.scale = float((targets**2).sum())
        self.weights = np.ones(len(kernels))
        self.error = np.inf

    def best(self) -> np.ndarray:
        """Run the search and return the best weights: float64, (kernels,)."""
        for initial in INITIAL_WEIGHTS:
            self._accept_if_better(np.full(len(self.kernels), initial))
        common = self.weights[0]
        for _ in range(ROUNDS):
            before = self.weights
            for index in range(len(self.kernels)):
                self._improve_modality(index, common)
            if np.array_equal(before, self.weights):
                break
        return self.weights

    def _improve_modality(self, index: int, common: float) -> None:
        """Change the weight of one modality while the error decreases."""
        if not self.weights[index]:
            self._accept_if_better(self._with(index, common / STEP**2))
            return
        for step in (STEP, 1 / STEP):
            start = self.weights
            while self._accept_if_better(self._with(index, self.weights[index] * step)):
                pass
            if self.weights is not start:
                break
        if np.count_nonzero(self.weights) > 1:
            self._accept_if_better(self._with(index, 0.0), gain=0.0)

    def _with(self, index: int, weight: float) -> np.ndarray:
        weights = self.weights.copy()
        weights[index] = weight
        return weights

    def _accept_if_better(self, weights: np.ndarray, gain: float = MIN_GAIN) -> bool:
        error = self.error_of(weights) if weights.sum() <= MAX_TOTAL else np.inf
        if error > self.error - gain:
            return False
        self.weights, self.error = weights, error
        return True

    def error_of(self, weights: np.ndarray) -> float:
        """Return the squared leave-one-out error, relative to the squared targets."""
        rows = len(self.targets)
        square = weights.astype(np.float32) @ self.kernels
        square[:: rows + 1] += 1
        # A symmetric matrix in row order is the same matrix in column order, so LAPACK makes no copy.
        factor, failed = lapack.spotrf(square.reshape(rows, rows).T, lower=1, clean=1, overwrite_a=1)
        if failed:  # the matrix is not positive definite in float32
            return np.inf
        root, _ = lapack.strtri(factor, lower=1, overwrite_c=1)  # the inverse is rootᵀ @ root
        kept = np.einsum("ij,ij->j", root, root)  # diagonal of the inverse: (1 - leverage) / penalty
        residual = blas.strmm(1.0, root, blas.strmm(1.0, root, self.targets, lower=1), lower=1, trans_a=1)
        residual /= kept[:, None]
        return float((residual**2).sum()) / self.scale
