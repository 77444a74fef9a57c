"""Edges to items without events: what leads to an item is learned from its content."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.data.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import strongest_of_block
from mmsql.models.graph.features import Features, principal
from mmsql.models.graph.scales import draw_projections, learn_weights

LENDING = 20_000  # items that are learned from: of more, those with the most events
SOURCES = 20_000  # items that edges to new ones leave: of more, those that edges leave most
KEPT = 300  # edges that enter an item
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
CHECKED_ITEMS = 1500  # that penalties are compared on
LEAST_SHARE = 0.1  # of a content edge that is left, so that what is alike stays joined
BLOCK_CELLS = 1 << 24
ALIKE = (columns.COMMENT, columns.TEXT, columns.IMAGE, columns.ATTRIBUTE)


def cold_start_edges(
    learned: pa.Table, alike: list[pa.Table], content: Content, events: np.ndarray, weight: float
) -> list[pa.Table]:
    """Lead edges to items without events, by a map from content to edges that is learned from items with events.

        edge(j → i) = weight · (mean(j) + ⟨features(i), map(j)⟩)

    The map is the ridge regression of what enters an item, less the mean, on its features, in closed form: as the
    mappings of Gantner et al., Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010, but
    to the edges themselves. Its penalty is the best of :data:`PENALTIES` at predicting each item from all others.
    Content edges to items without events are scaled down to what they add to that prediction.

    Parameters
    ----------
    learned : pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`: edges of behaviour, which are predicted; see
        :func:`~mmsql.models.graph.behavior.cooccurrence_edges`.
    alike : list of pyarrow.Table
        Of the same schema: content edges, a modality a table.
    content : Content
        Of the catalog.
    events : ndarray, int, (items,)
        Training events an item.
    weight : float
        Factor of what is predicted.

    Returns
    -------
    list of pyarrow.Table
        The content edges, and those of modality ``alike``, if there are any. An item that nothing is known about
        gets none.
    """
    fresh = np.flatnonzero(events == 0)
    known = np.sort(np.argsort(-events, kind="stable")[: min(LENDING, len(events) - len(fresh))])
    entering = _entering(learned, known, len(events))
    if not len(fresh) or not entering.matrix.nnz or not has_features(content):
        return alike
    features = Features(content, known, lambda modalities: learn_weights(modalities, entering.matrix))
    wanted = fresh[features.described[fresh]]
    if not len(wanted):
        return alike
    ridge = Ridge(features.of(known), entering.matrix)
    share = ridge.choose(_joining(alike, known, entering.sources, len(events)))
    parts, block = [], max(1, BLOCK_CELLS // len(entering.sources))
    led = ridge.leading(len(wanted))
    for start in range(0, len(wanted), block):
        rows = wanted[start : start + block]
        found = strongest_of_block(led(features.of(rows)), 0, KEPT)
        parts.append((entering.sources[found.neighbor_index], rows[found.item_index], found.weight))
    leaves, enters, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    made = as_edges(leaves.astype(np.int32), enters.astype(np.int32), np.float32(weight) * weights, columns.ALIKE)
    return [*(_damped(table, events, share) for table in alike), made]


def has_features(content: Content) -> bool:
    """Tell whether anything is known about items that edges to new ones could be predicted from."""
    parts = (content.comment, content.text, content.words, content.image, content.attribute)
    return any(part is not None for part in parts)


class Entering(NamedTuple):
    """What enters items with events.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (known, sources)
        Weights, from column to row.
    sources : ndarray, int, (sources,)
        Which items the columns are, rising.
    """

    matrix: sp.csr_matrix
    sources: np.ndarray


def _entering(learned: pa.Table, known: np.ndarray, items: int) -> Entering:
    leaves, enters = learned["item_index"].to_numpy(), learned["neighbor_index"].to_numpy()
    weights = learned["weight"].to_numpy()
    leaving = np.bincount(leaves, weights, items)
    sources = np.argsort(-leaving, kind="stable")[: min(SOURCES, np.count_nonzero(leaving))]
    sources = np.sort(sources)
    whole = sp.csr_matrix((weights, (enters, leaves)), shape=(items, items), dtype=np.float32)
    return Entering(whole[known][:, sources], sources)


def _joining(tables: list[pa.Table], known: np.ndarray, sources: np.ndarray, items: int) -> sp.csr_matrix:
    """Return the content edges of all modalities from sources to known items: float32, (known, sources)."""
    total = sp.csr_matrix((len(known), len(sources)), dtype=np.float32)
    for table in tables:
        if not _is_content(table):
            continue
        where = (table["neighbor_index"].to_numpy(), table["item_index"].to_numpy())
        whole = sp.csr_matrix((table["weight"].to_numpy(), where), shape=(items, items), dtype=np.float32)
        total = total + whole[known][:, sources]
    return total


def _is_content(table: pa.Table) -> bool:
    return table.num_rows > 0 and table["modality"][0].as_py() in ALIKE


def _damped(table: pa.Table, events: np.ndarray, share: float) -> pa.Table:
    """Scale down content edges that enter items without events."""
    if not _is_content(table):
        return table
    enters = table["neighbor_index"].to_numpy()
    weights = table["weight"].to_numpy() * np.where(events[enters] == 0, np.float32(share), np.float32(1))
    return as_edges(table["item_index"], table["neighbor_index"], weights, table["modality"][0].as_py())


class Ridge:
    """A ridge regression of what enters items on their features; what is predicted is taken less its mean.

    Parameters
    ----------
    features : ndarray, float32, (known, size)
        Of items with events.
    matrix : scipy.sparse.csr_matrix, float32, (known, sources)
        What enters them.
    """

    def __init__(self, features: np.ndarray, matrix: sp.csr_matrix) -> None:
        self.matrix = matrix
        self.mean = np.asarray(matrix.mean(axis=0), dtype=np.float32).ravel()
        self.power, self.directions = principal(features)
        self.scores = features @ self.directions  # columns are orthogonal, of squared length power
        self.penalty = PENALTIES[-1]

    def choose(self, joining: sp.csr_matrix) -> float:
        """Choose the penalty that predicts each item best from all others, and say what content edges add to that.

        Predictions without the item itself are in closed form: residual / (1 - leverage) (Golub, Heath & Wahba,
        Generalized cross-validation, 1979); only the mean has seen it. What enters items is told apart by random
        projections.

        Parameters
        ----------
        joining : scipy.sparse.csr_matrix, float32, (known, sources)
            Content edges.

        Returns
        -------
        float
            The least-squares factor of the content edges beside the prediction, from ``LEAST_SHARE`` to 1.
        """
        rng = np.random.default_rng(0)
        rows = np.sort(rng.permutation(self.matrix.shape[0])[:CHECKED_ITEMS])
        drawn = draw_projections(self.matrix.shape[1])
        wanted = self.matrix @ drawn - self.mean @ drawn
        checked, projected, own = wanted[rows], self.scores.T @ wanted, self.scores[rows]
        shrunk = np.array([self._shrunk(penalty) for penalty in PENALTIES])
        kept = 1 - own**2 @ (1 / shrunk).T  # 1 - leverage, (rows, penalties)
        least, left = np.inf, checked
        for place, penalty in enumerate(PENALTIES):
            missed = (checked - own @ (projected / shrunk[place][:, None])) / kept[:, place, None]
            if (error := float((missed**2).sum())) < least:
                least, left, self.penalty = error, missed, penalty
        content = joining[rows] @ drawn
        found = float((left * content).sum() / max(float((content**2).sum()), 1e-12))
        return min(max(found, LEAST_SHARE), 1.0)

    def leading(self, items: int) -> Callable[[np.ndarray], np.ndarray]:
        """Return what predicts, from features (rows, size), what enters (rows, sources): quick for so many items."""
        if items < len(self.power):
            return self._from_items
        response = np.asarray((self.matrix.T @ self.scores).T) - np.outer(self.scores.sum(axis=0), self.mean)
        response /= self._shrunk(self.penalty)[:, None]
        return lambda features: (features @ self.directions) @ response + self.mean

    def _from_items(self, features: np.ndarray) -> np.ndarray:
        shares = ((features @ self.directions) / self._shrunk(self.penalty)) @ self.scores.T
        return np.asarray((self.matrix.T @ shares.T).T) + np.outer(1 - shares.sum(axis=1), self.mean)

    def _shrunk(self, penalty: float) -> np.ndarray:
        return (self.power + penalty).astype(np.float32)
