from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mmsql.models import top_k
from mmsql.models.top_k import Entries, best_of_block, best_of_rows, top_candidates


def by_sorting(values: np.ndarray, k: int, least: float) -> list[tuple[int, int, float, int]]:
    return [
        (row, int(column), float(values[row, column]), rank)
        for row in range(len(values))
        for rank, column in enumerate(np.argsort(-values[row], kind="stable")[:k], start=1)
        if values[row, column] >= least
    ]


def as_rows(found: tuple[Entries, np.ndarray]) -> list[tuple[int, int, float, int]]:
    (row, column, value), rank = found
    return list(zip(row.tolist(), column.tolist(), value.tolist(), rank.tolist(), strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 40), st.sampled_from([1, 3, 1000]))
def test_a_block_is_what_sorting_finds(seed: int, columns: int, k: int, different: int) -> None:
    values = np.random.default_rng(seed).integers(-different, different + 1, (7, columns)).astype(np.float32) / 4
    for least in (-np.inf, 0.25):
        assert as_rows(best_of_block(values, k, least)) == by_sorting(values, k, least)


def test_ties_that_fill_rows_and_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.zeros((9, 500), np.float32)
    values[1:, 490:] = np.arange(10)
    values[4, ::3] = 5
    whole = as_rows(best_of_block(values, 12, 0.0))
    assert whole == by_sorting(values, 12, 0.0)
    monkeypatch.setattr(top_k, "CHUNK_CELLS", 2 * 500)
    assert as_rows(best_of_block(values, 12, 0.0)) == whole


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_a_block_without_cells(shape: tuple[int, int]) -> None:
    assert as_rows(best_of_block(np.zeros(shape, np.float32), 2, 0.0)) == []


@pytest.mark.parametrize("far", [0, 1 << 30])
def test_entries_in_any_order_and_beyond_what_one_integer_holds(far: int) -> None:
    row, column = np.array([5, 0, 5, 5, 0, 5]), np.array([7, 1, 2, 9, 0, 4]) + far
    value = np.array([0.0, -2.5, -0.0, 3.0, -1.0, -1.0], np.float32)
    found = as_rows(best_of_rows(Entries(row, column, value), 3))
    assert found == [
        (0, far, -1.0, 1),
        (0, 1 + far, -2.5, 2),
        (5, 9 + far, 3.0, 1),
        (5, 2 + far, 0.0, 2),
        (5, 7 + far, 0.0, 3),
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 40), st.sampled_from([1, 3, 1000]))
def test_what_reaches_holds_the_largest_of_each_row(seed: int, columns: int, k: int, different: int) -> None:
    draw = np.random.default_rng(seed)
    values = draw.integers(-different, different + 1, (9, columns)).astype(np.float32) / 4
    values[draw.random(9) < 0.3] = 0
    rows = sp.csr_matrix(np.where(draw.random(values.shape) < 0.8, values, 0))
    found = top_candidates(rows, k)
    assert as_rows(best_of_rows(found, k)) == by_sorting(rows.toarray(), k, 1e-9)
    assert np.all(found.value > 0)


def test_few_more_reach_than_are_wanted() -> None:
    rows = sp.csr_matrix(np.random.default_rng(1).random((50, 3000), np.float32))
    assert len(top_candidates(rows, 20).row) < 50 * 30
