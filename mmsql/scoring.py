"""Rank items for many users at once: the same sum that the SQL macros compute, as matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import sqlfiles
from mmsql.dataset import Dataset
from mmsql.models.base import Fitted, Serving

BLOCK_BYTES = 256 * 2**20  # of one dense block of scores


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
    edges = edge_matrix(fitted.edges, dataset.items)
    block = max(1, BLOCK_BYTES // (4 * max(dataset.items, 1)))
    order = np.arange(dataset.users) if users is None else users
    for start in range(0, len(order), block):
        chosen = order[start : start + block]
        history = history_rows(dataset, chosen, fitted.serving, known=fitted.user_vectors is not None)
        scores = history.weights @ edges
        scores = scores.toarray() if sp.issparse(scores) else scores
        scores += fitted.bias
        if fitted.user_vectors is not None and fitted.item_vectors is not None:
            scores += fitted.serving.vector_weight * (fitted.user_vectors[chosen] @ fitted.item_vectors.T)
        scores[history.seen.nonzero()] = -np.inf
        yield top_k(scores, chosen, k)


def validation_ndcg(dataset: Dataset, fitted: Fitted, k: int = 10) -> float:
    """Return the mean NDCG@k over the users with one item in the temp table ``kept_back``.

    With one item kept back, NDCG@k = 1 / log2(rank + 1) where rank ≤ k, else 0.
    """
    kept = dataset.con.execute(
        "SELECT u.user_index, c.item_index FROM kept_back k JOIN train_users u ON u.user_id = k.user_id "
        "JOIN train_catalog c ON c.item_id = k.item_id ORDER BY u.user_index"
    ).fetchnumpy()
    users, wanted = kept["user_index"], np.full(dataset.users, -1)
    wanted[users] = kept["item_index"]
    gain = sum(
        float((1 / np.log2(block.rank[block.item_index == wanted[block.user_index]] + 1)).sum())
        for block in rank_all(dataset, fitted, k, users)
    )
    return gain / max(len(users), 1)


def top_k(scores: np.ndarray, users: np.ndarray, k: int) -> Ranked:
    """Take the k best items of each row; ties go to the lower item index.

    Parameters
    ----------
    scores : ndarray, float32, (users, items)
        ``-inf`` where an item is not to be listed.
    users : ndarray, int, (users,)
        What the rows stand for.
    k : int
        Entries a user at most.
    """
    k = min(k, scores.shape[1])
    # argpartition would cut ties at the border arbitrarily, so all items tied with the k-th are sorted too.
    border = np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k]
    row, item = np.nonzero((scores >= border[:, None]) & np.isfinite(scores))
    score = scores[row, item]
    order = np.lexsort((item, -score, row))
    row, item, score = row[order], item[order], score[order]
    first = np.searchsorted(row, np.arange(len(users)))
    rank = np.arange(len(row)) - first[row] + 1
    kept = rank <= k
    return Ranked(
        user_index=users[row[kept]].astype(np.int32),
        item_index=item[kept].astype(np.int32),
        rank=rank[kept].astype(np.int32),
        score=score[kept].astype(np.float32),
    )


def edge_matrix(edges: pa.Table, items: int) -> sp.csr_matrix:
    """Add up the edges of all modalities: float32, (items, items), from row to column."""
    rows, cols = edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy()
    return sp.csr_matrix((edges["weight"].to_numpy(), (rows, cols)), shape=(items, items), dtype=np.float32)


@dataclass(frozen=True)
class HistoryRows:
    """Histories of a block of users as sparse rows, (users, items)."""

    weights: sp.csr_matrix
    seen: sp.csr_matrix


def history_rows(dataset: Dataset, users: np.ndarray, serving: Serving, known: bool) -> HistoryRows:
    """Weigh the histories of some users as ``mmsql._history`` does.

    Parameters
    ----------
    dataset : Dataset
        Whose events they are.
    users : ndarray, int, (users,)
        User indices.
    serving : Serving
        Decay, length and edge weight.
    known : bool
        Whether the model has a vector of these users that knows their whole history.
    """
    wanted = pa.table({"user_index": users.astype(np.int32), "row": np.arange(len(users), dtype=np.int32)})
    dataset.con.register("wanted_users", wanted)
    found = dataset.con.execute(
        sqlfiles.query("training", "weighted_histories"),
        {
            "decay": serving.decay,
            "history_length": serving.history_length,
            "share": serving.edge_weight if known else 1.0,
        },
    ).fetchnumpy()
    dataset.con.unregister("wanted_users")
    where = (found["row"], found["item_index"])
    shape = (len(users), dataset.items)
    return HistoryRows(
        weights=sp.csr_matrix((found["weight"].astype(np.float32), where), shape=shape),
        seen=sp.csr_matrix((np.ones(len(found["row"]), dtype=bool), where), shape=shape),
    )
