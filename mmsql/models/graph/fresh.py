"""Edges to items without events: what is like them lends them its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import Edges, strongest, strongest_of_block
from mmsql.models.largest import Entries, best_of_block

LENDERS = 20  # items of each modality that lend to an item
LENDING = 50_000  # items that may lend: of more, those with the most events
KEPT = 300  # edges that enter an item
PROBES = 300  # items that tell how far a modality can be trusted
BLOCK_CELLS = 1 << 24


def fresh_edges(learned: pa.Table, content: Content, events: np.ndarray, weight: float) -> pa.Table:
    """Lead edges to items without events, made of what leads to the items most like them.

        edge(j → i) = weight · Σ over modalities m, Σ over i's nearest n of trust(m) · similarity(i, n) · edge(j → n)

    Similarities are divided by their sum, trusts too. A modality is trusted by how much stronger items are joined to
    their nearest than to others. It is the nearest-neighbour form of the mappings from content of Gantner et al.,
    Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010.

    Parameters
    ----------
    learned : pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`: edges of behaviour, which are lent.
    content : Content
        Of the catalog.
    events : ndarray, int, (items,)
        Training events an item.
    weight : float
        Factor of what is lent.

    Returns
    -------
    pyarrow.Table
        Of the same schema, modality ``alike``.
    """
    items, fresh = len(events), np.flatnonzero(events == 0)
    lending = np.sort(np.argsort(-events, kind="stable")[: min(LENDING, items - len(fresh))])
    where = (learned["neighbor_index"].to_numpy(), learned["item_index"].to_numpy())
    entering = sp.csr_matrix((learned["weight"].to_numpy(), where), shape=(items, items), dtype=np.float32)[lending]
    found = [(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))]
    for rows, shares in _lent(content, fresh, lending, entering) if len(fresh) and len(lending) else ():
        kept = _strongest_lent(shares, entering)
        found.append((kept.neighbor_index, rows[kept.item_index].astype(np.int32), np.float32(weight) * kept.weight))
    leaves, enters, weights = (np.concatenate(part) for part in zip(*found, strict=True))
    return as_edges(leaves, enters, weights, columns.ALIKE)


def _lent(
    content: Content, fresh: np.ndarray, lending: np.ndarray, entering: sp.csr_matrix
) -> Iterator[tuple[np.ndarray, sp.csr_matrix]]:
    """Yield blocks of fresh items with what they take of each lending item's edges."""
    there = (content.comment, content.text, content.image, content.attribute)
    features = [vectors for vectors in there if vectors is not None]
    trusts = [np.float32(1)] if len(features) == 1 else [_trust(vectors, lending, entering) for vectors in features]
    block = max(1, BLOCK_CELLS // len(lending))
    for start in range(0, len(fresh) if features else 0, block):
        rows = fresh[start : start + block]
        lent, known = [], np.zeros(len(rows), np.float32)
        for vectors, trust in zip(features, trusts, strict=True):
            row, column, share = _shares(_similarity(vectors, rows, lending))
            lent.append((row, column, trust * share))
            known += trust * (np.bincount(row, minlength=len(rows)) > 0)
        row, column, share = (np.concatenate(part) for part in zip(*lent, strict=True))
        share = share / np.maximum(known, 1e-12)[row]
        yield rows, sp.csr_matrix((share, (row, column)), shape=(len(rows), len(lending)))


def _trust(vectors: np.ndarray | sp.csr_matrix, lending: np.ndarray, entering: sp.csr_matrix) -> np.float32:
    """Return how many times as strong the edges between items and their nearest are as other edges, less 1."""
    probes = np.sort(np.random.default_rng(0).permutation(len(lending))[:PROBES])
    similarity = _similarity(vectors, lending[probes], lending)
    similarity[np.arange(len(probes)), probes] = 0  # an item does not tell how it would be lent to
    near = _nearest(similarity)
    edges = entering[probes][:, lending]
    usual = edges.mean()
    if not usual > 0:
        return np.float32(0)
    return np.float32(max(edges[near.row, near.column].sum() / max(len(near.row), 1) / usual - 1, 0))


def _similarity(vectors: np.ndarray | sp.csr_matrix, rows: np.ndarray, lending: np.ndarray) -> np.ndarray:
    """Return how alike some items are to those that lend: float32, (rows, lending)."""
    others = vectors[lending].T
    if not sp.issparse(vectors):
        return np.asarray(vectors[rows] @ others)
    if others.shape[0] * others.shape[1] <= BLOCK_CELLS:
        return np.asarray(vectors[rows] @ others.toarray(order="C"))
    return np.asarray((vectors[rows] @ others).toarray())


def _nearest(similarity: np.ndarray) -> Entries:
    return best_of_block(similarity, LENDERS, np.finfo(np.float32).tiny)[0]


def _shares(similarity: np.ndarray) -> Entries:
    """Keep each row's largest similarities, as shares that add up to 1."""
    row, column, value = _nearest(similarity)
    whole = np.bincount(row, value, len(similarity)).astype(np.float32)
    return Entries(row, column, value / np.maximum(whole, 1e-12)[row])


def _strongest_lent(shares: sp.csr_matrix, entering: sp.csr_matrix) -> Edges:
    """Return the strongest edges that enter fresh items, which are the rows."""
    cells = entering.shape[0] * entering.shape[1]
    if cells <= BLOCK_CELLS and shares.nnz * (entering.nnz / entering.shape[0]) >= cells:
        sources = np.flatnonzero(entering.getnnz(axis=0))
        kept = strongest_of_block(shares @ entering[:, sources].toarray(), 0, KEPT)
        return kept._replace(neighbor_index=sources[kept.neighbor_index].astype(np.int32))
    return strongest(sp.csr_matrix(shares @ entering), KEPT)
