"""Weighted edges from item to item, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

SMALLEST = 1e-6  # weights below this share of the typical strongest one are rounding
LARGEST_BITS = (1 << 31) - 1


class Edges(NamedTuple):
    """Positive weights, ordered by item, then neighbour.

    Attributes
    ----------
    item_index, neighbor_index : ndarray, int32, (edges,)
        Where an edge leaves and where it enters.
    weight : ndarray, float32, (edges,)
        Above 0; an item's strongest is 1 on average.
    """

    item_index: np.ndarray
    neighbor_index: np.ndarray
    weight: np.ndarray


def mean_strongest(item_index: np.ndarray, weight: np.ndarray) -> np.float32:
    """Return how strong an item's strongest edge is on average: of at least one edge, weights above 0."""
    highest = np.zeros(int(item_index.max()) + 1, dtype=np.float32)
    np.maximum.at(highest, item_index, weight)
    return np.float32(highest[highest > 0].mean())


def strongest(weights: sp.csr_matrix, k: int) -> Edges:
    """Take each row's k largest positive values; of equal ones the lower column comes first.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix, (items, items)
        Any values; its indices are sorted in place.
    k : int
        How many a row at most.
    """
    weights.sort_indices()
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    kept = weights.data > 0
    return _first(row[kept], weights.indices[kept], weights.data[kept], k)


def scaled(edges: Edges) -> Edges:
    """Scale weights so that an item's strongest edge is 1 on average; drop those that are rounding."""
    if not len(edges.weight):
        return edges
    weight = (edges.weight / mean_strongest(edges.item_index, edges.weight)).astype(np.float32)
    kept = weight > SMALLEST
    return Edges(edges.item_index[kept], edges.neighbor_index[kept], weight[kept])


def strongest_of_block(weights: np.ndarray, start: int, k: int) -> Edges:
    """Take the k largest positive values of each row of a dense block; of equal ones the lower column comes first.

    Parameters
    ----------
    weights : ndarray, float32, (rows, items)
        Rows of a matrix of items × items.
    start : int
        Which row the first is.
    k : int
        How many a row at most.
    """
    border = np.full(len(weights), np.finfo(np.float32).tiny, np.float32)
    if k < weights.shape[1]:
        last = weights.shape[1] - k
        border = np.maximum(border, np.partition(weights, last, axis=1)[:, last])
    places = np.flatnonzero(weights >= border[:, None])
    row, neighbor = np.divmod(places, max(weights.shape[1], 1))
    found = _first(row, neighbor, weights.ravel()[places], k)
    return found._replace(item_index=found.item_index + np.int32(start))


def _first(row: np.ndarray, neighbor: np.ndarray, weight: np.ndarray, k: int) -> Edges:
    """Keep the k heaviest of each row of pairs that are in the order of rows and neighbours."""
    counts, weight = np.bincount(row), weight.astype(np.float32)
    if counts.max(initial=0) > k:
        kept = _kept(row, weight, counts, k)
        row, neighbor, weight = row[kept], neighbor[kept], weight[kept]
    return Edges(row.astype(np.int32), neighbor.astype(np.int32), weight)


def _kept(row: np.ndarray, weight: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Tell which entries are among the k heaviest of their row; of equal ones the first: bool, (entries,)."""
    begins = np.cumsum(counts) - counts
    # Sorting one integer of row and weight is ten times quicker than sorting by two keys. The bits of floats above 0
    # are in the order of their values.
    key = (row.astype(np.int64) << 31) | (LARGEST_BITS - weight.view(np.int32))
    key.sort()
    last = key[begins + np.clip(counts, 1, k) - 1]
    border = (LARGEST_BITS - (last & LARGEST_BITS)).astype(np.int32).view(np.float32)[row]
    above, equal = weight > border, weight == border
    ahead = np.concatenate([[0], np.cumsum(equal)])
    place = ahead[:-1] - ahead[begins][row] + np.bincount(row[above], minlength=len(counts))[row]
    return above | (equal & (place < k))


def joined(parts: list[Edges]) -> Edges:
    """Put edges of rising items after each other."""
    if not parts:
        return Edges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Edges(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
