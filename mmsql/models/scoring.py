"""Rank items for many users at once: the sum that the SQL macros compute, as matrix products.

:func:`event_weights` and :func:`score_items` are the only implementation of the score in Python: stored lists,
evaluation and the search for options use them. The formula stands in ARCHITECTURE.md, its SQL in sql/macros.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import interrupts
from mmsql.data.dataset import AgedHistories, Dataset, Holdout
from mmsql.models.base import FittedModel
from mmsql.models.top_k import Entries, best_of_block, best_of_rows, top_candidates

BLOCK_CELLS = 1 << 27  # users × items of a sparse block of scores
DENSE_CELLS = 1 << 26  # users × items of a dense block of scores
DENSE_ITEMS = 4096  # catalogs up to this size are scored with a dense matrix of edges, which is quicker
MIN_DECAY_WEIGHT = 1e-6  # events with a lower decay^age are inactive, as mmsql._min_decay_weight() says in SQL
SEEN_PENALTY = 1e9  # subtracted from the scores of items in the history


@dataclass(frozen=True)
class RankedLists:
    """Ranked lists of some users, one row an entry.

    Attributes
    ----------
    user_index, item_index : ndarray, int32
    rank : ndarray, int32
        From 1 within a user.
    score : ndarray, float32
    """

    user_index: np.ndarray
    item_index: np.ndarray
    rank: np.ndarray
    score: np.ndarray

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table with the attributes as columns."""
        return pa.table(
            {
                "user_index": self.user_index,
                "item_index": self.item_index,
                "rank": self.rank,
                "score": self.score,
            }
        )


