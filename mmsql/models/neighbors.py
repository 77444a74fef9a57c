"""Nearest neighbours by cosine, exact, in blocks that fit in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

from mmsql.errors import OptionError

if TYPE_CHECKING:
    import torch

BLOCK_CELLS = 1 << 24  # similarities held at a time
STEPS = 1 << 20  # similarities are multiples of 1 / STEPS, so that equal vectors tie in spite of rounding
INDEX_BITS = 31
RANK_BITS = 21
DENSE_SHARE = 0.1  # a sparse block with more filled cells than this is searched as a dense one
MOST_ROWS = 1 << (63 - INDEX_BITS - RANK_BITS)  # what a sort key of 63 bits leaves for the row within a block


class Neighbors(NamedTuple):
    """Pairs of neighbours, ordered by item, then similarity (highest first), then neighbour.

    Attributes
    ----------
    item_index, neighbor_index : ndarray, int32, (pairs,)
    similarity : ndarray, float32, (pairs,)
        Cosine, above 0 and at most 1.
    """

    item_index: np.ndarray
    neighbor_index: np.ndarray
    similarity: np.ndarray


def nearest(vectors: np.ndarray, k: int, block: int | None = None) -> Neighbors:
    """Find every row's k nearest others by cosine.

    Parameters
    ----------
    vectors : ndarray, float32, (items, size)
        Rows of zeros have no neighbours and are nobody's.
    k : int
        Neighbours an item at most; fewer where fewer have a similarity above 0.
    block : int, optional
        Rows multiplied at a time; by default what keeps a block at 64 MB.

    Returns
    -------
    Neighbors
        An item is not its own neighbour; of equally similar ones the lower index comes first.

    Raises
    ------
    OptionError
        When ``k`` is not at least 1.
    """
    import torch

    _check(k)
    items = len(vectors)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    empty = np.zeros(vectors.shape, np.float32)
    unit = torch.from_numpy(np.divide(vectors, norms, out=empty, where=norms > 0))
    rows = max(min(block or BLOCK_CELLS // max(items, 1), MOST_ROWS), 1)
    return _joined([_first_dense(unit[start : start + rows] @ unit.T, start, k) for start in range(0, items, rows)])


def nearest_sparse(rows: sp.csr_matrix, k: int) -> Neighbors:
    """Find every sparse row's k nearest others by cosine.

    Parameters
    ----------
    rows : scipy.sparse.csr_matrix, float32, (items, values)
        Empty rows have no neighbours and are nobody's.
    k : int
        Neighbours an item at most.

    Returns
    -------
    Neighbors
        As of :func:`nearest`.

    Raises
    ------
    OptionError
        When ``k`` is not at least 1.
    """
    _check(k)
    rows = sp.csr_matrix(rows, dtype=np.float32)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    unit = sp.csr_matrix(sp.diags(np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)) @ rows)
    turned = sp.csr_matrix(unit.T)
    holders = np.bincount(unit.indices, minlength=unit.shape[1])
    work = np.concatenate([[0], np.cumsum(holders[unit.indices])])[unit.indptr]  # products up to each row
    found, start = [], 0
    while start < unit.shape[0]:
        fits = int(np.searchsorted(work, work[start] + BLOCK_CELLS, side="right")) - 1
        end = min(max(fits, start + 1), start + MOST_ROWS)
        found.append(_first_sparse(unit[start:end] @ turned, start, k))
        start = end
    return _joined(found)


def _check(k: int) -> None:
    if k < 1:
        raise OptionError(f"The number of neighbours must be at least 1; {k} was given.")


def _first_dense(similarity: torch.Tensor, start: int, k: int) -> Neighbors:
    import torch

    steps = similarity.mul_(STEPS).round_()
    own = torch.arange(len(steps))
    steps[own, own + start] = 0
    if steps.shape[1] > k:  # what comes after a row's k-th need not be sorted
        last = steps.topk(k, dim=1).values[:, -1:]
        steps[steps < last] = 0
        if int((steps > 0).sum()) > 2 * k * len(steps):  # many equal ones
            equal = steps == last
            steps[equal & (equal.cumsum(1) > k)] = 0
    row, neighbor = torch.nonzero(steps > 0, as_tuple=True)
    return _first(row.numpy(), neighbor.numpy(), steps[row, neighbor].numpy(), start, k)


def _first_sparse(similarity: sp.csr_matrix, start: int, k: int) -> Neighbors:
    import torch

    rows, items = similarity.shape
    if DENSE_SHARE * rows * items < similarity.nnz and rows * items <= BLOCK_CELLS:
        return _first_dense(torch.from_numpy(similarity.toarray()), start, k)
    pairs = similarity.tocoo()
    steps = np.rint(pairs.data * STEPS)
    keep = (steps > 0) & (pairs.row + start != pairs.col)
    return _first(pairs.row[keep], pairs.col[keep], steps[keep], start, k)


def _first(row: np.ndarray, neighbor: np.ndarray, steps: np.ndarray, start: int, k: int) -> Neighbors:
    """Keep the first k of every row, best first, by sorting whole numbers made of row, rank and neighbour."""
    rank = STEPS - np.minimum(steps.astype(np.int64), STEPS)
    key = (row.astype(np.int64) << (INDEX_BITS + RANK_BITS)) | (rank << INDEX_BITS) | neighbor
    key.sort()
    row = key >> (INDEX_BITS + RANK_BITS)
    place = np.arange(len(key)) - np.searchsorted(row, row)
    key, row = key[place < k], row[place < k]
    rank = (key >> INDEX_BITS) & ((1 << RANK_BITS) - 1)
    return Neighbors(
        (row + start).astype(np.int32),
        (key & ((1 << INDEX_BITS) - 1)).astype(np.int32),
        ((STEPS - rank) / STEPS).astype(np.float32),
    )


def _joined(blocks: list[Neighbors]) -> Neighbors:
    if not blocks:
        return Neighbors(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Neighbors(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
