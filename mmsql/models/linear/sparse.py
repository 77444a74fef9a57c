"""The linear item–item model for large catalogs: each item is solved among its candidates only."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmsql.models.edges import Edges, top_neighbors
from mmsql.models.linear.prior import Prior

BLOCK_CELLS = 1 << 24  # number of cells in memory at once
CANDIDATES = 64  # maximum number of candidates of an item
PAIRS_PER_ITEM = 256  # maximum number of co-occurring items stored per item


@dataclass(frozen=True)
class GramMatrices:
    """The stored part of XᵀX.

    Attributes
    ----------
    gram : scipy.sparse.csr_matrix, float32, (items, items)
        Symmetric, without the diagonal.
    diagonal : ndarray, float32, (items,)
        Diagonal of XᵀX.
    truncated : ndarray, bool, (items,)
        True for items with more pairs than are stored.
    users : int
        Number of rows of X.
    """

    gram: sp.csr_matrix
    diagonal: np.ndarray
    truncated: np.ndarray
    users: int

    def lookup(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the values of pairs of items: float32, (pairs,).

        A pair that may have been truncated gets the expected value of independent items, because 0 would mean that
        the items repel each other. A pair with a negative index gets 0.
        """
        valid = np.flatnonzero((first >= 0) & (second >= 0))
        found = np.zeros(len(first), dtype=np.float32)
        for block in _slices(len(valid), BLOCK_CELLS):
            chosen = valid[block]
            a, b = first[chosen], second[chosen]
            value = np.asarray(self.gram[a, b]).ravel()
            expected = self.diagonal[a] * (self.diagonal[b] / max(self.users, 1))
            found[chosen] = np.where((value == 0) & self.truncated[a] & self.truncated[b], expected, value)
        return found


