"""Bounds of bins, and the similarity of near numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsql.attributes.bins import memberships, round_down

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, unique=True))
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


@given(st.lists(FINITE, min_size=1, max_size=7, unique=True), st.lists(FINITE, min_size=1))
def test_every_number_has_a_bin_and_one_beside_it(bounds, numbers):
    bounds = tuple(sorted(bounds))
    own, other, share = memberships(np.array(numbers), bounds)
    for number, bin_, beside, part in zip(numbers, own, other, share, strict=True):
        low, high = (-np.inf, *bounds)[bin_], (*bounds, np.inf)[bin_]
        assert low <= number < high
        assert abs(int(bin_) - int(beside)) == 1
        assert 0 <= beside <= len(bounds)
        assert 0 <= part <= 0.5


def vectors(numbers: list[float], bounds: tuple[float, ...]) -> np.ndarray:
    own, other, share = memberships(np.array(numbers), bounds)
    found = np.zeros((len(numbers), len(bounds) + 1))
    found[np.arange(len(numbers)), own] = np.sqrt(1 - share)
    found[np.arange(len(numbers)), other] += np.sqrt(share)
    return found


def test_the_nearer_numbers_are_the_more_alike_they_are():
    bounds = (10.0, 20.0, 40.0, 80.0, 160.0)
    found = vectors([19.9, 20.1, 24.0, 30.0, 45.0, 70.0, 150.0], bounds)
    np.testing.assert_allclose((found**2).sum(axis=1), 1)
    alike = found[0] @ found.T
    assert list(alike) == sorted(alike, reverse=True)
    assert alike[1] > 0.99  # on either side of a bound, and nearly the same number
    assert alike[5] == alike[6] == 0


@pytest.mark.parametrize("bounds", [(5.0,), (5.0, 6.0), (-1e308, 1e308), (0.0,)])
def test_the_outer_bins_have_no_end(bounds):
    own, _, share = memberships(np.array([-1.7e308, 1.7e308]), bounds)
    assert own.tolist() == [0, len(bounds)]
    assert np.isfinite(share).all()
