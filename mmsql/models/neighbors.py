"""Nearest neighbours by cosine: exact in blocks, or within clusters on large catalogs."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from mmsql import interrupts
from mmsql.errors import OptionError
from mmsql.models.top_k import Entries, best_of_block, best_of_rows

BLOCK_CELLS = 1 << 24  # number of similarities in memory at once
EXACT_ITEMS = 50_000  # catalogs with more rows are searched within clusters
CLUSTER_SIZE = 256  # mean number of rows in a cluster
PROBES = 16  # number of nearest clusters that a row is compared with
SAMPLED_PER_CLUSTER = 64  # rows per cluster that the clusters are learned from
MAX_COMPARED = 50_000  # maximum number of rows that a row is compared with
QUANTIZATION = 1 << 20  # similarities are multiples of 1 / QUANTIZATION, so that equal vectors tie despite rounding
DENSE_PRODUCTS = 2  # a dense product is faster if the sparse one takes at least items² / DENSE_PRODUCTS products
EXTRA_NEIGHBORS = 16  # extra neighbours of a sparse search, so that ties at the k-th go to the lower index
MAX_PRODUCTS = 20_000  # mean number of products per row that a sparse search may take
MIN_PRODUCTS = 1e9  # total number of products that every sparse search may take


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
    """Find the k nearest other rows of every row by cosine.

    The search is exact up to ``EXACT_ITEMS`` rows. On larger catalogs, a row is compared with the rows of the
    clusters nearest to its own, so the work grows linearly with the rows (an inverted file, as in Jégou, Douze &
    Schmid, 2011).

    Parameters
    ----------
    vectors : ndarray, float32, (items, size)
        Zero rows have no neighbours and are not neighbours of any row.
    k : int
        Maximum number of neighbours per row. Only neighbours with a similarity above 0 count.
    block : int, optional
        Number of rows multiplied at once. By default, a block takes 64 MB.

    Returns
    -------
    Neighbors
        A row is not its own neighbour. Ties go to the lower index.

    Raises
    ------
    OptionError
        If ``k`` is below 1.
    """
    _check(k)
    norms = np.linalg.norm(vectors, axis=1)
    filled = np.flatnonzero(norms > 0)
    unit = vectors[filled] / norms[filled, None]
    found = _clustered_neighbors(unit, k) if len(vectors) > EXACT_ITEMS else _exact_neighbors(unit, unit.T, k, block)
    return found._replace(
        item_index=filled[found.item_index].astype(np.int32),
        neighbor_index=filled[found.neighbor_index].astype(np.int32),
    )


def _exact_neighbors(
    unit: np.ndarray | sp.csr_matrix, others: np.ndarray, k: int, block: int | None = None
) -> Neighbors:
    """Compare all unit rows with all others, which are the columns of ``others``."""
    items = others.shape[1]
    rows = max(block or BLOCK_CELLS // max(items, 1), 1)
    blocks = []
    for start in range(0, items, rows):
        interrupts.check()
        # For the product of an array and its own transpose, numpy computes one half and mirrors it.
        similarity = (unit if rows >= items else unit[start : start + rows]) @ others
        own = np.arange(len(similarity))
        similarity[own, own + start] = 0
        blocks.append(_as_neighbors(best_of_block(_quantize(similarity), k, 1)[0], start))
    return _concatenate(blocks)


def _quantize(similarity: np.ndarray) -> np.ndarray:
    """Multiply similarities by QUANTIZATION and round them, in place."""
    similarity *= QUANTIZATION
    return np.rint(similarity, out=similarity)


def _clustered_neighbors(vectors: np.ndarray, k: int) -> Neighbors:
    """Find neighbours within near clusters; parameters as in :func:`nearest`, with rows of length 1."""
    from sklearn.cluster import MiniBatchKMeans

    clusters = max(len(vectors) // CLUSTER_SIZE, 1)
    chosen = np.random.default_rng(0).permutation(len(vectors))[: SAMPLED_PER_CLUSTER * clusters]
    means = MiniBatchKMeans(clusters, random_state=0, n_init=1, batch_size=4096, max_iter=10).fit(vectors[chosen])
    centers = means.cluster_centers_.astype(np.float32)
    starts = range(0, len(vectors), 4096)
    cluster = np.concatenate([(vectors[start : start + 4096] @ centers.T).argmax(axis=1) for start in starts])
    order, begins = np.argsort(cluster, kind="stable"), np.searchsorted(np.sort(cluster), np.arange(clusters + 1))
    members = [order[begins[n] : begins[n + 1]] for n in range(clusters)]
    nearest_clusters = np.argsort(-(centers @ centers.T), axis=1, kind="stable")[:, :PROBES]
    blocks = []
    for own, others in zip(members, nearest_clusters, strict=True):
        compared = np.sort(np.concatenate([members[n] for n in others]))[:MAX_COMPARED]
        parts = -(-len(own) * len(compared) // BLOCK_CELLS)
        blocks += [_nearest_among(vectors, rows, compared, k) for rows in np.array_split(own, parts or 1)]
    found = _concatenate(blocks)
    order = np.argsort(found.item_index, kind="stable")
    return Neighbors(*(part[order] for part in found))


def _nearest_among(vectors: np.ndarray, rows: np.ndarray, others: np.ndarray, k: int) -> Neighbors:
    """Find the k nearest of some rows among others, without the row itself."""
    similarity = vectors[rows] @ vectors[others].T
    similarity[rows[:, None] == others] = 0
    found = _as_neighbors(best_of_block(_quantize(similarity), k, 1)[0])
    return found._replace(
        item_index=rows[found.item_index].astype(np.int32),
        neighbor_index=others[found.neighbor_index].astype(np.int32),
    )


def nearest_sparse(rows: sp.csr_matrix, k: int) -> Neighbors:
    """Find the k nearest other rows of every sparse row by cosine.

    If the search would take more than ``MAX_PRODUCTS`` products per row, it leaves out the fullest columns, because
    values that nearly all items share distinguish them least.

    Parameters
    ----------
    rows : scipy.sparse.csr_matrix, float32, (items, values)
        Empty rows have no neighbours and are not neighbours of any row.
    k : int
        Maximum number of neighbours per row.

    Returns
    -------
    Neighbors
        As in :func:`nearest`, with one exception: if a sparse product is faster and more than ``EXTRA_NEIGHBORS``
        rows tie at the k-th, an arbitrary but deterministic subset of them is returned.

    Raises
    ------
    OptionError
        If ``k`` is below 1.
    """
    from sparse_dot_topn import sp_matmul_topn

    _check(k)
    rows = sp.csr_matrix(rows, dtype=np.float32)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    unit = sp.csr_matrix(sp.diags(np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)) @ rows)
    unit = unit[:, _searchable(unit)]
    if not unit.nnz:
        return _concatenate([])
    others = sp.csr_matrix(unit.T)
    products = float((np.diff(others.indptr).astype(np.float64) ** 2).sum())
    if products * DENSE_PRODUCTS >= len(norms) ** 2 and others.shape[0] * others.shape[1] <= BLOCK_CELLS:
        return _exact_neighbors(unit, others.toarray(), k)
    found = sp_matmul_topn(
        unit, others, top_n=k + 1 + EXTRA_NEIGHBORS, threshold=0.0, n_threads=os.cpu_count()
    ).tocoo()
    quantized = np.rint(found.data * QUANTIZATION)
    keep = (quantized > 0) & (found.row != found.col)
    return _as_neighbors(best_of_rows(Entries(found.row[keep], found.col[keep], quantized[keep]), k)[0])


def _searchable(unit: sp.csr_matrix) -> np.ndarray:
    """Return the columns that fit into the limit of products, ascending; emptier columns take precedence."""
    holders = np.bincount(unit.indices, minlength=unit.shape[1]).astype(np.float64)
    order = np.argsort(holders, kind="stable")
    fits = np.cumsum(holders[order] ** 2) <= max(MAX_PRODUCTS * unit.shape[0], MIN_PRODUCTS)
    return np.sort(order[fits])


def _check(k: int) -> None:
    if k < 1:
        raise OptionError(f"The number of neighbours must be at least 1; {k} was given.")


def _as_neighbors(chosen: Entries, start: int = 0) -> Neighbors:
    """Convert quantized entries back to similarities; the first row has index ``start``."""
    return Neighbors(
        (chosen.row + start).astype(np.int32),
        chosen.column.astype(np.int32),
        np.minimum(chosen.value, QUANTIZATION) / np.float32(QUANTIZATION),
    )


def _concatenate(blocks: list[Neighbors]) -> Neighbors:
    if not blocks:
        return Neighbors(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Neighbors(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
