"""Evaluation on items without training events, which are ranked among themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmsql import columns, interrupts
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.errors import SourceError
from mmsql.models.base import FittedModel
from mmsql.models.scoring import (
    DENSE_CELLS,
    HistoryWeights,
    RankedLists,
    edge_matrix,
    score_items,
    top_k,
    vector_scores,
)


@dataclass(frozen=True)
class ColdItems:
    """The items of the split ``cold_items``, and the items that each user must not be recommended.

    Attributes
    ----------
    items : ndarray, int32, (cold,)
        Item indices, in an order drawn by hash that breaks ties.
    excluded : scipy.sparse.csr_matrix, bool, (users, cold)
        Items that a comment of the user describes.
    """

    items: np.ndarray
    excluded: sp.csr_matrix

    def rank(self, dataset: Dataset, fitted: FittedModel, k: int, users: np.ndarray) -> Iterator[RankedLists]:
        """Rank the items for some users with a model.

        Parameters
        ----------
        dataset, fitted, k, users
            As in :func:`~mmsql.models.scoring.rank_all`.

        Yields
        ------
        Ranked
            Blocks of users.
        """
        to_cold, histories = (
            edge_matrix(fitted.edges, dataset.items)[:, self.items],
            HistoryWeights(dataset, fitted),
        )
        block = max(1, DENSE_CELLS // dataset.items)
        for start in range(0, len(users), block):
            interrupts.check()
            chosen = users[start : start + block]
            vectors = vector_scores(fitted, chosen)
            found = (
                np.zeros((len(chosen), len(self.items)), np.float32) if vectors is None else vectors[:, self.items]
            )
            scores = score_items(histories.rows(chosen).weights, to_cold, fitted.bias[self.items], found)
            assert isinstance(scores, np.ndarray)
            yield self._best(scores, chosen, k)

    def rank_by_item(self, scores: np.ndarray, k: int, users: np.ndarray) -> Iterator[RankedLists]:
        """Rank the items for some users with the same scores for every user: float32, (cold,)."""
        block = max(1, DENSE_CELLS // len(self.items))
        for start in range(0, len(users), block):
            interrupts.check()
            chosen = users[start : start + block]
            yield self._best(np.tile(scores, (len(chosen), 1)), chosen, k)

    def _best(self, scores: np.ndarray, users: np.ndarray, k: int) -> RankedLists:
        scores = np.ascontiguousarray(scores, dtype=np.float32)
        scores[self.excluded[users].nonzero()] = -np.inf
        found = top_k(scores, users, k)
        return RankedLists(found.user_index, self.items[found.item_index], found.rank, found.score)


def read_cold_items(dataset: Dataset, content: Content) -> ColdItems:
    """Read the items that the split ``cold_items`` has drawn.

    Raises
    ------
    SourceError
        When the shop has no content, from which alone a model knows an item without events.
    """
    if all(part is None for part in (content.comment, content.text, content.image, content.attribute)):
        raise SourceError(
            "The split cold_items ranks items without events by their titles, descriptions, attributes, comments or "
            "images, and this database has none of these. Load some, or type split := 'leave_last_out'."
        )
    items = dataset.con.execute(
        "SELECT t.item_index FROM cold_items c JOIN train_catalog t ON t.item_id = c.item_id ORDER BY c.position"
    ).fetchnumpy()["item_index"]
    pairs = dataset.con.execute(
        "SELECT u.user_index, c.position - 1 AS index FROM cold_pairs p JOIN cold_items c ON c.item_id = p.item_id "
        "JOIN train_users u ON u.user_id = p.user_id WHERE p.is_visible"
    ).fetchnumpy()
    where = (pairs["user_index"], pairs["index"])
    excluded = sp.csr_matrix((np.ones(len(where[0]), dtype=bool), where), shape=(dataset.users, len(items)))
    return ColdItems(items.astype(np.int32), excluded)


def category_popularity(dataset: Dataset, content: Content, items: np.ndarray) -> np.ndarray:
    """Score items without events by the popularity of similar items: float32, (len(items),).

    The score is the mean number of training events of the other items of the category, or of the nearest parent
    category with other items. For an item without a category it is the mean over its attribute values of the mean
    number of events of the items with the value, weighted by tf-idf. It is 0 for items without attributes.

    Parameters
    ----------
    dataset : Dataset
        The training events.
    content : Content
        Attributes of the catalog.
    items : ndarray, int, (items,)
        Item indices. Their own events do not count.
    """
    if content.attribute is None:
        return np.zeros(len(items), dtype=np.float32)
    others = np.ones(dataset.items, dtype=np.float32)
    others[items] = 0
    has = sp.csr_matrix(content.attribute > 0, dtype=np.float32)
    counts = has.T @ others
    mean = (has.T @ (dataset.item_counts() * others)) / np.maximum(counts, 1)
    weights = content.attribute[items].multiply(counts > 0).tocsr()
    scores = np.asarray(weights @ mean).ravel() / np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-12)
    depth = _category_depths(content) * (counts > 0)
    deepest = has[items].multiply(depth).tocsr()
    for row in np.flatnonzero(deepest.getnnz(axis=1)):
        span = slice(deepest.indptr[row], deepest.indptr[row + 1])
        best = deepest.indices[span][np.argmax(deepest.data[span])]
        if depth[best]:
            scores[row] = mean[best]
    return scores.astype(np.float32)


def _category_depths(content: Content) -> np.ndarray:
    """Return the depth of each attribute value in the tree of categories, from 1; 0 for other attributes."""
    prefix = columns.CATEGORY + "="
    return np.array(
        [value.count(" > ") + 1 if value.startswith(prefix) else 0 for value in content.attribute_values], np.float32
    )
