"""What items' titles, descriptions and comments are about, told by the words that they share with others.

An encoder's vector of a long text is a mean in which rare words, that tell subjects apart, hardly show.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mmsql.data.content import drop_content_texts, make_content_texts
from mmsql.data.dataset import Dataset
from mmsql.db import sqlfiles
from mmsql.models.linear.dense import leading_directions

LETTERS = 2000  # of a text that are looked at
TEXTS = 50  # of an item
LEAST_ITEMS = 3  # that a word must be in, and a part of the catalog:
LEAST_PART = 5000
DIRECTIONS = 32  # the numbers an item
SAMPLED = 5000  # items that tell them


def word_vectors(dataset: Dataset) -> np.ndarray | None:
    """Return the leading directions of the tf-idf of items' words.

    Latent semantic analysis: Deerwester et al., Indexing by latent semantic analysis, JASIS 41(6), 1990.

    Parameters
    ----------
    dataset : Dataset
        Whose catalog is wanted, items without events too. Comments on what it keeps back are left out.

    Returns
    -------
    ndarray, float32, (items, at most ``DIRECTIONS``), optional
        Rows of length 1 at most: less where words tell little; zeros for items of which no word is known. None where
        that is all items.
    """
    least = max(LEAST_ITEMS, dataset.items // LEAST_PART)
    given = {"letters": LETTERS, "texts": TEXTS, "least_items": least}
    make_content_texts(dataset.con)
    try:
        found = dataset.con.execute(sqlfiles.query("training/texts", "item_words"), given).fetchnumpy()
    finally:
        drop_content_texts(dataset.con)
    if not len(found["weight"]):
        return None
    place, shape = (found["item_index"], found["word_index"]), (dataset.items, int(found["word_index"].max()) + 1)
    words = sp.csr_matrix((found["weight"], place), shape=shape, dtype=np.float32)
    length = np.sqrt(np.bincount(found["item_index"], found["weight"] ** 2, dataset.items))
    words = sp.csr_matrix(sp.diags(np.float32(1) / np.where(length > 0, length, 1).astype(np.float32)) @ words)
    filled = np.flatnonzero(length > 0)
    sample = words[np.sort(np.random.default_rng(0).permutation(filled)[:SAMPLED])]
    return np.asarray(words @ leading_directions(sample, DIRECTIONS))
