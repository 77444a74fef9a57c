"""Rank items for many users at once: the same sum that the SQL macros compute, as matrix products."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql.dataset import Dataset, Held
from mmsql.models.base import Fitted
from mmsql.models.largest import Entries, best_of_block, best_of_rows, reaching

BLOCK_CELLS = 1 << 27  # users × items of a block, few of which are filled
DENSE_CELLS = 1 << 26  # where all of them are
DENSE_ITEMS = 4096  # up to so many, edges are quicker to go through as a matrix of all pairs
MIN_DECAY_WEIGHT = 1e-6  # decay^age below which an event does not count, as mmsql._min_decay_weight() in SQL
SEEN = 1e9  # what an item of the history is pushed down by


@dataclass(frozen=True)
class Ranked:
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


def rank_all(dataset: Dataset, fitted: Fitted, k: int, users: np.ndarray | None = None) -> Iterator[Ranked]:
    """Rank the whole catalog for each training user, without the items of the user's history.

    Parameters
    ----------
    dataset : Dataset
        Whose histories speak.
    fitted : Fitted
        The model.
    k : int
        Length of the lists; shorter where fewer items are left.
    users : ndarray, int, optional
        User indices to rank for; all of them by default.

    Yields
    ------
    Ranked
        Blocks of users, so that users × items is never in memory.
    """
    histories = WeighedHistories(dataset, fitted)
    dense = dataset.items <= DENSE_ITEMS
    edges = dense_edges(fitted.edges, dataset.items) if dense else edge_matrix(fitted.edges, dataset.items)
    by_edges = None if dense or fitted.user_vectors is not None else EdgeRanker(edges, fitted.bias)
    order = np.arange(dataset.users) if users is None else users
    cells = DENSE_CELLS if by_edges is None else BLOCK_CELLS
    block = max(1, cells // max(dataset.items, 1))
    for start in range(0, len(order), block):
        chosen = order[start : start + block]
        history = histories.rows(chosen)
        if by_edges is not None:
            yield ranked(*best_of_rows(by_edges.first(history, k), k), chosen)
            continue
        scores = _scores(fitted, history, edges, chosen)
        scores[history.seen.nonzero()] = -np.inf
        yield top_k(scores, chosen, k)


def _scores(fitted: Fitted, history: HistoryRows, edges: sp.csr_matrix | np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return whole scores: float32, (users, items)."""
    if not history.weights.nnz:
        return vector_scores(fitted, users) + fitted.bias
    by_history = history.weights @ edges
    scores: np.ndarray = by_history.toarray() if sp.issparse(by_history) else by_history
    if fitted.user_vectors is not None:
        scores += vector_scores(fitted, users)
    scores += fitted.bias
    return scores


def vector_scores(fitted: Fitted, users: np.ndarray) -> np.ndarray:
    """Return the part of the score that vectors give, of some users for all items: float32, (users, items)."""
    if fitted.user_vectors is None or fitted.item_vectors is None:
        return np.zeros((len(users), len(fitted.bias)), dtype=np.float32)
    return np.float32(fitted.serving.vector_weight) * (fitted.user_vectors[users] @ fitted.item_vectors.T)


def held_ranks(dataset: Dataset, fitted: Fitted, held: Held, k: int = 10) -> np.ndarray:
    """Return where each user's list has the item kept back: int64, (held,), from 1; 0 where it is not listed.

    Parameters
    ----------
    dataset, fitted
        As for :func:`rank_all`.
    held : Held
        Whom to rank for, and what they took.
    k : int
        Length of the lists.
    """
    wanted, found = np.full(dataset.users, -1), np.zeros(dataset.users, dtype=np.int64)
    wanted[held.users] = held.items
    for block in rank_all(dataset, fitted, k, held.users):
        hit = block.item_index == wanted[block.user_index]
        found[block.user_index[hit]] = block.rank[hit]
    return found[held.users]


def gains(ranks: np.ndarray) -> np.ndarray:
    """Return NDCG of lists with one item wanted: 1 / log2(rank + 1), or 0 where the rank is 0."""
    return np.where(ranks > 0, 1 / np.log2(np.maximum(ranks, 1) + 1), 0.0)


def held_metrics(dataset: Dataset, fitted: Fitted, held: Held, k: int = 10) -> tuple[float, float]:
    """Return the mean Recall@k and NDCG@k over users with one item kept back; parameters as of :func:`held_ranks`."""
    ranks = held_ranks(dataset, fitted, held, k)
    users = max(len(ranks), 1)
    return float((ranks > 0).sum()) / users, float(gains(ranks).sum()) / users


