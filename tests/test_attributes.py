"""Attribute weights against an independent implementation, and where numbers are cut."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from mmsql.attributes import _tf_idf, round_down


def test_tf_idf_equals_scikit_learns():
    counts = sp.random(50, 20, 0.2, format="csr", random_state=1, dtype=np.float32)
    counts.data[:] = 1
    counts[3] = 0  # an item without attributes keeps a zero row
    counts.eliminate_zeros()
    assert abs(_tf_idf(counts) - TfidfTransformer().fit_transform(counts)).max() < 1e-6
    assert _tf_idf(counts)[3].nnz == 0


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True))
def test_rounded_bounds_stay_apart(numbers):
    lowest, *bounds = sorted(numbers)
    rounded = round_down(lowest, bounds)
    assert len(rounded) == len(bounds)
    for before, down, bound in zip([lowest, *bounds], rounded, bounds, strict=False):
        assert before < down <= bound
    assert list(rounded) == sorted(set(rounded))


@pytest.mark.parametrize(
    ("lowest", "bounds", "expected"),
    [
        (1922, [1975, 1992, 1994, 1995, 1996, 1997], (1975, 1992, 1994, 1995, 1996, 1997)),
        (0.99, [4.99, 9.99, 19.99, 49.99], (4, 8, 18, 40)),
        (-30, [-12.5, 3.25, 9], (-15, 2, 8)),
        (0, [0.0123, 0.0456], (0.01, 0.04)),
        (0, [1992, 1994], (1992, 1994)),
    ],
)
def test_bounds_are_plain_numbers(lowest, bounds, expected):
    assert round_down(lowest, bounds) == expected
