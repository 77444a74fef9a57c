"""How much each modality is to count where what leads to items is predicted from all of them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.linalg import blas, lapack

from mmsql.models.graph.features import Vectors

ITEMS = 400  # that weights are learned on
PROJECTIONS = 100  # of what enters an item
BEGINNINGS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # weights that all modalities begin with
STEP = 4.0
LARGEST = 100.0  # sum of weights: of more, the penalty would be lost in rounding
ROUNDS = 3
GAIN = 1e-6  # of the error: less is rounding


def draw_projections(size: int) -> np.ndarray:
    """Draw signs that columns are added up with, so that few numbers a row tell the errors of all.

    Squared errors are kept on average: Achlioptas, Database-friendly random projections, JCSS 2003.

    Returns
    -------
    ndarray, float32, (size, projections)
        1 and -1.
    """
    return np.random.default_rng(1).choice(np.array([-1, 1], np.float32), (size, PROJECTIONS))


def learn_weights(modalities: list[Vectors], entering: sp.csr_matrix) -> np.ndarray:
    """Choose the weight of each modality by how well they predict each item from all others.

    The prediction is the kernel ridge regression of what enters items, less its mean, with kernel Σ weight · products
    of a modality and penalty 1; its error without the item itself is in closed form, residual / (1 - leverage), as of
    :class:`~mmsql.models.graph.cold_start.Ridge`. All begin with the best common weight, and are changed one at a
    time, by a factor of ``STEP`` or to 0, while the error falls: a modality that tells nothing, beside
    the others, ends with none. The choice of a kernel's weights by error is that of Lanckriet et al.,
    Learning the kernel matrix with
    semidefinite programming, JMLR 2004.

    Parameters
    ----------
    modalities : list of ndarray or scipy.sparse.csr_matrix, float32, (known, size)
        Vectors of the same items.
    entering : scipy.sparse.csr_matrix, float32, (known, sources)
        What enters them.

    Returns
    -------
    ndarray, float64, (modalities,)
        Not negative, of sum 1.
    """
    equal = np.full(len(modalities), 1 / len(modalities))
    if len(modalities) == 1:
        return equal
    rows = np.sort(np.random.default_rng(0).permutation(entering.shape[0])[:ITEMS])
    wanted = entering @ draw_projections(entering.shape[1])
    wanted = (wanted - wanted.mean(axis=0))[rows]
    if not wanted.any():
        return equal
    weights = Climb([_products(vectors[rows]) for vectors in modalities], wanted).best()
    return weights / weights.sum()


def _products(vectors: Vectors) -> np.ndarray:
    found = vectors @ vectors.T
    return np.asarray(found.toarray() if sp.issparse(found) else found)


class Climb:
    """The best weights so far.

    Parameters
    ----------
    kernels : list of ndarray, float32, (rows, rows)
        Products of the vectors of a modality.
    wanted : ndarray, float32, (rows, projections)
        What is to be predicted.
    """

    def __init__(self, kernels: list[np.ndarray], wanted: np.ndarray) -> None:
        self.kernels, self.wanted = np.stack([kernel.ravel() for kernel in kernels]), np.asfortranarray(wanted)
        self.scale = float((wanted**2).sum())
        self.weights = np.ones(len(kernels))
        self.error = np.inf

    def best(self) -> np.ndarray:
        """Climb: float64, (kernels,)."""
        for beginning in BEGINNINGS:
            self._better(np.full(len(self.kernels), beginning))
        common = self.weights[0]
        for _ in range(ROUNDS):
            before = self.weights
            for place in range(len(self.kernels)):
                self._along(place, common)
            if np.array_equal(before, self.weights):
                break
        return self.weights

    def _along(self, place: int, common: float) -> None:
        """Change the weight of one modality as long as that is better."""
        if not self.weights[place]:
            self._better(self._with(place, common / STEP**2))
            return
        for step in (STEP, 1 / STEP):
            start = self.weights
            while self._better(self._with(place, self.weights[place] * step)):
                pass
            if self.weights is not start:
                break
        if np.count_nonzero(self.weights) > 1:
            self._better(self._with(place, 0.0), gain=0.0)

    def _with(self, place: int, weight: float) -> np.ndarray:
        weights = self.weights.copy()
        weights[place] = weight
        return weights

    def _better(self, weights: np.ndarray, gain: float = GAIN) -> bool:
        error = self.missed(weights) if weights.sum() <= LARGEST else np.inf
        if error > self.error - gain:
            return False
        self.weights, self.error = weights, error
        return True

    def missed(self, weights: np.ndarray) -> float:
        """Return the squared error of predicting each row from all others, as a share of what there is."""
        rows = len(self.wanted)
        square = weights.astype(np.float32) @ self.kernels
        square[:: rows + 1] += 1
        # The transpose of a symmetric matrix in rows is itself in columns: LAPACK need not copy it.
        factor, failed = lapack.spotrf(square.reshape(rows, rows).T, lower=1, clean=1, overwrite_a=1)
        if failed:  # not positive definite in single precision
            return np.inf
        root, _ = lapack.strtri(factor, lower=1, overwrite_c=1)  # the inverse is its transpose times itself
        kept = np.einsum("ij,ij->j", root, root)  # the diagonal of that: (1 - leverage) / penalty
        missed = blas.strmm(1.0, root, blas.strmm(1.0, root, self.wanted, lower=1), lower=1, trans_a=1)
        missed /= kept[:, None]
        return float((missed**2).sum()) / self.scale
