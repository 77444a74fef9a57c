"""The linear item–item model for large catalogs: each item's weights among its candidates only."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmsql.models.edges import Edges, strongest
from mmsql.models.linear.prior import Prior

BLOCK_CELLS = 1 << 24  # numbers held at a time
CANDIDATES = 64  # items whose weights towards one item are found together
KEPT_PAIRS = 256  # co-occurring items remembered an item


@dataclass(frozen=True)
class Pairs:
    """XᵀX, as far as it is kept.

    Attributes
    ----------
    gram : scipy.sparse.csr_matrix, float32, (items, items)
        Symmetric, without the diagonal.
    own : ndarray, float32, (items,)
        The diagonal.
    cut : ndarray, bool, (items,)
        Items that have more pairs than are kept of them.
    users : int
        Rows of X.
    """

    gram: sp.csr_matrix
    own: np.ndarray
    cut: np.ndarray
    users: int

    def among(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Look pairs up: float32, (pairs,).

        One that may have been cut counts what independent items would have, since 0 would say that they repel each
        other. A negative item has no pairs.
        """
        there = np.flatnonzero((first >= 0) & (second >= 0))
        found = np.zeros(len(first), dtype=np.float32)
        for part in _slices(len(there), BLOCK_CELLS):
            chosen = there[part]
            a, b = first[chosen], second[chosen]
            value = np.asarray(self.gram[a, b]).ravel()
            expected = self.own[a] * (self.own[b] / max(self.users, 1))
            found[chosen] = np.where((value == 0) & self.cut[a] & self.cut[b], expected, value)
        return found


def sparse_weights(
    interactions: sp.csr_matrix,
    prior: Prior | None,
    regularization: float,
    content_weight: float,
    candidates: int = CANDIDATES,
) -> sp.csr_matrix:
    """Solve the model for each item within its candidates: those it co-occurs with the most, by cosine.

    For item i and its candidates C, (G_CC + ρI) b = G_Ci + sρ·S_Ci with G = XᵀX: the exact solution where all other
    weights towards i are 0. As in fsSLIM (Ning & Karypis, "SLIM: sparse linear methods for top-n recommender
    systems", ICDM 2011); Steck's sparse approximation ("Markov random fields for collaborative filtering", NeurIPS
    2019) shares such solutions between neighbouring items.

    Parameters
    ----------
    interactions, prior, regularization, content_weight
        As of :func:`~mmsql.models.linear.dense.closed_form`.
    candidates : int
        How many an item has at most.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (items, items)
        B, negative weights included.
    """
    pairs = cooccurrence(interactions)
    chosen = _candidates(pairs, candidates)
    first = np.searchsorted(chosen.item_index, np.arange(len(pairs.own) + 1))
    value = np.zeros(len(chosen.weight), dtype=np.float32)
    wanted = pairs.among(chosen.neighbor_index, chosen.item_index)
    pull, size = content_weight * regularization, candidates + (0 if prior is None else prior.left.shape[1])
    for items in _slices(len(pairs.own), max(BLOCK_CELLS // (4 * candidates * size), 1)):
        part = slice(first[items.start], first[items.stop])
        row = chosen.item_index[part] - items.start
        place = np.arange(len(row)) - (first[items] - first[items.start])[row]
        members = np.full((items.stop - items.start, candidates), -1, dtype=np.int64)
        members[row, place] = chosen.neighbor_index[part]
        sides = np.zeros(members.shape, dtype=np.float32)
        sides[row, place] = wanted[part]
        if prior is not None:  # places without a member get any value: they are not read
            sides += pull * (prior.left[members] @ prior.right[items, :, None])[:, :, 0]
        value[part] = _solved(pairs, members, sides, regularization)[row, place]
    where = (chosen.neighbor_index, chosen.item_index)
    return sp.csr_matrix((value, where), shape=pairs.gram.shape, dtype=np.float32)


def cooccurrence(interactions: sp.csr_matrix, kept: int = KEPT_PAIRS) -> Pairs:
    """Multiply XᵀX, and keep each item's strongest pairs by cosine, and those it is strongest for.

    Parameters
    ----------
    interactions : scipy.sparse.csr_matrix, (users, items)
        Weights of events, not negative.
    kept : int
        Pairs an item.

    Returns
    -------
    Pairs
    """
    from sparse_dot_topn import sp_matmul_topn

    columns = sp.csc_matrix(interactions, dtype=np.float32)
    own = np.asarray(columns.multiply(columns).sum(axis=0), dtype=np.float32).ravel()
    scale = _inverse_root(own)
    columns = sp.csc_matrix(columns @ sp.diags(scale))
    turned = sp.csr_matrix(columns.T)
    found = sp_matmul_topn(turned, sp.csr_matrix(columns), top_n=kept + 1, threshold=0.0, n_threads=os.cpu_count())
    pairs = found.tocoo()
    apart = (pairs.row != pairs.col) & (pairs.data > 0)
    row, column = pairs.row[apart], pairs.col[apart]
    one_way = sp.csr_matrix((pairs.data[apart], (row, column)), shape=found.shape)
    gram = sp.csr_matrix(one_way.maximum(one_way.T), dtype=np.float32)
    gram.sort_indices()
    gram.data /= np.repeat(scale, np.diff(gram.indptr)) * scale[gram.indices]
    cut = np.bincount(row, minlength=len(own)) >= kept
    return Pairs(gram, own, cut, interactions.shape[0])


def _candidates(pairs: Pairs, count: int) -> Edges:
    gram, scale = pairs.gram, _inverse_root(pairs.own)
    cosine = gram.data * np.repeat(scale, np.diff(gram.indptr)) * scale[gram.indices]
    return strongest(sp.csr_matrix((cosine, gram.indices, gram.indptr), shape=gram.shape), count)


def _solved(pairs: Pairs, members: np.ndarray, sides: np.ndarray, regularization: float) -> np.ndarray:
    """Solve one small system an item, all of one size: places without a member stand for themselves alone."""
    import torch

    count, size = members.shape
    left, right = np.triu_indices(size, 1)
    values = pairs.among(members[:, left].ravel(), members[:, right].ravel()).reshape(count, -1)
    matrix = np.zeros((count, size, size), dtype=np.float32)
    matrix[:, left, right] = values
    matrix[:, right, left] = values
    own = np.arange(size)
    matrix[:, own, own] = np.where(members >= 0, pairs.own[members] + regularization, 1)
    system = torch.from_numpy(matrix)
    factor, failed = torch.linalg.cholesky_ex(system)
    if failed.any():  # what was guessed may leave a matrix that is not positive: let its diagonal dominate it
        bad = system[failed > 0]
        short = bad.abs().sum(dim=2) - 2 * torch.diagonal(bad, dim1=1, dim2=2)
        bad.diagonal(dim1=1, dim2=2).add_(short.clamp(min=0) + regularization)
        factor[failed > 0] = torch.linalg.cholesky(bad)
    return torch.cholesky_solve(torch.from_numpy(sides)[:, :, None], factor)[:, :, 0].numpy()


def _inverse_root(values: np.ndarray) -> np.ndarray:
    return np.divide(1, np.sqrt(values), out=np.zeros_like(values), where=values > 0)


def _slices(count: int, step: int) -> list[slice]:
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]
