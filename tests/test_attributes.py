"""Attribute weights against an independent implementation."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer

from mmsql.attributes import _tf_idf


def test_tf_idf_equals_scikit_learns():
    counts = sp.random(50, 20, 0.2, format="csr", random_state=1, dtype=np.float32)
    counts.data[:] = 1
    counts[3] = 0  # an item without attributes keeps a zero row
    counts.eliminate_zeros()
    assert abs(_tf_idf(counts) - TfidfTransformer().fit_transform(counts)).max() < 1e-6
    assert _tf_idf(counts)[3].nnz == 0
