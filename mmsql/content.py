"""What is known about items beside behaviour: pooled text vectors and attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True, kw_only=True)
class Content:
    """Features of a catalog's items. Each may be missing for the whole shop, or for single items (zero rows).

    Attributes
    ----------
    comment : ndarray, float32, (items, size), optional
        Mean of the embeddings of an item's comments, of length 1.
    text : ndarray, float32, (items, size), optional
        Embedding of title and description, of length 1.
    attribute : scipy.sparse.csr_matrix, float32, (items, values), optional
        tf-idf of attribute values, rows of length 1.
    """

    comment: np.ndarray | None = None
    text: np.ndarray | None = None
    attribute: sp.csr_matrix | None = None
