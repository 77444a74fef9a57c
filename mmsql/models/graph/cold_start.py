"""Cold-start edges: edges to items without events, predicted from content."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns, interrupts
from mmsql.data.content import Content
from mmsql.models.base import as_edges
from mmsql.models.edges import top_neighbors_of_block
from mmsql.models.graph.features import Features, principal
from mmsql.models.graph.scales import draw_projections, learn_weights

MAX_TRAINING_ITEMS = 20_000  # items that the regression learns from; on larger catalogs, those with the most events
MAX_SOURCES = 20_000  # items that cold-start edges leave; on larger catalogs, those with the largest outgoing weight
MAX_EDGES = 300  # maximum number of edges that enter an item
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
CHECKED_ITEMS = 1500  # items that the penalties are compared on
MIN_CONTENT_FACTOR = 0.1  # lower bound of the factor of content edges, so that similar items stay connected
BLOCK_CELLS = 1 << 24
CONTENT_MODALITIES = (columns.COMMENT, columns.TEXT, columns.IMAGE, columns.ATTRIBUTE)


def cold_start_edges(
    cooccurrence: pa.Table, content_tables: list[pa.Table], content: Content, events: np.ndarray, weight: float
) -> list[pa.Table]:
    """Return content edges and predicted edges to items without events.

    A regression learns the incoming edges of items with events from their content:

        edge(j → i) = weight · (mean(j) + ⟨features(i), map(j)⟩)

    The map is the ridge regression, in closed form, of an item's incoming edges minus their mean on its features. The
    approach follows Gantner et al., "Learning attribute-to-feature mappings for cold-start recommendations" (ICDM
    2010), but predicts the edges themselves. The penalty is the one of :data:`PENALTIES` with the smallest
    leave-one-out error. Content edges to items without events are scaled down to what they add to the prediction.

    Parameters
    ----------
    cooccurrence : pyarrow.Table
        Edges to learn from, in :data:`~mmsql.models.base.EDGE_SCHEMA`; see
        :func:`~mmsql.models.graph.behavior.cooccurrence_edges`.
    content_tables : list of pyarrow.Table
        Content edges in the same schema, one table per modality.
    content : Content
        Content of the catalog.
    events : ndarray, int, (items,)
        Number of training events of each item.
    weight : float
        Factor of the predicted edges.

    Returns
    -------
    list of pyarrow.Table
        The content edges and, if there are any, the predicted edges, with modality ``alike``. Items without content
        get no predicted edges.
    """
    cold = np.flatnonzero(events == 0)
    known = np.sort(np.argsort(-events, kind="stable")[: min(MAX_TRAINING_ITEMS, len(events) - len(cold))])
    incoming = _incoming_edges(cooccurrence, known, len(events))
    if not len(cold) or not incoming.matrix.nnz or not has_features(content):
        return content_tables
    features = Features(content, known, lambda modalities: learn_weights(modalities, incoming.matrix))
    targets = cold[features.described[cold]]
    if not len(targets):
        return content_tables
    ridge = RidgeRegression(features.of(known), incoming.matrix)
    factor = ridge.choose_penalty(_content_matrix(content_tables, known, incoming.sources, len(events)))
    parts, block = [], max(1, BLOCK_CELLS // len(incoming.sources))
    predict = ridge.predictor(len(targets))
    for start in range(0, len(targets), block):
        interrupts.check()
        rows = targets[start : start + block]
        found = top_neighbors_of_block(predict(features.of(rows)), 0, MAX_EDGES)
        parts.append((incoming.sources[found.neighbor_index], rows[found.item_index], found.weight))
    source_index, target_index, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    predicted = as_edges(
        source_index.astype(np.int32), target_index.astype(np.int32), np.float32(weight) * weights, columns.ALIKE
    )
    return [*(_scale_down(table, events, factor) for table in content_tables), predicted]


def has_features(content: Content) -> bool:
    """Return whether the content has a modality that edges can be predicted from."""
    parts = (content.comment, content.text, content.words, content.image, content.attribute)
    return any(part is not None for part in parts)


class IncomingEdges(NamedTuple):
    """Edges that enter items with events.

    Attributes
    ----------
    matrix : scipy.sparse.csr_matrix, float32, (known, sources)
        Weight of the edge from column to row.
    sources : ndarray, int, (sources,)
        Item indices of the columns, ascending.
    """

    matrix: sp.csr_matrix
    sources: np.ndarray


def _incoming_edges(cooccurrence: pa.Table, known: np.ndarray, items: int) -> IncomingEdges:
    source_index, target_index = cooccurrence["item_index"].to_numpy(), cooccurrence["neighbor_index"].to_numpy()
    weights = cooccurrence["weight"].to_numpy()
    outgoing = np.bincount(source_index, weights, items)
    sources = np.argsort(-outgoing, kind="stable")[: min(MAX_SOURCES, np.count_nonzero(outgoing))]
    sources = np.sort(sources)
    full = sp.csr_matrix((weights, (target_index, source_index)), shape=(items, items), dtype=np.float32)
    return IncomingEdges(full[known][:, sources], sources)


def _content_matrix(tables: list[pa.Table], known: np.ndarray, sources: np.ndarray, items: int) -> sp.csr_matrix:
    """Return the sum over modalities of the content edges from sources to known items: float32, (known, sources)."""
    total = sp.csr_matrix((len(known), len(sources)), dtype=np.float32)
    for table in tables:
        if not _is_content(table):
            continue
        where = (table["neighbor_index"].to_numpy(), table["item_index"].to_numpy())
        full = sp.csr_matrix((table["weight"].to_numpy(), where), shape=(items, items), dtype=np.float32)
        total = total + full[known][:, sources]
    return total


def _is_content(table: pa.Table) -> bool:
    return table.num_rows > 0 and table["modality"][0].as_py() in CONTENT_MODALITIES


def _scale_down(table: pa.Table, events: np.ndarray, factor: float) -> pa.Table:
    """Scale down content edges to items without events."""
    if not _is_content(table):
        return table
    target_index = table["neighbor_index"].to_numpy()
    weights = table["weight"].to_numpy() * np.where(events[target_index] == 0, np.float32(factor), np.float32(1))
    return as_edges(table["item_index"], table["neighbor_index"], weights, table["modality"][0].as_py())


class RidgeRegression:
    """Ridge regression of incoming edges, minus their mean, on item features.

    Parameters
    ----------
    features : ndarray, float32, (known, size)
        Features of items with events.
    matrix : scipy.sparse.csr_matrix, float32, (known, sources)
        Incoming edges of these items.
    """

    def __init__(self, features: np.ndarray, matrix: sp.csr_matrix) -> None:
        self.matrix = matrix
        self.mean = np.asarray(matrix.mean(axis=0), dtype=np.float32).ravel()
        self.power, self.directions = principal(features)
        self.scores = features @ self.directions  # orthogonal columns with squared length ``power``
        self.penalty = PENALTIES[-1]

    def choose_penalty(self, content_matrix: sp.csr_matrix) -> float:
        """Choose the penalty with the smallest leave-one-out error, and fit a factor of the content edges.

        The leave-one-out residual has the closed form residual / (1 - leverage) (Golub, Heath & Wahba, Generalized
        cross-validation, 1979). Only the mean includes the item itself. Random projections reduce the columns of the
        incoming edges.

        Parameters
        ----------
        content_matrix : scipy.sparse.csr_matrix, float32, (known, sources)
            Content edges.

        Returns
        -------
        float
            Least-squares factor of the content edges on the residual, clipped to ``MIN_CONTENT_FACTOR`` … 1.
        """
        rng = np.random.default_rng(0)
        rows = np.sort(rng.permutation(self.matrix.shape[0])[:CHECKED_ITEMS])
        drawn = draw_projections(self.matrix.shape[1])
        targets = self.matrix @ drawn - self.mean @ drawn
        checked_targets, projected, own_scores = targets[rows], self.scores.T @ targets, self.scores[rows]
        regularized = np.array([self._regularized(penalty) for penalty in PENALTIES])
        denominator = 1 - own_scores**2 @ (1 / regularized).T  # 1 - leverage: (rows, penalties)
        lowest, best_residual = np.inf, checked_targets
        for index, penalty in enumerate(PENALTIES):
            residual = (checked_targets - own_scores @ (projected / regularized[index][:, None])) / denominator[
                :, index, None
            ]
            if (error := float((residual**2).sum())) < lowest:
                lowest, best_residual, self.penalty = error, residual, penalty
        content = content_matrix[rows] @ drawn
        factor = float((best_residual * content).sum() / max(float((content**2).sum()), 1e-12))
        return min(max(factor, MIN_CONTENT_FACTOR), 1.0)

    def predictor(self, items: int) -> Callable[[np.ndarray], np.ndarray]:
        """Return a function from features (rows, size) to incoming edges (rows, sources), fast for ``items`` rows."""
        if items < len(self.power):
            return self._from_items
        response = np.asarray((self.matrix.T @ self.scores).T) - np.outer(self.scores.sum(axis=0), self.mean)
        response /= self._regularized(self.penalty)[:, None]
        return lambda features: (features @ self.directions) @ response + self.mean

    def _from_items(self, features: np.ndarray) -> np.ndarray:
        coefficients = ((features @ self.directions) / self._regularized(self.penalty)) @ self.scores.T
        return np.asarray((self.matrix.T @ coefficients.T).T) + np.outer(1 - coefficients.sum(axis=1), self.mean)

    def _regularized(self, penalty: float) -> np.ndarray:
        return (self.power + penalty).astype(np.float32)
