"""Nearest neighbours by cosine, exact, in blocks that fit in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

from mmsql.errors import OptionError
from mmsql.models.edges import best_of_rows

if TYPE_CHECKING:
    import torch

BLOCK_CELLS = 1 << 24  # similarities held at a time
EXACT_ITEMS = 50_000  # beyond, neighbours are looked for within near clusters
CLUSTER_SIZE = 256  # rows of a cluster on average
PROBES = 16  # clusters a row is compared with
SAMPLED = 64  # rows a cluster that the clusters are learned from
MOST_COMPARED = 50_000  # rows that a row is compared with
STEPS = 1 << 20  # similarities are multiples of 1 / STEPS, so that equal vectors tie in spite of rounding
TIES = 16  # neighbours looked at beyond the k-th, so that ties there go to the lower index
WORK = 20_000  # products a row that a sparse search may take on average
LEAST_WORK = 1e9  # products that any sparse search may take


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

    Exact up to ``EXACT_ITEMS`` rows. Of more, each is compared with the rows of the clusters nearest to its own, so
    that the work grows with the rows (an inverted file, as in Jégou, Douze & Schmid, 2011).

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
        An item is not its own neighbour; of equally similar ones the lower index comes first. Where more than
        ``TIES`` tie at the k-th place, which of them are kept is the same each time.

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
    if items > EXACT_ITEMS:
        return _clustered(unit, np.flatnonzero(norms.ravel() > 0), k)
    rows = max(block or BLOCK_CELLS // max(items, 1), 1)
    return _joined([_first_dense(unit[start : start + rows] @ unit.T, start, k) for start in range(0, items, rows)])


def _clustered(unit: torch.Tensor, filled: np.ndarray, k: int) -> Neighbors:
    """Find neighbours within near clusters; parameters as of :func:`nearest`, of the rows that are not zero."""
    import torch
    from sklearn.cluster import MiniBatchKMeans

    vectors, wanted = unit[filled], max(len(filled) // CLUSTER_SIZE, 1)
    chosen = np.random.default_rng(0).permutation(len(filled))[: SAMPLED * wanted]
    means = MiniBatchKMeans(wanted, random_state=0, n_init=1, batch_size=4096, max_iter=10).fit(
        vectors[chosen].numpy()
    )
    centers = torch.from_numpy(means.cluster_centers_.astype(np.float32))
    cluster = np.concatenate([(part @ centers.T).argmax(dim=1).numpy() for part in vectors.split(4096)])
    order, begins = np.argsort(cluster, kind="stable"), np.searchsorted(np.sort(cluster), np.arange(wanted + 1))
    members = [order[begins[n] : begins[n + 1]] for n in range(wanted)]
    near = (centers @ centers.T).topk(min(PROBES, wanted), dim=1).indices.numpy()
    blocks = []
    for own, others in zip(members, near, strict=True):
        among = np.sort(np.concatenate([members[n] for n in others]))[:MOST_COMPARED]
        parts = -(-len(own) * len(among) // BLOCK_CELLS)
        blocks += [_first_among(vectors, rows, among, k) for rows in np.array_split(own, parts or 1)]
    found = _joined(blocks)
    return _first(filled[found.item_index], filled[found.neighbor_index], found.similarity * STEPS, 0, k)


def _first_among(vectors: torch.Tensor, rows: np.ndarray, among: np.ndarray, k: int) -> Neighbors:
    """Find the k nearest of some rows among others, themselves left out."""
    import torch

    steps = (vectors[rows] @ vectors[among].T).mul_(STEPS).round_()
    steps[torch.from_numpy(rows[:, None] == among)] = 0
    found = steps.topk(min(k, len(among)), dim=1)
    row, place = np.nonzero(found.values.numpy() > 0)
    neighbor = among[found.indices.numpy()[row, place]]
    return Neighbors(rows[row].astype(np.int32), neighbor.astype(np.int32), found.values.numpy()[row, place] / STEPS)


def nearest_sparse(rows: sp.csr_matrix, k: int) -> Neighbors:
    """Find every sparse row's k nearest others by cosine.

    Where the columns' fillings would make more than ``WORK`` products a row, the fullest columns are left out of the
    search: what nearly all items share says least about them.

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
    from sparse_dot_topn import sp_matmul_topn

    _check(k)
    rows = sp.csr_matrix(rows, dtype=np.float32)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    unit = sp.csr_matrix(sp.diags(np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)) @ rows)
    unit = unit[:, _searchable(unit)]
    if not unit.nnz:
        return _joined([])
    threads = os.cpu_count()
    found = sp_matmul_topn(unit, sp.csr_matrix(unit.T), top_n=k + 1 + TIES, threshold=0.0, n_threads=threads).tocoo()
    steps = np.rint(found.data * STEPS)
    keep = (steps > 0) & (found.row != found.col)
    return _first(found.row[keep], found.col[keep], steps[keep], 0, k)


def _searchable(unit: sp.csr_matrix) -> np.ndarray:
    """Return the columns that are not too full to be searched by: int64, (columns,)."""
    holders = np.bincount(unit.indices, minlength=unit.shape[1]).astype(np.float64)
    order = np.argsort(holders, kind="stable")
    fits = np.cumsum(holders[order] ** 2) <= max(WORK * unit.shape[0], LEAST_WORK)
    return np.sort(order[fits])


def _check(k: int) -> None:
    if k < 1:
        raise OptionError(f"The number of neighbours must be at least 1; {k} was given.")


def _first_dense(similarity: torch.Tensor, start: int, k: int) -> Neighbors:
    import torch

    steps = similarity.mul_(STEPS).round_()
    own = torch.arange(len(steps))
    steps[own, own + start] = 0
    best, neighbor = (found.numpy() for found in steps.topk(min(k + TIES, steps.shape[1]), dim=1))
    row, place = np.nonzero(best > 0)
    return _first(row, neighbor[row, place], best[row, place], start, k)


def _first(row: np.ndarray, neighbor: np.ndarray, steps: np.ndarray, start: int, k: int) -> Neighbors:
    """Keep the first k of every row, best first."""
    chosen, _ = best_of_rows(row, neighbor, steps, k)
    return Neighbors(
        (row[chosen] + start).astype(np.int32),
        neighbor[chosen].astype(np.int32),
        (np.minimum(steps[chosen], STEPS) / STEPS).astype(np.float32),
    )


def _joined(blocks: list[Neighbors]) -> Neighbors:
    if not blocks:
        return Neighbors(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Neighbors(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