def sparse_weights(
    interactions: sp.csr_matrix,
    prior: Prior | None,
    regularization: float,
    content_weight: float,
    candidates: int = CANDIDATES,
) -> sp.csr_matrix:
    """Solve the model for each item among its candidates: the co-occurring items with the largest cosine.

    For item i and its candidates C, (G_CC + ρI) b = G_Ci + sρ·S_Ci with G = XᵀX. This is the exact solution if all
    other weights towards i are 0, as in fsSLIM (Ning & Karypis, "SLIM: sparse linear methods for top-n recommender
    systems", ICDM 2011). Steck's sparse approximation ("Markov random fields for collaborative filtering", NeurIPS
    2019) shares such solutions between neighbouring items.

    Parameters
    ----------
    interactions, prior, regularization, content_weight
        As in :func:`~mmsql.models.linear.dense.closed_form`.
    candidates : int
        Maximum number of candidates of an item.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (items, items)
        B, negative weights included.
    """
    pairs = top_pairs_gram(interactions)
    chosen = _candidates(pairs, candidates)
    first = np.searchsorted(chosen.item_index, np.arange(len(pairs.diagonal) + 1))
    value = np.zeros(len(chosen.weight), dtype=np.float32)
    targets = pairs.lookup(chosen.neighbor_index, chosen.item_index)
    pull, size = content_weight * regularization, candidates + (0 if prior is None else prior.left.shape[1])
    for items in _slices(len(pairs.diagonal), max(BLOCK_CELLS // (4 * candidates * size), 1)):
        edges = slice(first[items.start], first[items.stop])
        row = chosen.item_index[edges] - items.start
        slot = np.arange(len(row)) - (first[items] - first[items.start])[row]
        members = np.full((items.stop - items.start, candidates), -1, dtype=np.int64)
        members[row, slot] = chosen.neighbor_index[edges]
        rhs = np.zeros(members.shape, dtype=np.float32)
        rhs[row, slot] = targets[edges]
        if prior is not None:  # slots without a member get an arbitrary value, which is never read
            rhs += pull * (prior.left[members] @ prior.right[items, :, None])[:, :, 0]
        value[edges] = solve_candidates(pairs, members, rhs, regularization)[row, slot]
    where = (chosen.neighbor_index, chosen.item_index)
    return sp.csr_matrix((value, where), shape=pairs.gram.shape, dtype=np.float32)


def top_pairs_gram(interactions: sp.csr_matrix, kept: int = PAIRS_PER_ITEM) -> GramMatrices:
    """Compute XᵀX and keep, for each item, its top pairs by cosine and the pairs for which it is a top item.

    Parameters
    ----------
    interactions : scipy.sparse.csr_matrix, (users, items)
        Weights of the events, not negative.
    kept : int
        Number of pairs per item.

    Returns
    -------
    GramMatrices
    """
    from sparse_dot_topn import sp_matmul_topn

    columns = sp.csc_matrix(interactions, dtype=np.float32)
    diagonal = np.asarray(columns.multiply(columns).sum(axis=0), dtype=np.float32).ravel()
    scale = _inverse_root(diagonal)
    columns = sp.csc_matrix(columns @ sp.diags(scale))
    transposed = sp.csr_matrix(columns.T)
    found = sp_matmul_topn(
        transposed, sp.csr_matrix(columns), top_n=kept + 1, threshold=0.0, n_threads=os.cpu_count()
    )
    pairs = found.tocoo()
    off_diagonal = (pairs.row != pairs.col) & (pairs.data > 0)
    row, column = pairs.row[off_diagonal], pairs.col[off_diagonal]
    one_way = sp.csr_matrix((pairs.data[off_diagonal], (row, column)), shape=found.shape)
    gram = sp.csr_matrix(one_way.maximum(one_way.T), dtype=np.float32)
    gram.sort_indices()
    gram.data /= np.repeat(scale, np.diff(gram.indptr)) * scale[gram.indices]
    truncated = np.bincount(row, minlength=len(diagonal)) >= kept
    return GramMatrices(gram, diagonal, truncated, interactions.shape[0])


def _candidates(pairs: GramMatrices, count: int) -> Edges:
    gram, scale = pairs.gram, _inverse_root(pairs.diagonal)
    cosine = gram.data * np.repeat(scale, np.diff(gram.indptr)) * scale[gram.indices]
    return top_neighbors(sp.csr_matrix((cosine, gram.indices, gram.indptr), shape=gram.shape), count)


def solve_candidates(pairs: GramMatrices, members: np.ndarray, rhs: np.ndarray, regularization: float) -> np.ndarray:
    """Solve one small system per item, all of one size. Slots without a member form identity rows."""
    import torch

    count, size = members.shape
    left, right = np.triu_indices(size, 1)
    values = pairs.lookup(members[:, left].ravel(), members[:, right].ravel()).reshape(count, -1)
    matrix = np.zeros((count, size, size), dtype=np.float32)
    matrix[:, left, right] = values
    matrix[:, right, left] = values
    diagonal = np.arange(size)
    matrix[:, diagonal, diagonal] = np.where(members >= 0, pairs.diagonal[members] + regularization, 1)
    system = torch.from_numpy(matrix)
    factor, failed = torch.linalg.cholesky_ex(system)
    if failed.any():  # expected values can make a matrix indefinite: make its diagonal dominant
        failing = system[failed > 0]
        shortfall = failing.abs().sum(dim=2) - 2 * torch.diagonal(failing, dim1=1, dim2=2)
        failing.diagonal(dim1=1, dim2=2).add_(shortfall.clamp(min=0) + regularization)
        factor[failed > 0] = torch.linalg.cholesky(failing)
    return torch.cholesky_solve(torch.from_numpy(rhs)[:, :, None], factor)[:, :, 0].numpy()


def _inverse_root(values: np.ndarray) -> np.ndarray:
    return np.divide(1, np.sqrt(values), out=np.zeros_like(values), where=values > 0)


def _slices(count: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]
