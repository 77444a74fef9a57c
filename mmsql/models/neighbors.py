"""Nearest neighbours by cosine, exact, in blocks that fit in memory."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from mmsql.errors import OptionError
from mmsql.models.top_k import Entries, best_of_block, best_of_rows

BLOCK_CELLS = 1 << 24  # similarities held at a time
EXACT_ITEMS = 50_000  # beyond, neighbours are looked for within near clusters
CLUSTER_SIZE = 256  # rows of a cluster on average
PROBES = 16  # clusters a row is compared with
SAMPLED = 64  # rows a cluster that the clusters are learned from
MOST_COMPARED = 50_000  # rows that a row is compared with
STEPS = 1 << 20  # similarities are multiples of 1 / STEPS, so that equal vectors tie in spite of rounding
FILLED = 2  # where products are at least one for so many pairs of rows, a dense product is quicker
TIES = 16  # neighbours a sparse search looks at beyond the k-th, so that ties there go to the lower index
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
        An item is not its own neighbour; of equally similar ones the lower index comes first.

    Raises
    ------
    OptionError
        When ``k`` is not at least 1.
    """
    _check(k)
    norms = np.linalg.norm(vectors, axis=1)
    filled = np.flatnonzero(norms > 0)
    unit = vectors[filled] / norms[filled, None]
    found = _clustered(unit, k) if len(vectors) > EXACT_ITEMS else _exact(unit, unit.T, k, block)
    return found._replace(
        item_index=filled[found.item_index].astype(np.int32),
        neighbor_index=filled[found.neighbor_index].astype(np.int32),
    )


def _exact(unit: np.ndarray | sp.csr_matrix, others: np.ndarray, k: int, block: int | None = None) -> Neighbors:
    """Compare all rows of length 1 with all, which are the columns of ``others``."""
    items = others.shape[1]
    rows = max(block or BLOCK_CELLS // max(items, 1), 1)
    blocks = []
    for start in range(0, items, rows):
        # One array and its transpose: all of it at once, numpy computes one half and mirrors it.
        similarity = (unit if rows >= items else unit[start : start + rows]) @ others
        own = np.arange(len(similarity))
        similarity[own, own + start] = 0
        blocks.append(_first(best_of_block(_in_steps(similarity), k, 1)[0], start))
    return _joined(blocks)


def _in_steps(similarity: np.ndarray) -> np.ndarray:
    """Round similarities in place to multiples of 1 / STEPS, and return how many."""
    similarity *= STEPS
    return np.rint(similarity, out=similarity)


def _clustered(vectors: np.ndarray, k: int) -> Neighbors:
    """Find neighbours within near clusters; parameters as of :func:`nearest`, the rows of length 1."""
    from sklearn.cluster import MiniBatchKMeans

    wanted = max(len(vectors) // CLUSTER_SIZE, 1)
    chosen = np.random.default_rng(0).permutation(len(vectors))[: SAMPLED * wanted]
    means = MiniBatchKMeans(wanted, random_state=0, n_init=1, batch_size=4096, max_iter=10).fit(vectors[chosen])
    centers = means.cluster_centers_.astype(np.float32)
    starts = range(0, len(vectors), 4096)
    cluster = np.concatenate([(vectors[start : start + 4096] @ centers.T).argmax(axis=1) for start in starts])
    order, begins = np.argsort(cluster, kind="stable"), np.searchsorted(np.sort(cluster), np.arange(wanted + 1))
    members = [order[begins[n] : begins[n + 1]] for n in range(wanted)]
    near = np.argsort(-(centers @ centers.T), axis=1, kind="stable")[:, :PROBES]
    blocks = []
    for own, others in zip(members, near, strict=True):
        among = np.sort(np.concatenate([members[n] for n in others]))[:MOST_COMPARED]
        parts = -(-len(own) * len(among) // BLOCK_CELLS)
        blocks += [_first_among(vectors, rows, among, k) for rows in np.array_split(own, parts or 1)]
    found = _joined(blocks)
    order = np.argsort(found.item_index, kind="stable")
    return Neighbors(*(part[order] for part in found))


def _first_among(vectors: np.ndarray, rows: np.ndarray, among: np.ndarray, k: int) -> Neighbors:
    """Find the k nearest of some rows among others, themselves left out."""
    similarity = vectors[rows] @ vectors[among].T
    similarity[rows[:, None] == among] = 0
    found = _first(best_of_block(_in_steps(similarity), k, 1)[0])
    return found._replace(
        item_index=rows[found.item_index].astype(np.int32),
        neighbor_index=among[found.neighbor_index].astype(np.int32),
    )


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
        As of :func:`nearest`. Where a dense product would take longer and more than ``TIES`` tie at the k-th place,
        which of them are kept is the same each time.

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
    others = sp.csr_matrix(unit.T)
    products = float((np.diff(others.indptr).astype(np.float64) ** 2).sum())
    if products * FILLED >= len(norms) ** 2 and others.shape[0] * others.shape[1] <= BLOCK_CELLS:
        return _exact(unit, others.toarray(), k)
    found = sp_matmul_topn(unit, others, top_n=k + 1 + TIES, threshold=0.0, n_threads=os.cpu_count()).tocoo()
    steps = np.rint(found.data * STEPS)
    keep = (steps > 0) & (found.row != found.col)
    return _first(best_of_rows(Entries(found.row[keep], found.col[keep], steps[keep]), k)[0])


def _searchable(unit: sp.csr_matrix) -> np.ndarray:
    """Return the columns that are not too full to be searched by: int64, (columns,)."""
    holders = np.bincount(unit.indices, minlength=unit.shape[1]).astype(np.float64)
    order = np.argsort(holders, kind="stable")
    fits = np.cumsum(holders[order] ** 2) <= max(WORK * unit.shape[0], LEAST_WORK)
    return np.sort(order[fits])


def _check(k: int) -> None:
    if k < 1:
        raise OptionError(f"The number of neighbours must be at least 1; {k} was given.")


def _first(chosen: Entries, start: int = 0) -> Neighbors:
    """Turn steps of chosen entries back into similarities, of rows that begin at ``start``."""
    return Neighbors(
        (chosen.row + start).astype(np.int32),
        chosen.column.astype(np.int32),
        np.minimum(chosen.value, STEPS) / np.float32(STEPS),
    )


def _joined(blocks: list[Neighbors]) -> Neighbors:
    if not blocks:
        return Neighbors(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Neighbors(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
