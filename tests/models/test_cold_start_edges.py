"""Cold-start edges: edges to items without events, predicted from content."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mmsql import columns
from mmsql.data.content import Content, unit_rows
from mmsql.models.base import EDGE_SCHEMA, as_edges
from mmsql.models.graph import cold_start, features, scales
from mmsql.models.graph.cold_start import RidgeRegression, cold_start_edges
from mmsql.models.graph.features import Features
from mmsql.models.graph.scales import learn_weights

ITEMS, KNOWN = 60, 40
GROUP = np.arange(ITEMS) % 2
EVENTS = np.repeat([3, 0], [KNOWN, ITEMS - KNOWN])
IN_GROUPS = [(i, j, 1.0) for i in range(KNOWN) for j in range(KNOWN) if i != j and GROUP[i] == GROUP[j]]


def edges(*triples: tuple[int, int, float], modality: str = columns.BEHAVIOR) -> pa.Table:
    item, neighbor, weight = zip(*triples, strict=True)
    return as_edges(list(item), list(neighbor), list(weight), modality)


def found(tables: list[pa.Table], modality: str = columns.ALIKE) -> dict[tuple[int, int], float]:
    assert all(table.schema == EDGE_SCHEMA for table in tables)
    triples = [row for table in tables for row in table.to_pylist() if row["modality"] == modality]
    return {(row["item_index"], row["neighbor_index"]): row["weight"] for row in triples}


def group_vectors(noise: float, seed: int = 0) -> np.ndarray:
    """Make vectors that separate the groups, less clearly with more noise."""
    rng = np.random.default_rng(seed)
    return unit_rows(np.eye(2, 8)[GROUP] + noise * rng.normal(size=(ITEMS, 8))).astype(np.float32)


def shares_of_own(weights: dict[tuple[int, int], float]) -> float:
    own = sum(weight for (item, neighbor), weight in weights.items() if GROUP[item] == GROUP[neighbor])
    return own / sum(weights.values())


def test_the_map_is_the_closed_form_ridge_regression():
    rng = np.random.default_rng(1)
    given, new = rng.normal(size=(2, 30, 5)).astype(np.float32)
    incoming = sp.random(30, 12, 0.4, format="csr", random_state=1, dtype=np.float32)
    for wide in (given, np.hstack([given] * 8)):  # more items than features, and fewer
        ridge, other = RidgeRegression(wide, incoming), new if wide is given else np.hstack([new] * 8)
        ridge.penalty = 2.0
        mean = incoming.toarray().mean(axis=0)
        mapped = np.linalg.solve(wide.T @ wide + 2 * np.eye(wide.shape[1]), wide.T @ (incoming.toarray() - mean))
        for items in (1, 1000):
            np.testing.assert_allclose(ridge.predictor(items)(other), other @ mapped + mean, atol=1e-4)


def test_the_penalty_has_the_smallest_leave_one_out_error():
    rng = np.random.default_rng(2)
    given = rng.normal(size=(50, 4)).astype(np.float32)
    incoming = sp.csr_matrix((given @ rng.normal(size=(4, 20)) + 3 * rng.normal(size=(50, 20))).astype(np.float32))
    ridge = RidgeRegression(given, incoming)
    ridge.choose_penalty(sp.csr_matrix((50, 20), dtype=np.float32))
    centered = incoming.toarray() - incoming.toarray().mean(axis=0)

    def leave_one_out_error(penalty: float) -> float:
        total = 0.0
        for item in range(50):
            others = np.arange(50) != item
            square = given[others].T @ given[others] + penalty * np.eye(4)
            total += (
                (centered[item] - given[item] @ np.linalg.solve(square, given[others].T @ centered[others])) ** 2
            ).sum()
        return total

    assert ridge.penalty == min(cold_start.PENALTIES, key=leave_one_out_error)


@pytest.mark.parametrize("modality", ["comment", "text", "words", "image"])
def test_edges_to_new_items_come_from_their_group(modality):
    predicted = found(cold_start_edges(edges(*IN_GROUPS), [], Content(**{modality: group_vectors(0.1)}), EVENTS, 1.0))
    assert {neighbor for _, neighbor in predicted} == set(range(KNOWN, ITEMS))
    assert shares_of_own(predicted) > 0.9
    half = found(cold_start_edges(edges(*IN_GROUPS), [], Content(**{modality: group_vectors(0.1)}), EVENTS, 0.5))
    assert half == pytest.approx({pair: weight / 2 for pair, weight in predicted.items()})


def test_an_uninformative_modality_does_little_harm():
    noise = np.random.default_rng(1).normal(size=(ITEMS, 8)).astype(np.float32)
    attribute = sp.csr_matrix(np.eye(2, dtype=np.float32)[GROUP])
    alone = found(cold_start_edges(edges(*IN_GROUPS), [], Content(attribute=attribute), EVENTS, 1.0))
    both = found(cold_start_edges(edges(*IN_GROUPS), [], Content(image=noise, attribute=attribute), EVENTS, 1.0))
    only_noise = found(cold_start_edges(edges(*IN_GROUPS), [], Content(image=noise), EVENTS, 1.0))
    assert shares_of_own(alone) > 0.95
    assert both == pytest.approx(alone, abs=0.05)
    assert shares_of_own(only_noise) < 0.6


def test_components_that_all_texts_share_are_ignored():
    common = unit_rows(20 * np.eye(1, 8) + 0.3 * group_vectors(0.0) + 0.02 * group_vectors(1.0)).astype(np.float32)
    assert (common @ common.T).min() > 0.99
    assert shares_of_own(found(cold_start_edges(edges(*IN_GROUPS), [], Content(text=common), EVENTS, 1.0))) > 0.95


def test_content_edges_to_new_items_are_scaled_down_to_what_they_add():
    new, old, related = (0, KNOWN, 0.4), (1, 3, 0.4), (2, KNOWN, 0.4)
    redundant = [edges(new, old, modality=columns.TEXT), edges(related, modality=columns.RELATION)]
    tables = cold_start_edges(edges(*IN_GROUPS), redundant, Content(text=group_vectors(0.1)), EVENTS, 1.0)
    assert found(tables, columns.TEXT)[new[:2]] < 0.2
    assert found(tables, columns.TEXT)[old[:2]] == pytest.approx(0.4)
    assert found(tables, columns.RELATION)[related[:2]] == pytest.approx(0.4)
    noise = np.random.default_rng(1).normal(size=(ITEMS, 8)).astype(np.float32)
    informative = [edges(*((i, j, 0.5) for i, j, _ in IN_GROUPS), new, modality=columns.TEXT)]
    tables = cold_start_edges(edges(*IN_GROUPS), informative, Content(text=noise), EVENTS, 1.0)
    assert found(tables, columns.TEXT)[new[:2]] == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (Content(), EVENTS),
        (Content(text=group_vectors(0.1)), np.ones(ITEMS, int)),
        (Content(text=group_vectors(0.1)), np.zeros(ITEMS, int)),
        (Content(text=group_vectors(0.1) * (EVENTS > 0)[:, None]), EVENTS),
    ],
    ids=["no content", "no new item", "only new items", "new items without content"],
)
def test_nothing_to_predict(content, events):
    content_tables = [edges((0, KNOWN, 0.4), modality=columns.TEXT)]
    assert cold_start_edges(edges(*IN_GROUPS), content_tables, content, events, 1.0) == content_tables


def test_without_any_edge():
    assert (
        cold_start_edges(
            EDGE_SCHEMA.empty_table(), [], Content(text=group_vectors(0.1), comment=group_vectors(0.2)), EVENTS, 1.0
        )
        == []
    )


def test_identical_texts_give_equal_edges():
    predicted = found(
        cold_start_edges(edges(*IN_GROUPS), [], Content(text=np.ones((ITEMS, 4), np.float32)), EVENTS, 1.0)
    )
    assert len(set(np.round(list(predicted.values()), 5))) == 1


def test_blocks_and_limits(monkeypatch):
    content, behavior = Content(text=group_vectors(0.5)), edges(*IN_GROUPS)
    whole = found(cold_start_edges(behavior, [], content, EVENTS, 1.0))
    monkeypatch.setattr(cold_start, "BLOCK_CELLS", 60)
    assert found(cold_start_edges(behavior, [], content, EVENTS, 1.0)) == pytest.approx(whole, abs=1e-5)
    for limit in ("MAX_TRAINING_ITEMS", "MAX_SOURCES"):
        monkeypatch.setattr(cold_start, limit, 20)
    monkeypatch.setattr(cold_start, "MAX_EDGES", 2)
    few = found(cold_start_edges(behavior, [], content, EVENTS, 1.0))
    assert np.bincount([neighbor for _, neighbor in few])[KNOWN:].tolist() == [2] * (ITEMS - KNOWN)
    assert len({item for item, _ in few}) <= 20


def incoming() -> sp.csr_matrix:
    leaves, enters, weights = (np.array(column) for column in zip(*IN_GROUPS, strict=True))
    return sp.csr_matrix((weights, (enters, leaves)), shape=(KNOWN, KNOWN), dtype=np.float32)


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [
        ([group_vectors(1.0)[:KNOWN]], [1.0]),
        ([group_vectors(0.1)[:KNOWN], group_vectors(50.0)[:KNOWN]], [1.0, 0.0]),
        (
            [
                group_vectors(50.0)[:KNOWN],
                sp.csr_matrix(group_vectors(0.1)[:KNOWN]),
                np.zeros((KNOWN, 3), np.float32),
            ],
            [0.0, 1.0, 0.0],
        ),
    ],
    ids=["alone", "noise", "noise and nothing"],
)
def test_the_weight_of_a_modality_is_what_it_adds_to_the_others(modalities, expected):
    weights = learn_weights(modalities, incoming())
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, expected, atol=0.1)


def test_complementary_modalities_both_get_weight():
    rng = np.random.default_rng(4)
    first, second = unit_rows(rng.normal(size=(2 * 90, 5))).reshape(2, 90, 5)
    predictor = np.hstack([first @ rng.normal(size=(5, 30)), second @ rng.normal(size=(5, 30))])
    weights = learn_weights([first, second], sp.csr_matrix(predictor.astype(np.float32)))
    assert weights.min() > 0.15


def test_weights_without_any_edge_are_equal():
    nothing = sp.csr_matrix((KNOWN, 5), dtype=np.float32)
    assert learn_weights([group_vectors(0.1)[:KNOWN], group_vectors(1.0)[:KNOWN]], nothing).tolist() == [0.5, 0.5]


def test_the_error_of_weights_is_the_leave_one_out_error():
    kernels = [part @ part.T for part in (group_vectors(0.3)[:KNOWN], group_vectors(1.0, seed=1)[:KNOWN])]
    wanted = np.random.default_rng(5).normal(size=(KNOWN, 3)).astype(np.float32)
    square, missed = 2.0 * kernels[0] + 0.5 * kernels[1], 0.0
    for item in range(KNOWN):
        others = np.arange(KNOWN) != item
        mapped = np.linalg.solve(square[np.ix_(others, others)] + np.eye(KNOWN - 1), wanted[others])
        missed += ((wanted[item] - square[item, others] @ mapped) ** 2).sum()
    found = scales.WeightAscent(kernels, wanted).error_of(np.array([2.0, 0.5]))
    assert found == pytest.approx(missed / (wanted**2).sum(), rel=1e-4)


def equally(modalities: list[features.Vectors]) -> np.ndarray:
    return np.full(len(modalities), 1 / len(modalities))


def test_wide_features_preserve_inner_products(monkeypatch):
    rng = np.random.default_rng(3)
    content = Content(
        image=(rng.normal(size=(ITEMS, 6)) @ rng.normal(size=(6, 90)) + 5).astype(np.float32),
        attribute=sp.random(ITEMS, 160, 0.06, format="csr", random_state=3, dtype=np.float32),
    )
    every = np.arange(ITEMS)
    exact = Features(content, every, equally).of(every)
    monkeypatch.setattr(features, "MAX_WIDTH", 110)
    monkeypatch.setattr(features, "DIRECTIONS", 6)
    narrow = Features(content, every, equally).of(every)
    assert exact.shape[1] > 110 == narrow.shape[1]
    np.testing.assert_allclose(narrow[:, :6] @ narrow[:, :6].T, exact[:, :90] @ exact[:, :90].T, atol=1e-4)
    hashed, unhashed = narrow[:, 6:] @ narrow[:, 6:].T, exact[:, 90:] @ exact[:, 90:].T
    assert abs((hashed - unhashed).mean()) < 0.05
    assert np.corrcoef(hashed.ravel(), unhashed.ravel())[0, 1] > 0.8


def test_a_modality_without_weight_is_left_out():
    content = Content(text=group_vectors(0.1), image=group_vectors(0.2))
    both = Features(content, np.arange(KNOWN), lambda modalities: np.array([1.0, 0.0]))
    alone = Features(Content(text=group_vectors(0.1)), np.arange(KNOWN), equally)
    np.testing.assert_array_equal(both.of(np.arange(ITEMS)), alone.of(np.arange(ITEMS)))