def ranked(entries: Entries, rank: np.ndarray, users: np.ndarray) -> Ranked:
    """Say which users the rows of chosen entries stand for: int, (users,)."""
    return Ranked(
        user_index=users[entries.row].astype(np.int32),
        item_index=entries.column.astype(np.int32),
        rank=rank.astype(np.int32),
        score=entries.value,
    )


def top_k(scores: np.ndarray, users: np.ndarray, k: int) -> Ranked:
    """Take the k best items of each row of a dense block.

    Parameters
    ----------
    scores : ndarray, float32, (users, items)
        ``-inf`` where an item is not to be listed.
    users : ndarray, int, (users,)
        What the rows stand for.
    k : int
        Entries a user at most; ties go to the lower item index.
    """
    return ranked(*best_of_block(scores, k, np.finfo(np.float32).min), users)


class EdgeRanker:
    """Ranks by edges and bias; what does not depend on the users is made once.

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
        self.below = sp.vstack([edges, same * np.float32(-SEEN)], format="csr")

    def first(self, history: HistoryRows, k: int) -> Entries:
        """Return the entries that may be among the k best of each row: those that edges reach, and popular ones.

        Only what edges reach is multiplied; where that is less than k items, the most popular of the rest fill up.
        """
        from sparse_dot_topn import sp_matmul

        # What was seen is pushed below 0, and left out.
        pushed = sp.hstack([history.weights, history.seen.astype(np.float32)], format="csr")
        scores = sp_matmul(pushed, self.below, n_threads=os.cpu_count())
        scores.data += self.bias[scores.indices]
        best = reaching(scores, k)
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
        """Return the most popular items that some rows neither have in ``best`` nor have seen: row and item."""
        among = np.isin(best.row, short)
        where = (np.searchsorted(short, best.row[among]), best.column[among])
        had = sp.csr_matrix((np.ones(len(where[0]), dtype=bool), where), shape=(len(short), seen.shape[1]))
        taken = (seen[short] + had).tocsr()
        head = self.most_popular[: k + int(np.diff(taken.indptr).max(initial=0))]
        free = np.ones((len(short), len(head)), dtype=bool)
        free[taken[:, head].nonzero()] = False
        free &= np.cumsum(free, axis=1) <= k
        row, place = np.nonzero(free)
        return short[row], head[place]


def edge_matrix(edges: pa.Table, items: int) -> sp.csr_matrix:
    """Add up the edges of all modalities: float32, (items, items), from row to column."""
    rows, cols = edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy()
    weights = edges["weight"].to_numpy().astype(np.float64)  # so that the order they are added up in means nothing
    return sp.csr_matrix((weights, (rows, cols)), shape=(items, items)).astype(np.float32)


def dense_edges(edges: pa.Table, items: int) -> np.ndarray:
    """Add up the edges of all modalities, in the order they stand in: float32, (items, items), from row to column."""
    where = (edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy())
    return sp.coo_matrix((edges["weight"].to_numpy(), where), shape=(items, items)).toarray()


@dataclass(frozen=True)
class HistoryRows:
    """Histories of a block of users as sparse rows, (users, items)."""

    weights: sp.csr_matrix
    seen: sp.csr_matrix


class WeighedHistories:
    """Histories as a model hears them: weighed as ``mmsql._history`` does.

    Parameters
    ----------
    dataset : Dataset
        Whose events they are.
    fitted : Fitted
        The model. If it has user vectors, they know the whole histories.
    """

    def __init__(self, dataset: Dataset, fitted: Fitted) -> None:
        self.dataset, self.serving, self.event_weights = dataset, fitted.serving, fitted.event_weights
        self.share = fitted.serving.edge_weight if fitted.user_vectors is not None else 1.0

    def rows(self, users: np.ndarray) -> HistoryRows:
        """Weigh the histories of some users: int, (users,), their indices."""
        found = self.dataset.aged_histories(users, self.serving.history_length)
        heard = np.flatnonzero(found.heard)
        faded = self.serving.decay ** np.arange(found.age[heard].max(initial=0) + 1)
        weight = np.where(faded >= MIN_DECAY_WEIGHT, faded, 0)[found.age[heard]] * self.share
        weight *= self.dataset.strengths(found.kinds[heard], self.event_weights)
        heard, weight = heard[weight > 0], weight[weight > 0].astype(np.float32)
        shape = (len(users), self.dataset.items)
        ones = np.ones(len(found.item_index), dtype=bool)
        return HistoryRows(
            weights=sp.csr_matrix(
                (weight, found.item_index[heard], np.searchsorted(heard, found.offsets)), shape=shape
            ),
            seen=sp.csr_matrix((ones, found.item_index, found.offsets), shape=shape),
        )
