"""Contrastive training of encoders: negatives, the best values, and early stopping."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mmsql.encoders import contrast
from mmsql.encoders.contrast import MappedTexts, TextPairs, TrainingBudget, overlapping_pairs, train_pairs

BUDGET = TrainingBudget(steps=200, seconds=60, batch=32, learning_rate=0.01, seed=1)


@pytest.fixture
def turned():
    """Return noisy vectors of twelve topics; first and second texts lie in different directions."""
    random = np.random.default_rng(0)
    topics = np.arange(240) % 12
    first, second = random.standard_normal((2, 12, 24))
    vectors = np.concatenate([first[topics], second[topics]]) + 0.1 * random.standard_normal((480, 24))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text_indices = np.stack([np.arange(240), np.arange(240, 480)], axis=1)
    items = np.stack([topics, topics], axis=1)
    return vectors.astype(np.float32), TextPairs(
        text_indices=text_indices, items=items, held_out=np.arange(240) >= 200
    )


def test_pairs_that_share_an_item_or_a_text():
    pairs = TextPairs(
        text_indices=np.array([[0, 1], [2, 3], [4, 5], [6, 1]]),
        items=np.array([[0, 0], [1, 2], [2, 3], [4, 4]]),
        held_out=np.zeros(4, bool),
    )
    assert overlapping_pairs(pairs, np.arange(4)).tolist() == [
        [False, False, False, True],  # the second text of pair 3
        [False, False, True, False],  # item 2
        [False, True, False, False],
        [True, False, False, False],
    ]


def test_the_map_learns_which_texts_are_related(turned):
    vectors, pairs = turned
    rounds = []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = MappedTexts(vectors, 12)
        before, best = train_pairs(module, pairs, BUDGET, rounds.append)
    assert before.shape == best.shape == (40,)
    assert best.mean() > before.mean() + 0.3
    assert rounds[0].steps == contrast.ROUND_STEPS
    assert rounds[-1].loss < rounds[0].loss
    assert 0 <= rounds[0].ndcg <= best.mean()


def test_the_best_values_are_kept(turned):
    vectors, pairs = turned
    rounds = []
    wild = TrainingBudget(steps=200, seconds=60, batch=32, learning_rate=30.0, seed=1)
    torch.manual_seed(0)
    module = MappedTexts(vectors, 12)
    _, best = train_pairs(module, pairs, wild, rounds.append)
    np.testing.assert_allclose(contrast.evaluate_pairs(module, pairs, np.flatnonzero(pairs.held_out)), best)
    assert best.mean() > contrast.GAIN_AT_10 / 10
    assert len(rounds) < 8 + contrast.PATIENCE


def test_without_improvement_nothing_changes(turned):
    vectors, pairs = turned
    module = MappedTexts(vectors, 4)
    still = TrainingBudget(steps=10_000, seconds=60, batch=32, learning_rate=0.0, seed=1)
    rounds = []
    before, best = train_pairs(module, pairs, still, rounds.append)
    np.testing.assert_array_equal(before, best)
    assert len(rounds) == contrast.PATIENCE
    assert not module.tensors()["map.up"].any()


def test_steps_are_counted(turned):
    vectors, pairs = turned
    rounds = []
    few = TrainingBudget(steps=30, seconds=60, batch=1000, learning_rate=0.01, seed=1)
    train_pairs(MappedTexts(vectors, 4), pairs, few, rounds.append)
    assert [row.steps for row in rounds] == [25, 30]