def rank_all(dataset: Dataset, fitted: FittedModel, k: int, users: np.ndarray | None = None) -> Iterator[RankedLists]:
    """Rank the whole catalog for each training user, without the items of the user's history.

    Parameters
    ----------
    dataset : Dataset
        The histories of the users.
    fitted : FittedModel
        The model.
    k : int
        Length of the lists; shorter where fewer items are left.
    users : ndarray, int, optional
        User indices to rank for; all of them by default.

    Yields
    ------
    RankedLists
        Blocks of users, so that users × items is never in memory.
    """
    histories = HistoryWeights(dataset, fitted)
    dense = dataset.items <= DENSE_ITEMS
    edges = dense_edges(fitted.edges, dataset.items) if dense else edge_matrix(fitted.edges, dataset.items)
    edge_ranker = None if dense or fitted.user_vectors is not None else EdgeRanker(edges, fitted.bias)
    order = np.arange(dataset.users) if users is None else users
    cells = DENSE_CELLS if edge_ranker is None else BLOCK_CELLS
    block = max(1, cells // max(dataset.items, 1))
    for start in range(0, len(order), block):
        interrupts.check()
        chosen = order[start : start + block]
        history = histories.rows(chosen)
        if edge_ranker is not None:
            yield ranked_lists(*best_of_rows(edge_ranker.first(history, k), k), chosen)
            continue
        scores = score_items(history.weights, edges, fitted.bias, vector_scores(fitted, chosen))
        scores[history.seen.nonzero()] = -np.inf
        yield top_k(scores, chosen, k)


def event_weights(
    histories: AgedHistories, decay: float, strength: np.ndarray, edge_share: float = 1.0
) -> np.ndarray:
    """Return the weight of each row of some histories: strength · decay^age · edge_share.

    It is 0 beyond the latest ``history_length`` items, which ``histories`` knows, and where decay^age is below
    :data:`MIN_DECAY_WEIGHT`.

    Parameters
    ----------
    histories : AgedHistories
        Of :meth:`~mmsql.data.dataset.Dataset.aged_histories`.
    decay : float
        Factor an event loses with each later timestamp of its user.
    strength : ndarray, float64, (rows,)
        Weight of the strongest event type of each row.
    edge_share : float
        Factor of all rows: ``edge_weight`` for events that the user's vector includes, else 1.

    Returns
    -------
    ndarray, float32, (rows,)
    """
    by_age = decay ** np.arange(histories.age.max(initial=0) + 1)
    by_age[by_age < MIN_DECAY_WEIGHT] = 0
    weight = by_age[histories.age] * edge_share * strength
    return np.where(histories.active, weight, 0).astype(np.float32)


def score_items(
    weights: sp.csr_matrix, edges: sp.csr_matrix | np.ndarray, bias: np.ndarray, vectors: np.ndarray | None = None
) -> sp.csr_matrix | np.ndarray:
    """Return the scores of some users: edge terms + vector terms + bias.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix, float32, (users, items)
        Of the events, from :func:`event_weights`.
    edges : scipy.sparse.csr_matrix or ndarray, float32, (items, items)
        The sum of the edges of all modalities, from row to column.
    bias : ndarray, float32, (items,)
        Of the model.
    vectors : ndarray, float32, (users, items), optional
        Vector terms, of :func:`vector_scores`.

    Returns
    -------
    ndarray, float32, (users, items)
        Or, of sparse edges without vector terms, a sparse matrix of the items that an edge reaches: the score of all
        others is their bias.
    """
    if sp.issparse(edges) and vectors is None:
        reached = _sparse_product(weights, edges)
        reached.data += bias[reached.indices]
        return reached
    terms = weights @ edges
    scores: np.ndarray = terms.toarray() if sp.issparse(terms) else terms
    if vectors is not None:
        scores += vectors
    scores += bias
    return scores


def _sparse_product(weights: sp.csr_matrix, edges: sp.csr_matrix) -> sp.csr_matrix:
    """Multiply by sparse edges in several threads, or in one where stored edges are 0: sp_matmul then fails."""
    from sparse_dot_topn import sp_matmul

    product: sp.csr_matrix = (
        sp_matmul(weights, edges, n_threads=os.cpu_count()) if edges.data.all() else weights @ edges
    )
    return product


def vector_scores(fitted: FittedModel, users: np.ndarray) -> np.ndarray | None:
    """Return the vector terms of the scores of some users: float32, (users, items), or None without user vectors."""
    if fitted.user_vectors is None or fitted.item_vectors is None:
        return None
    return np.float32(fitted.serving.vector_weight) * (fitted.user_vectors[users] @ fitted.item_vectors.T)


def holdout_ranks(dataset: Dataset, fitted: FittedModel, holdout: Holdout, k: int = 10) -> np.ndarray:
    """Return the rank of each user's held-out item: int64, (users,), from 1; 0 where the list does not have it.

    Parameters
    ----------
    dataset, fitted
        As for :func:`rank_all`.
    holdout : Holdout
        The users to rank for, and the held-out item of each.
    k : int
        Length of the lists.
    """
    target, found = np.full(dataset.users, -1), np.zeros(dataset.users, dtype=np.int64)
    target[holdout.users] = holdout.items
    for block in rank_all(dataset, fitted, k, holdout.users):
        hit = block.item_index == target[block.user_index]
        found[block.user_index[hit]] = block.rank[hit]
    return found[holdout.users]


def ndcg_gains(ranks: np.ndarray) -> np.ndarray:
    """Return the NDCG of lists with one relevant item: float64, 1 / log2(rank + 1), or 0 where the rank is 0.

    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    return np.where(ranks > 0, 1 / np.log2(np.maximum(ranks, 1) + 1), 0.0)


def holdout_metrics(dataset: Dataset, fitted: FittedModel, holdout: Holdout, k: int = 10) -> tuple[float, float]:
    """Return mean Recall@k and NDCG@k over users with one held-out item; parameters as in :func:`holdout_ranks`."""
    ranks = holdout_ranks(dataset, fitted, holdout, k)
    users = max(len(ranks), 1)
    return float((ranks > 0).sum()) / users, float(ndcg_gains(ranks).sum()) / users


def ranked_lists(entries: Entries, rank: np.ndarray, users: np.ndarray) -> RankedLists:
    """Make ranked lists of chosen entries, whose rows are positions in ``users``: int, (users,)."""
    return RankedLists(
        user_index=users[entries.row].astype(np.int32),
        item_index=entries.column.astype(np.int32),
        rank=rank.astype(np.int32),
        score=entries.value,
    )


def top_k(scores: np.ndarray, users: np.ndarray, k: int) -> RankedLists:
    """Take the k items with the highest scores of each row of a dense block.

    Parameters
    ----------
    scores : ndarray, float32, (users, items)
        ``-inf`` where an item must not be listed.
    users : ndarray, int, (users,)
        User index of each row.
    k : int
        Entries a user at most; ties go to the lower item index.
    """
    return ranked_lists(*best_of_block(scores, k, np.finfo(np.float32).min), users)


class EdgeRanker:
    """Ranks by edges and bias, and computes once what does not depend on the users.

    Parameters
    ----------
    edges : scipy.sparse.csr_matrix, float32, (items, items)
        Of :func:`edge_matrix`.
    bias : ndarray, float32, (items,)
        Of the model.
    """

    def __init__(self, edges: sp.csr_matrix, bias: np.ndarray) -> None:
        self.bias, self.most_popular = bias, np.lexsort((np.arange(len(bias)), -bias))
        same = sp.identity(len(bias), dtype=np.float32, format="csr")
        self.edges_and_seen = sp.vstack([edges, same * np.float32(-SEEN_PENALTY)], format="csr")

    def first(self, history: HistoryRows, k: int) -> Entries:
        """Return the entries that may be among the k best of each row: items that edges reach, and popular ones.

        Only the items that edges reach are scored; where they are fewer than k, the most popular others follow.
        """
        # Items of the history get a score below 0, and are left out.
        pushed = sp.hstack([history.weights, history.seen.astype(np.float32)], format="csr")
        best = top_candidates(score_items(pushed, self.edges_and_seen, self.bias), k)
        short = np.flatnonzero(np.bincount(best.row, minlength=len(history.seen.indptr) - 1) < k)
        row, item = self._popular_rest(short, best, history.seen, k)
        return Entries(
            np.concatenate([best.row, row]),
            np.concatenate([best.column, item]),
            np.concatenate([best.value, self.bias[item]]),
        )

    def _popular_rest(
        self, short: np.ndarray, best: Entries, seen: sp.csr_matrix, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the most popular items that are neither in ``best`` nor seen, for some rows: row and item."""
        among = np.isin(best.row, short)
        where = (np.searchsorted(short, best.row[among]), best.column[among])
        had = sp.csr_matrix((np.ones(len(where[0]), dtype=bool), where), shape=(len(short), seen.shape[1]))
        taken = (seen[short] + had).tocsr()
        head = self.most_popular[: k + int(np.diff(taken.indptr).max(initial=0))]
        free = np.ones((len(short), len(head)), dtype=bool)
        free[taken[:, head].nonzero()] = False
        free &= np.cumsum(free, axis=1) <= k
        row, position = np.nonzero(free)
        return short[row], head[position]


def edge_matrix(edges: pa.Table, items: int) -> sp.csr_matrix:
    """Add up the edges of all modalities: float32, (items, items), from row to column."""
    rows, cols = edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy()
    weights = edges["weight"].to_numpy().astype(np.float64)  # so that the sums do not depend on their order
    return sp.csr_matrix((weights, (rows, cols)), shape=(items, items)).astype(np.float32)


def dense_edges(edges: pa.Table, items: int) -> np.ndarray:
    """Add up the edges of all modalities, in their order: float32, (items, items), from row to column."""
    where = (edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy())
    return sp.coo_matrix((edges["weight"].to_numpy(), where), shape=(items, items)).toarray()


@dataclass(frozen=True)
class HistoryRows:
    """Histories of a block of users as sparse rows, (users, items).

    Attributes
    ----------
    weights : scipy.sparse.csr_matrix, float32
        Weights of the active events, above 0.
    seen : scipy.sparse.csr_matrix, bool
        All items of the histories.
    """

    weights: sp.csr_matrix
    seen: sp.csr_matrix


def history_rows(histories: AgedHistories, weight: np.ndarray, items: int) -> HistoryRows:
    """Put histories with the weights of :func:`event_weights` in sparse rows of so many items."""
    shape = (len(histories.offsets) - 1, items)
    active = np.flatnonzero(weight > 0)
    ones = np.ones(len(histories.item_index), dtype=bool)
    return HistoryRows(
        weights=sp.csr_matrix(
            (weight[active], histories.item_index[active], np.searchsorted(active, histories.offsets)), shape=shape
        ),
        seen=sp.csr_matrix((ones, histories.item_index, histories.offsets), shape=shape),
    )


class HistoryWeights:
    """Histories with the weights that a model gives to events, as ``mmsql._history`` does.

    Parameters
    ----------
    dataset : Dataset
        The events.
    fitted : FittedModel
        The model. Its user vectors, where it has some, include the whole histories.
    """

    def __init__(self, dataset: Dataset, fitted: FittedModel) -> None:
        self.dataset, self.serving, self.strengths = dataset, fitted.serving, fitted.event_weights
        self.edge_share = fitted.serving.edge_weight if fitted.user_vectors is not None else 1.0

    def rows(self, users: np.ndarray) -> HistoryRows:
        """Weigh the histories of some users: int, (users,), their indices."""
        found = self.dataset.aged_histories(users, self.serving.history_length)
        strength = self.dataset.strengths(found.event_type_bits, self.strengths)
        weight = event_weights(found, self.serving.decay, strength, self.edge_share)
        return history_rows(found, weight, self.dataset.items)
