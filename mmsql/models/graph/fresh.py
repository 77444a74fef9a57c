"""Edges to items without events: what is like them lends them its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import strongest

LENDERS = 20  # items of each modality that lend to an item
LENDING = 50_000  # items that may lend: of more, those with the most events
KEPT = 100  # edges that enter an item
BLOCK_CELLS = 1 << 24


def fresh_edges(behavior: pa.Table, content: Content, events: np.ndarray, weight: float) -> pa.Table:
    """Lead edges to items without events from what leads to the items most like them.

        edge(j → i) = weight · Σ over i's nearest n of each modality of similarity(i, n) · edge(j → n) / Σ similarity

    the mean over modalities. This is the item-based form of the content-to-collaborative mapping of Gantner et al.,
    Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010, with nearest neighbours.

    Parameters
    ----------
    behavior : pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`: what is lent.
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
    where = (behavior["neighbor_index"].to_numpy(), behavior["item_index"].to_numpy())
    entering = sp.csr_matrix((behavior["weight"].to_numpy(), where), shape=(items, items), dtype=np.float32)[lending]
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for start, lent in _lent(content, fresh, lending):
        kept = strongest(sp.csr_matrix(lent @ entering), KEPT)
        found.append((fresh[start + kept.item_index], kept.neighbor_index, np.float32(weight) * kept.weight))
    to, leaves, weights = (np.concatenate(part) for part in zip(*found, strict=True)) if found else (np.zeros(0),) * 3
    return as_edges(leaves.astype(np.int32), to.astype(np.int32), weights.astype(np.float32), columns.ALIKE)


def _lent(content: Content, fresh: np.ndarray, lending: np.ndarray) -> Iterator[tuple[int, sp.csr_matrix]]:
    """Yield blocks of fresh items with what each of the others lends them: where a block starts, and shares."""
    features = [
        sp.csr_matrix(vectors) if sp.issparse(vectors) else vectors
        for vectors in (content.comment, content.text, content.attribute)
        if vectors is not None
    ]
    block = max(1, BLOCK_CELLS // max(len(lending), 1))
    for start in range(0, len(fresh) if features and len(lending) else 0, block):
        rows = fresh[start : start + block]
        shares = [_shares(vectors[rows] @ vectors[lending].T) for vectors in features]
        total = sum(shares[1:], shares[0])
        known = sum((np.diff(share.indptr) > 0).astype(np.float32) for share in shares)
        yield start, sp.csr_matrix(sp.diags(1 / np.maximum(known, 1)) @ total)


def _shares(similarity: np.ndarray | sp.csr_matrix) -> sp.csr_matrix:
    """Keep each row's largest similarities, as shares that add up to 1."""
    kept = strongest(sp.csr_matrix(similarity), LENDERS)
    shares = sp.csr_matrix((kept.weight, (kept.item_index, kept.neighbor_index)), shape=similarity.shape)
    return sp.csr_matrix(sp.diags(1 / np.maximum(shares.sum(axis=1).A1, 1e-12)) @ shares)
