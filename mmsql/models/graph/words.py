"""Topic vectors of items, from the words of their titles, descriptions and comments.

The embedding of a long text is a mean in which rare words, which distinguish topics, have little weight.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mmsql.data.content import drop_content_texts, make_content_texts
from mmsql.data.dataset import Dataset
from mmsql.db import sqlfiles
from mmsql.models.linear.dense import leading_directions

MAX_LETTERS = 2000  # letters read of each text
MAX_TEXTS = 50  # texts read of each item
MIN_ITEMS = 3  # a word must occur in at least this many items
CATALOG_FRACTION = 5000  # and in at least catalog size / CATALOG_FRACTION items
DIRECTIONS = 32  # width of the vectors
MAX_SAMPLED = 5000  # items that the directions are computed from


def word_vectors(dataset: Dataset) -> np.ndarray | None:
    """Project the tf-idf vectors of the items' words on their leading directions.

    This is latent semantic analysis: Deerwester et al., Indexing by latent semantic analysis, JASIS 41(6), 1990.

    Parameters
    ----------
    dataset : Dataset
        Gives the catalog, items without events included. Comments on held-out events are left out.

    Returns
    -------
    ndarray, float32, (items, at most ``DIRECTIONS``), optional
        Rows with length at most 1: shorter if the leading directions explain little; zeros for items without a known
        word. None if no item has one.
    """
    min_items = max(MIN_ITEMS, dataset.items // CATALOG_FRACTION)
    parameters = {"letters": MAX_LETTERS, "texts": MAX_TEXTS, "least_items": min_items}
    make_content_texts(dataset.con)
    try:
        found = dataset.con.execute(sqlfiles.query("training/texts", "item_words"), parameters).fetchnumpy()
    finally:
        drop_content_texts(dataset.con)
    if not len(found["weight"]):
        return None
    cells, shape = (found["item_index"], found["word_index"]), (dataset.items, int(found["word_index"].max()) + 1)
    words = sp.csr_matrix((found["weight"], cells), shape=shape, dtype=np.float32)
    length = np.sqrt(np.bincount(found["item_index"], found["weight"] ** 2, dataset.items))
    words = sp.csr_matrix(sp.diags(np.float32(1) / np.where(length > 0, length, 1).astype(np.float32)) @ words)
    filled = np.flatnonzero(length > 0)
    sample = words[np.sort(np.random.default_rng(0).permutation(filled)[:MAX_SAMPLED])]
    return np.asarray(words @ leading_directions(sample, DIRECTIONS))
