from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from mmsql.errors import OptionError
from mmsql.models import neighbors
from mmsql.models.neighbors import nearest, nearest_sparse


def brute(vectors: np.ndarray, k: int) -> dict[int, list[tuple[int, float]]]:
    norms = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(norms > 0, norms, 1)[:, None]
    similarity = np.round((unit @ unit.T) * 2**20) / 2**20
    np.fill_diagonal(similarity, 0)
    found = {}
    for item, row in enumerate(similarity):
        order = np.lexsort((np.arange(len(row)), -row))[:k]
        found[item] = [(int(n), float(row[n])) for n in order if row[n] > 0]
    return {item: pairs for item, pairs in found.items() if pairs}


def as_lists(found: neighbors.Neighbors) -> dict[int, list[tuple[int, float]]]:
    lists: dict[int, list[tuple[int, float]]] = {}
    for item, neighbor, similarity in zip(*found, strict=True):
        lists.setdefault(int(item), []).append((int(neighbor), float(similarity)))
    return lists


def made(seed: int = 0, items: int = 60, size: int = 7) -> np.ndarray:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((items, size)).astype(np.float32)
    vectors[[3, 17]] = 0
    vectors[[9, 40]] = vectors[4]
    return vectors


@pytest.mark.parametrize("block", [None, 1, 7, 60, 500])
@pytest.mark.parametrize("k", [1, 5, 200])
def test_nearest_is_what_brute_force_finds(k: int, block: int | None) -> None:
    vectors = made()
    found = as_lists(nearest(vectors, k, block=block))
    expected = brute(vectors.astype(np.float64), k)
    assert found.keys() == expected.keys()
    for item, pairs in expected.items():
        assert [n for n, _ in found[item]] == [n for n, _ in pairs]
        np.testing.assert_allclose([s for _, s in found[item]], [s for _, s in pairs], atol=2e-6)


def test_sparse_agrees_with_dense() -> None:
    vectors = np.abs(made(1)) * (np.random.default_rng(2).random((60, 7)) < 0.4)
    dense = nearest(vectors.astype(np.float32), 6)
    sparse = nearest_sparse(sp.csr_matrix(vectors, dtype=np.float32), 6)
    np.testing.assert_array_equal(sparse.item_index, dense.item_index)
    np.testing.assert_array_equal(sparse.neighbor_index, dense.neighbor_index)
    np.testing.assert_allclose(sparse.similarity, dense.similarity, atol=2e-6)


@pytest.mark.parametrize("find", [nearest, lambda rows, k: nearest_sparse(sp.csr_matrix(rows), k)])
def test_ties_zero_rows_and_the_item_itself(find: object) -> None:
    rows = np.zeros((6, 2), np.float32)
    rows[[0, 2, 3, 5]] = [[0.1, 0], [0.3, 0], [7, 0], [0.7, 0]]
    rows[4] = [0, 1]
    found = find(rows, 2)  # type: ignore[operator]
    assert found.item_index.tolist() == [0, 0, 2, 2, 3, 3, 5, 5]
    assert found.neighbor_index.tolist() == [2, 3, 0, 3, 0, 2, 0, 2]
    assert found.similarity.tolist() == [1.0] * 8
    assert found.item_index.dtype == found.neighbor_index.dtype == np.int32
    assert found.similarity.dtype == np.float32


def test_many_equal_vectors() -> None:
    rows = np.repeat(np.eye(2, 3, dtype=np.float32), 50, axis=0)
    for found in (nearest(rows, 3), nearest_sparse(sp.csr_matrix(rows), 3)):
        assert found.item_index.tolist() == np.repeat(np.arange(100), 3).tolist()
        assert (found.item_index // 50 == found.neighbor_index // 50).all()
        assert (found.item_index != found.neighbor_index).all()


def test_what_nearly_all_share_is_left_out_of_a_large_search(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sp.csr_matrix(np.hstack([np.ones((40, 1)), np.repeat(np.eye(10), 4, axis=0)]).astype(np.float32))
    assert len(nearest_sparse(rows, 39).item_index) == 40 * 39
    monkeypatch.setattr(neighbors, "MIN_PRODUCTS", 10 * 4**2)
    monkeypatch.setattr(neighbors, "MAX_PRODUCTS", 1)
    found = nearest_sparse(rows, 39)
    assert (found.item_index // 4 == found.neighbor_index // 4).all()
    assert len(found.item_index) == 40 * 3


def test_opposite_vectors_are_no_neighbours() -> None:
    found = nearest(np.array([[1, 0], [-1, 0], [0, 1]], np.float32), 3)
    assert len(found.item_index) == 0


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (4, 0)])
def test_nothing_to_find(shape: tuple[int, int]) -> None:
    assert len(nearest(np.ones(shape, np.float32), 3).item_index) == 0
    assert len(nearest_sparse(sp.csr_matrix(np.ones(shape, np.float32)), 3).item_index) == 0


def test_k_must_be_positive() -> None:
    for find in (nearest, nearest_sparse):
        with pytest.raises(OptionError, match="at least 1; 0 was given"):
            find(np.ones((2, 2), np.float32), 0)  # type: ignore[operator]


def test_large_catalogs_are_searched_by_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    topics = draw.standard_normal((40, 12))
    vectors = (topics[draw.integers(0, 40, 3000)] + 0.3 * draw.standard_normal((3000, 12))).astype(np.float32)
    vectors[[5, 6]] = 0
    exact = nearest(vectors, 10)
    monkeypatch.setattr(neighbors, "EXACT_ITEMS", 1000)
    monkeypatch.setattr(neighbors, "CLUSTER_SIZE", 50)
    found = nearest(vectors, 10)
    assert not {5, 6} & set(found.item_index.tolist()) | {5, 6} & set(found.neighbor_index.tolist())
    assert (found.item_index != found.neighbor_index).all()
    wanted = set(zip(exact.item_index.tolist(), exact.neighbor_index.tolist(), strict=True))
    got = set(zip(found.item_index.tolist(), found.neighbor_index.tolist(), strict=True))
    assert len(got) == len(found.item_index) == len(wanted)
    assert len(got & wanted) > 0.9 * len(wanted)
    assert (np.diff(found.item_index) >= 0).all()
    np.testing.assert_array_equal(nearest(vectors, 10).neighbor_index, found.neighbor_index)
