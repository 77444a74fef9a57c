"""Weighted edges from item to item, as arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

MIN_WEIGHT = 1e-6  # smaller weights, relative to the mean top weight, are rounding errors
MAX_BITS = (1 << 31) - 1
BLOCK_ENTRIES = 1 << 22  # entries of a sparse matrix in memory as arrays at once


class Edges(NamedTuple):
    """Positive weights, ordered by item, then neighbour.

    Attributes
    ----------
    item_index, neighbor_index : ndarray, int32, (edges,)
        Source and target of each edge.
    weight : ndarray, float32, (edges,)
        Above 0. After :func:`scaled`, the mean over items of the largest weight is 1.
    """

    item_index: np.ndarray
    neighbor_index: np.ndarray
    weight: np.ndarray


def mean_top_weight(item_index: np.ndarray, weight: np.ndarray) -> np.float32:
    """Return the mean over items of the largest weight; there is at least one edge, and weights are above 0."""
    highest = np.zeros(int(item_index.max()) + 1, dtype=np.float32)
    np.maximum.at(highest, item_index, weight)
    return np.float32(highest[highest > 0].mean())


def top_neighbors(weights: sp.csr_matrix, k: int) -> Edges:
    """Return the k largest positive values of each row. Ties go to the lower column.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix, (items, items)
        Any values. The indices are sorted in place.
    k : int
        Maximum number of edges per row.
    """
    weights.sort_indices()
    return concatenate([_top_of_rows(weights, start, stop, k) for start, stop in row_blocks(weights.indptr)])


def row_blocks(indptr: np.ndarray) -> Iterator[tuple[int, int]]:
    """Split the rows of a sparse matrix, so that a block has about :data:`BLOCK_ENTRIES` entries, or one row.

    Parameters
    ----------
    indptr : ndarray, int, (rows + 1,)
        Where the entries of each row begin.

    Yields
    ------
    tuple of int
        First row, and the row after the last one.
    """
    start, rows = 0, len(indptr) - 1
    while start < rows:
        stop = max(int(np.searchsorted(indptr, indptr[start] + BLOCK_ENTRIES, "right")) - 1, start + 1)
        yield start, stop
        start = stop


def _top_of_rows(weights: sp.csr_matrix, start: int, stop: int, k: int) -> Edges:
    entries = slice(weights.indptr[start], weights.indptr[stop])
    row = np.repeat(np.arange(stop - start), np.diff(weights.indptr[start : stop + 1]))
    data = weights.data[entries]
    keep = data > 0
    found = _top_k(row[keep], weights.indices[entries][keep], data[keep], k)
    return found._replace(item_index=found.item_index + np.int32(start))


def scaled(edges: Edges) -> Edges:
    """Divide weights by the mean top weight, and drop those that are rounding errors."""
    if not len(edges.weight):
        return edges
    weight = (edges.weight / mean_top_weight(edges.item_index, edges.weight)).astype(np.float32)
    keep = weight > MIN_WEIGHT
    return Edges(edges.item_index[keep], edges.neighbor_index[keep], weight[keep])


def top_neighbors_of_block(weights: np.ndarray, start: int, k: int) -> Edges:
    """Return the k largest positive values of each row of a dense block. Ties go to the lower column.

    Parameters
    ----------
    weights : ndarray, float32, (rows, items)
        Rows of a matrix of items × items.
    start : int
        Index of the first row.
    k : int
        Maximum number of edges per row.
    """
    threshold = np.full(len(weights), np.finfo(np.float32).tiny, np.float32)
    if k < weights.shape[1]:
        last = weights.shape[1] - k
        threshold = np.maximum(threshold, np.partition(weights, last, axis=1)[:, last])
    cells = np.flatnonzero(weights >= threshold[:, None])
    row, neighbor = np.divmod(cells, max(weights.shape[1], 1))
    found = _top_k(row, neighbor, weights.ravel()[cells], k)
    return found._replace(item_index=found.item_index + np.int32(start))


def _top_k(row: np.ndarray, neighbor: np.ndarray, weight: np.ndarray, k: int) -> Edges:
    """Return the k largest weights of each row. The pairs are ordered by row, then neighbour."""
    counts, weight = np.bincount(row), weight.astype(np.float32)
    if counts.max(initial=0) > k:
        keep = _top_k_mask(row, weight, counts, k)
        row, neighbor, weight = row[keep], neighbor[keep], weight[keep]
    return Edges(row.astype(np.int32), neighbor.astype(np.int32), weight)


def _top_k_mask(row: np.ndarray, weight: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Mark the k largest weights of each row: bool, (entries,). Ties go to the first entry."""
    begins = np.cumsum(counts) - counts
    # Sorting one integer of row and weight is ten times faster than sorting by two keys. The bits of positive floats
    # have the same order as their values.
    key = (row.astype(np.int64) << 31) | (MAX_BITS - weight.view(np.int32))
    key.sort()
    last = key[begins + np.clip(counts, 1, k) - 1]
    threshold = (MAX_BITS - (last & MAX_BITS)).astype(np.int32).view(np.float32)[row]
    above, equal = weight > threshold, weight == threshold
    equal_before = np.concatenate([[0], np.cumsum(equal)])
    tie_rank = equal_before[:-1] - equal_before[begins][row] + np.bincount(row[above], minlength=len(counts))[row]
    return above | (equal & (tie_rank < k))


def concatenate(parts: list[Edges]) -> Edges:
    """Concatenate edges whose item indices ascend from part to part."""
    if not parts:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Edges(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
