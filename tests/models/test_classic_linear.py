"""The linear model against literal formulas, and its sparse form against the closed form."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from mmsql.data.content import Content
from mmsql.errors import OptionError
from mmsql.models.edges import Edges, concatenate, scaled, top_neighbors, top_neighbors_of_block
from mmsql.models.linear import dense, sparse
from mmsql.models.linear.dense import closed_form, content_features, content_prior, linear_edges
from mmsql.models.linear.sparse import sparse_weights, top_pairs_gram

USERS, ITEMS, RHO, SHARE = 80, 24, 7.0, 0.4


@pytest.fixture(scope="module")
def events() -> sp.csr_matrix:
    random = np.random.default_rng(0)
    return sp.csr_matrix((random.random((USERS, ITEMS)) < 0.3).astype(np.float32))


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    drawn = np.random.default_rng(1).standard_normal((ITEMS, 6)).astype(np.float32)
    drawn[3] = 0  # an item without content
    return drawn / np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-9)


def whole(events: sp.csr_matrix, features: np.ndarray | None, regularization: float, share: float) -> np.ndarray:
    prior = None if features is None else content_prior(features)
    return np.concatenate([weights for _, weights in closed_form(events, prior, regularization, share)])


def ease_literally(gram: np.ndarray, regularization: float) -> np.ndarray:
    inverse = np.linalg.inv(gram + regularization * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def gram_of(events: sp.csr_matrix) -> np.ndarray:
    dense = events.toarray().astype(np.float64)
    return dense.T @ dense


def test_without_content_it_is_ease(events):
    weights = whole(events, None, RHO, 0.0)
    assert weights.dtype == np.float32
    assert np.diag(weights) == pytest.approx(0, abs=0)
    assert weights == pytest.approx(ease_literally(gram_of(events), RHO), abs=1e-6)


def test_a_content_weight_of_0_is_ease(events, features):
    assert whole(events, features, RHO, 0.0) == pytest.approx(ease_literally(gram_of(events), RHO), abs=1e-6)


def test_the_prior_is_the_same_model_of_the_features(features):
    prior = content_prior(features, 0.7)
    found = prior.left @ prior.right.T - np.diag(prior.diagonal)
    assert found == pytest.approx(ease_literally(features.astype(np.float64) @ features.T, 0.7), abs=1e-6)


def test_a_strong_regularization_gives_the_model_of_content(events, features):
    prior = content_prior(features)
    found = whole(events, features, 1e7, 1.0)
    assert found == pytest.approx(prior.left @ prior.right.T - np.diag(prior.diagonal), abs=1e-4)


def test_between_the_two_it_is_the_constrained_minimum(events, features):
    prior = content_prior(features)
    wanted = (prior.left @ prior.right.T - np.diag(prior.diagonal)).astype(np.float64)
    found, gram = whole(events, features, RHO, SHARE).astype(np.float64), gram_of(events)
    # With diag(B) fixed, the gradient of the objective vanishes everywhere else.
    gradient = gram @ found - gram + (1 - SHARE) * RHO * found + SHARE * RHO * (found - wanted)
    np.fill_diagonal(gradient, 0)
    assert np.diag(found) == pytest.approx(0, abs=0)
    assert gradient == pytest.approx(0, abs=1e-4)


def test_blocks_of_rows_concatenate_to_the_full_matrix(events, features, monkeypatch):
    expected = whole(events, features, RHO, SHARE)
    monkeypatch.setattr(dense, "BLOCK_CELLS", 5 * ITEMS)
    starts = [start for start, _ in closed_form(events, None, RHO, 0.0)]
    assert starts == [0, 5, 10, 15, 20]
    assert whole(events, features, RHO, SHARE) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("with_content", [False, True])
def test_the_sparse_form_with_all_candidates_is_the_closed_form(events, features, with_content):
    prior = content_prior(features) if with_content else None
    share = SHARE if with_content else 0.0
    found = sparse_weights(events, prior, RHO, share, candidates=ITEMS)
    assert (gram_of(events) > 0).all()  # every pair is a candidate
    assert found.toarray() == pytest.approx(whole(events, features if with_content else None, RHO, share), abs=1e-5)


def test_the_sparse_form_solves_each_item_within_its_candidates(events):
    found = sparse_weights(events, None, RHO, 0.0, candidates=5).toarray()
    gram = gram_of(events)
    cosine = gram / np.sqrt(np.outer(np.diag(gram), np.diag(gram))) - 2 * np.eye(ITEMS)
    for item in range(ITEMS):
        chosen = np.argsort(-cosine[:, item], kind="stable")[:5]
        system = gram[np.ix_(chosen, chosen)] + RHO * np.eye(5)
        expected = np.zeros(ITEMS)
        expected[chosen] = np.linalg.solve(system, gram[chosen, item])
        assert found[:, item] == pytest.approx(expected, abs=1e-5)


@pytest.fixture(scope="module")
def crowded() -> sp.csr_matrix:
    return sp.csr_matrix((np.random.default_rng(3).random((500, 40)) < 0.8).astype(np.float32))


def test_the_top_pairs_keep_their_counts(crowded):
    pairs, exact = top_pairs_gram(crowded, kept=3), gram_of(crowded)
    assert (np.diff(pairs.gram.indptr) >= 3).all()
    assert pairs.gram.nnz < 40 * 39 / 2
    assert abs(pairs.gram - pairs.gram.T).max() == 0
    assert pairs.truncated.all()
    assert pairs.diagonal == pytest.approx(np.diag(exact))
    rows, cols = pairs.gram.nonzero()
    assert pairs.gram.data == pytest.approx(exact[rows, cols], rel=1e-5)
    assert pairs.lookup(rows, cols) == pytest.approx(exact[rows, cols], rel=1e-5)


def test_truncated_pairs_count_as_independent(crowded):
    pairs, exact = top_pairs_gram(crowded, kept=3), gram_of(crowded)
    first, second = np.nonzero((pairs.gram.toarray() == 0) & ~np.eye(40, dtype=bool))
    found = pairs.lookup(first, second)
    assert found == pytest.approx(np.diag(exact)[first] * np.diag(exact)[second] / 500, rel=1e-5)
    assert found == pytest.approx(exact[first, second], rel=0.1)
    assert pairs.lookup(np.array([-1, 3]), np.array([2, -1])).tolist() == [0, 0]
    whole_pairs = top_pairs_gram(crowded, kept=39)
    assert whole_pairs.gram.nnz == 40 * 39


def test_pairs_without_a_common_user_are_0_without_truncation():
    events = sp.csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 1, 1]], np.float32))
    pairs = top_pairs_gram(events)
    assert not pairs.truncated.any()
    assert pairs.lookup(np.array([0, 0]), np.array([1, 2])).tolist() == [1, 0]


def test_truncated_pairs_do_not_break_the_solution(crowded, monkeypatch):
    monkeypatch.setattr(sparse.top_pairs_gram, "__defaults__", (3,))
    exact = whole(crowded, None, 5.0, 0.0)
    found = sparse_weights(crowded, None, 5.0, 0.0, candidates=12).toarray()
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 3 * np.abs(exact).max()


def test_an_indefinite_matrix_gets_a_dominant_diagonal():
    gram = np.array([[0, 9, 9], [9, 0, -9], [9, -9, 0]], np.float32)
    pairs = sparse.GramMatrices(sp.csr_matrix(gram), np.full(3, 10, np.float32), np.zeros(3, bool), 20)
    members = np.array([[0, 1, 2, -1]])
    found = sparse.solve_candidates(pairs, members, np.ones((1, 4), np.float32), 0.1)
    dominant = gram + 18.1 * np.eye(3)
    assert found[0, :3] == pytest.approx(np.linalg.solve(dominant.astype(np.float64), np.ones(3)), rel=1e-3)


def test_items_without_events_get_edges_from_content_only(events, features):
    empty = events.toarray()
    empty[:, 5] = 0
    without = linear_edges(sp.csr_matrix(empty), regularization=RHO)
    assert 5 not in without.item_index
    assert 5 not in without.neighbor_index
    with_content = linear_edges(sp.csr_matrix(empty), features, regularization=RHO, content_weight=SHARE)
    assert 5 in with_content.neighbor_index


@pytest.mark.parametrize("dense_items", [0, ITEMS])
def test_edges_are_the_largest_positive_weights(events, features, dense_items):
    found = linear_edges(
        events, features, regularization=RHO, content_weight=SHARE, neighbors=3, dense_items=dense_items
    )
    assert (found.weight > 0).all()
    assert np.bincount(found.item_index, minlength=ITEMS).max() <= 3
    strongest_each = [found.weight[found.item_index == item].max() for item in np.unique(found.item_index)]
    assert np.mean(strongest_each) == pytest.approx(1, abs=1e-5)
    weights = whole(events, features, RHO, SHARE)
    for item in range(ITEMS):
        neighbors = found.neighbor_index[found.item_index == item]
        assert item not in neighbors
        assert set(neighbors) == {n for n in np.argsort(-weights[item])[:3] if weights[item, n] > 0}


def test_a_regularization_that_is_too_small_is_refused():
    rows = np.zeros((4, 3), np.float32)
    rows[:, :2] = 1000
    with pytest.raises(OptionError, match=r"regularization := 0.001 is too small .* Type regularization := 0.01"):
        linear_edges(sp.csr_matrix(rows), regularization=0.001)


def test_features_are_concatenated_and_wide_ones_are_projected():
    random = np.random.default_rng(0)
    text = random.standard_normal((10, 4)).astype(np.float32)
    attribute = sp.random(10, 30, 0.3, format="csr", random_state=0, dtype=np.float32)
    found = content_features(Content(text=text, attribute=attribute), size=6)
    assert found.shape == (10, 10)
    assert found[:, :4] == pytest.approx(text)
    left, values, right = np.linalg.svd(attribute.toarray())
    best = (left[:, :6] * values[:6]) @ right[:6]
    assert found[:, 4:] @ found[:, 4:].T == pytest.approx(best @ best.T, abs=1e-4)
    assert content_features(Content()) is None


@pytest.mark.parametrize("wrap", [np.asarray, sp.csr_matrix])
def test_wide_features_of_low_rank_are_projected_without_loss_and_deterministically(wrap):
    random = np.random.default_rng(0)
    few = random.standard_normal((60, 3)).astype(np.float32) @ random.standard_normal((3, 50)).astype(np.float32)
    for vectors in (few, np.zeros_like(few)):
        first, second = (
            content_features(
                Content(text=vectors) if wrap is np.asarray else Content(attribute=wrap(vectors)), size=8
            )
            for _ in range(2)
        )
        assert first.shape == (60, 8)
        assert np.array_equal(first, second)
        assert first @ first.T == pytest.approx(vectors @ vectors.T, rel=1e-3, abs=1e-3)


def test_ties_go_to_the_lower_column():
    values = np.array([[0, 2, 2, 2, -1], [1, 0, 3, 1, 1], [0, 0, 0, 0, 0]], np.float32)
    expected = [(0, 1, 2), (0, 2, 2), (1, 0, 1), (1, 2, 3)]
    assert list(zip(*top_neighbors(sp.csr_matrix(values), 2), strict=True)) == expected
    assert list(zip(*top_neighbors_of_block(values, 0, 2), strict=True)) == expected


@pytest.mark.parametrize("k", [1, 3, 100])
def test_top_neighbors_of_random_rows(k):
    values = np.random.default_rng(0).integers(-3, 6, (40, 30)).astype(np.float32)
    expected = [
        (row, column, values[row, column])
        for row in range(40)
        for column in sorted(sorted(range(30), key=lambda c: (-values[row, c], c))[:k])
        if values[row, column] > 0
    ]
    assert list(zip(*top_neighbors(sp.csr_matrix(values), k), strict=True)) == expected
    assert list(zip(*top_neighbors_of_block(values, 0, k), strict=True)) == expected


def test_scaling_drops_rounding_errors():
    found = scaled(Edges(np.array([0, 0, 2]), np.array([1, 2, 0]), np.array([2.0, 1e-9, 6.0], np.float32)))
    assert found.item_index.tolist() == [0, 2]
    assert found.weight.tolist() == [0.5, 1.5]
    nothing = concatenate([])
    assert scaled(nothing) is nothing


def test_users_with_one_item_each():
    found = linear_edges(sp.csr_matrix(np.eye(4, dtype=np.float32)), regularization=1.0)
    assert len(found.weight) == 0
    found = linear_edges(sp.csr_matrix(np.eye(4, dtype=np.float32)), regularization=1.0, dense_items=0)
    assert len(found.weight) == 0
