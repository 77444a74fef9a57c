"""The fusion model end to end: what it learns, and that stored weights give the same embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from made_shops import QUICK, RING, SMALL, fit, genres, shop, walks
from safetensors.numpy import load, save

from mmsql.columns import FUSED
from mmsql.config import BEHAVIOR_ENCODERS, FusionConfig
from mmsql.data.content import Content
from mmsql.errors import ModelError
from mmsql.models.base import EDGE_SCHEMA, FittedModel
from mmsql.models.fusion import Fusion
from mmsql.models.fusion.embedding import embed_histories, embed_items, embed_users, load_towers


def hit_rate(fitted: FittedModel, histories: Sequence[Sequence[int]]) -> float:
    """Return the share of walkers whose top item is the next one on the ring."""
    assert fitted.user_vectors is not None
    assert fitted.item_vectors is not None
    scores = fitted.user_vectors @ fitted.item_vectors.T
    for user, history in enumerate(histories):
        scores[user, list(history)] = -np.inf
    return float(np.mean(scores.argmax(axis=1) == [(history[-1] + 1) % RING for history in histories]))


@pytest.fixture(scope="module")
def ring() -> FittedModel:
    return fit(walks(), RING, epochs=25)


# --- learning


def test_it_learns_what_comes_next(ring: FittedModel) -> None:
    assert hit_rate(ring, walks()) > 0.95


@pytest.mark.parametrize(("behavior", "expected"), [("gru", 0.9), ("mean", 0.3)])
def test_the_other_encoders_learn_too(behavior: str, expected: float) -> None:
    fitted = fit(walks(), RING, epochs=25, behavior=behavior)
    assert hit_rate(fitted, walks()) > expected


def test_a_sampled_catalog_is_learned_too() -> None:
    assert hit_rate(fit(walks(), RING, epochs=25, negatives=5), walks()) > 0.9


@pytest.mark.parametrize("modality", ["comment", "text", "attribute"])
def test_items_without_events_are_ranked_by_content(modality: str) -> None:
    histories, text = genres()
    given = sp.csr_matrix(np.eye(3, dtype=np.float32)[np.arange(60) % 3]) if modality == "attribute" else text
    fitted = fit(histories, 60, Content(**{modality: given}), epochs=12, id_dropout=0.3)
    assert fitted.user_vectors is not None
    assert fitted.item_vectors is not None
    scores = fitted.user_vectors @ fitted.item_vectors.T
    own = [57 + (user - 57 % 3) % 3 for user in range(len(histories))]
    share_above = np.mean([(row > row[item]).mean() for row, item in zip(scores, own, strict=True)])
    assert share_above < 0.35  # chance: 0.5; the genre is the upper third
    others = [(row[57:60].sum() - row[item]) / 2 for row, item in zip(scores, own, strict=True)]
    assert np.mean([row[item] for row, item in zip(scores, own, strict=True)]) > np.mean(others) + 1


@pytest.mark.parametrize("diversity", ["similarity", "literal"])
def test_alpha_spreads_recommendations(diversity: str) -> None:
    random = np.random.default_rng(0)
    chances = 1 / np.arange(1, 61)
    histories = [[int(i) for i in random.choice(60, 6, replace=False, p=chances / chances.sum())] for _ in range(100)]
    content = Content(text=np.abs(random.standard_normal((60, 8))).astype(np.float32))

    def entropy(alpha: float) -> float:
        fitted = fit(histories, 60, content, epochs=6, alpha=alpha, diversity=diversity)
        assert fitted.user_vectors is not None
        assert fitted.item_vectors is not None
        scores = fitted.user_vectors @ fitted.item_vectors.T
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        mean = (chance / chance.sum(axis=1, keepdims=True)).mean(axis=0)
        return float(-(mean * np.log(mean)).sum())

    assert entropy(2.0) > entropy(0.0) + 0.1


# --- the fitted model


def test_vectors_edges_and_score(ring: FittedModel) -> None:
    assert ring.item_vectors is not None
    assert ring.user_vectors is not None
    assert ring.item_vectors.dtype == ring.user_vectors.dtype == ring.bias.dtype == np.float32
    assert ring.item_vectors.shape == (RING, 16)
    assert ring.user_vectors.shape == (150, 16)
    np.testing.assert_allclose(np.linalg.norm(ring.item_vectors, axis=1), 1, rtol=1e-5)
    assert ring.edges.schema == EDGE_SCHEMA
    assert set(ring.edges["modality"].to_pylist()) == {FUSED}
    assert np.bincount(ring.edges["item_index"].to_numpy()).max() <= 20
    assert ring.serving.edge_weight == 0.0
    scores = ring.serving.vector_weight * ring.user_vectors @ ring.item_vectors.T
    assert np.mean(scores.max(axis=1) - scores.mean(axis=1)) == pytest.approx(1, abs=0.01)


def test_same_seed_same_model_and_nothing_else_changes() -> None:
    histories, text = genres()
    torch.manual_seed(5)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    first, second = (fit(histories, 60, Content(text=text), **QUICK) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert first.weights.keys() == second.weights.keys()
    for name, values in first.weights.items():
        np.testing.assert_array_equal(values, second.weights[name])
    np.testing.assert_array_equal(first.item_vectors, second.item_vectors)
    np.testing.assert_array_equal(first.user_vectors, second.user_vectors)
    assert first.edges.equals(second.edges)
    other = fit(histories, 60, Content(text=text), **{**QUICK, "seed": 7})
    assert not np.allclose(first.item_vectors, other.item_vectors)


# --- embedding with stored weights


@pytest.mark.parametrize("behavior", BEHAVIOR_ENCODERS)
def test_stored_weights_embed_the_same_again(behavior: str) -> None:
    histories, text = genres()
    histories[3] = [*histories[3], *range(20, 50, 3)]  # longer than the tower's history length
    content = Content(
        text=text,
        attribute=sp.identity(60, dtype=np.float32, format="csr"),
        attribute_values=tuple(f"number={item}" for item in range(60)),
    )
    with shop(histories, 60) as dataset:
        config = FusionConfig(**{**QUICK, "behavior": behavior, "history_length": 7})  # type: ignore[arg-type]
        fitted = Fusion().fit(dataset, content, config, lambda row: None)
        weights = load(save(fitted.weights))
        towers = load_towers(weights)
        items = embed_items(towers, content, np.arange(60))
        np.testing.assert_allclose(items, fitted.item_vectors, atol=1e-6)
        users = embed_users(towers, items, dataset.histories(20))
        np.testing.assert_allclose(users, fitted.user_vectors, atol=1e-5)
        again = Fusion().update(dataset, content, config, weights, np.arange(60))
    np.testing.assert_allclose(again.user_vectors, fitted.user_vectors, atol=1e-5)
    np.testing.assert_allclose(again.item_vectors, fitted.item_vectors, atol=1e-6)
    assert again.edges.equals(fitted.edges)
    event_types = [["buy" if place % 3 == 0 else "view" for place in range(len(h))] for h in histories]
    hours = [[1735689600 + 3600 * (user + place) for place in range(len(h))] for user, h in enumerate(histories)]
    listed = embed_histories(towers, items, histories, event_types, hours)
    np.testing.assert_allclose(listed, fitted.user_vectors, atol=1e-5)


def test_plain_and_unusual_histories(ring: FittedModel) -> None:
    towers = load_towers(ring.weights)
    assert ring.item_vectors is not None
    found = embed_histories(towers, ring.item_vectors, [[3, 4, 5], [], [-1, -1], [-1, 3, -1, 4, 5]])
    assert found.dtype == np.float32
    assert (found[1:3] == 0).all()
    np.testing.assert_allclose(found[3], found[0], atol=1e-6)
    scores = found[0] @ ring.item_vectors.T
    assert 6 in np.argsort(-scores)[:2]
    unknown = embed_histories(towers, ring.item_vectors, [[3, 4, 5]], [["gift", None, "wish"]], [[None] * 3])
    np.testing.assert_allclose(unknown[0], found[0], atol=1e-6)
    assert embed_histories(towers, ring.item_vectors, []).shape == (0, 16)


def test_a_grown_catalog_is_embedded_by_its_content() -> None:
    histories, text = genres()
    tokens = tuple(f"genre={g}" for g in range(3))
    attribute = sp.csr_matrix(np.eye(3, dtype=np.float32)[np.arange(60) % 3])
    content = Content(text=text, attribute=attribute, attribute_values=tokens)
    with shop(histories, 60) as dataset:
        config = FusionConfig(**{**SMALL, "epochs": 3, "id_dropout": 0.3})  # type: ignore[arg-type]
        fitted = Fusion().fit(dataset, content, config, lambda row: None)
    order = np.array([60, *range(60), 61])  # new ones come first and last
    grown = Content(
        text=np.concatenate([text[57:58], text, text[58:59]]),
        attribute=sp.csr_matrix(np.eye(4, dtype=np.float32)[[1, *(1 + np.arange(60) % 3), 0]]),
        attribute_values=("aaa=new", *tokens),
    )
    known = np.where(order < 60, order, -1)
    with shop([[i + 1 for i in history] for history in histories], 62) as dataset:
        updated = Fusion().update(dataset, grown, config, fitted.weights, known)
        twice = Fusion().update(dataset, grown, config, updated.weights, np.arange(62))
    assert updated.item_vectors is not None
    assert fitted.item_vectors is not None
    np.testing.assert_allclose(updated.item_vectors[1:61], fitted.item_vectors, atol=1e-6)
    np.testing.assert_allclose(updated.item_vectors[0], fitted.item_vectors[57], atol=1e-6)  # cold as well
    assert np.linalg.norm(updated.item_vectors[61]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(updated.user_vectors, fitted.user_vectors, atol=1e-5)
    np.testing.assert_allclose(twice.item_vectors, updated.item_vectors, atol=1e-6)


def test_weights_that_do_not_fit(ring: FittedModel) -> None:
    with pytest.raises(ModelError, match="not those of a fusion model"):
        load_towers({"a": np.zeros(1, np.float32)})
    newer = {**ring.weights, "shape": np.frombuffer(b'{"format": 99}', np.uint8)}
    with pytest.raises(ModelError, match=r"another version of mmsql\. Run CALL train\('fusion'\)"):
        load_towers(newer)
    histories, text = genres()
    towers = load_towers(fit(histories, 60, Content(text=text), **QUICK).weights)
    with pytest.raises(ModelError, match="text features have 7 columns, but in training they had 12"):
        embed_items(towers, Content(text=np.ones((60, 7), np.float32)), np.arange(60))


# --- the smallest datasets


@pytest.mark.parametrize("behavior", BEHAVIOR_ENCODERS)
@pytest.mark.parametrize(
    ("histories", "items"),
    [
        ([[0]], 1),
        ([[0, 1, 2]], 3),
        ([[0], [1], [2], [0]], 3),
        ([[0, 1], [1]], 50),
        ([[0], [0], [0]], 1),
        ([[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]], 3),
    ],
    ids=["one user, one item", "one user", "one event each", "more items than events", "one item", "all seen"],
)
def test_the_smallest_datasets(histories: list[list[int]], items: int, behavior: str) -> None:
    content = Content(text=np.eye(items, 4, dtype=np.float32))
    for given, alpha in ((None, 0.0), (content, 0.1)):
        fitted = fit(histories, items, given, epochs=2, behavior=behavior, alpha=alpha)
        assert fitted.user_vectors is not None
        assert fitted.item_vectors is not None
        assert fitted.user_vectors.shape == (len(histories), 16)
        assert fitted.item_vectors.shape == (items, 16)
        assert np.isfinite(fitted.user_vectors).all()
        assert np.isfinite(fitted.item_vectors).all()
        assert np.isfinite(fitted.serving.vector_weight)


def test_empty_modalities_are_no_modalities() -> None:
    empty = Content(
        comment=np.zeros((RING, 5), np.float32),
        text=np.zeros((RING, 0), np.float32),
        attribute=sp.csr_matrix((RING, 3), dtype=np.float32),
    )
    without, with_empty = (fit(walks(20), RING, given, **QUICK) for given in (None, empty))
    np.testing.assert_array_equal(without.item_vectors, with_empty.item_vectors)
