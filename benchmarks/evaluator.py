"""The one evaluator: recall, NDCG and catalog coverage of lists, for every library the same few lines of numpy."""

from __future__ import annotations

import numpy as np
from exporting import Split


def measure(lists: np.ndarray, split: Split, k: int = 10) -> dict[str, float]:
    """Measure lists against what a split holds out, one item a user, over the whole catalog.

    Parameters
    ----------
    lists : ndarray, int, (users, length)
        Item indices of each training user, best first; -1 where a list is shorter.
    split : Split
        What was trained on, and what was held out.
    k : int
        How far down the lists to look.

    Returns
    -------
    dict of str to float
        ``recall``: share of users whose item stands among the first k. ``ndcg``: mean of 1 / log2(rank + 1), with 0
        beyond k. ``catalog_coverage``: share of the catalog that stands in a list of a user who is asked for.

    Raises
    ------
    ValueError
        When the lists have another shape than the split, or name an item that the user has in training or twice.
    """
    check(lists, split)
    shown = lists[split.held_user, :k]
    hits = shown == split.held_item[:, None]
    gains = hits / np.log2(np.arange(2, shown.shape[1] + 2))
    return {
        "recall": float(hits.any(axis=1).mean()),
        "ndcg": float(gains.sum(axis=1).mean()),
        "catalog_coverage": len(np.unique(shown[shown >= 0])) / split.items,
    }


def check(lists: np.ndarray, split: Split) -> None:
    """Raise ValueError where lists cannot be compared with others."""
    if lists.ndim != 2 or len(lists) != split.users or lists.max(initial=-1) >= split.items:
        raise ValueError(f"Lists of shape {lists.shape} do not fit {split.users} users and {split.items} items.")
    rows, columns = np.nonzero(lists >= 0)
    pairs = rows.astype(np.int64) * split.items + lists[rows, columns]
    if len(np.unique(pairs)) < len(pairs):
        raise ValueError("A list names an item twice.")
    if np.isin(pairs, split.user.astype(np.int64) * split.items + split.item).any():
        raise ValueError("A list names an item that the user has in training.")
