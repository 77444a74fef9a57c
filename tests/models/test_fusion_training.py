"""Training of the fusion model: choice of the epoch, checkpoints, losses, user attributes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from made_shops import QUICK, RING, SMALL, genres, shop, walks

from mmsql.config import FusionConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.data.splits import hold_out_last
from mmsql.errors import ModelError
from mmsql.models.base import EpochLog, FittedModel, Run
from mmsql.models.fusion import Fusion, loop
from mmsql.models.fusion import search as fusion_search
from mmsql.models.fusion import trainer as fusion_trainer
from mmsql.models.fusion.embedding import embed_histories, load_towers
from mmsql.models.fusion.losses import Candidates, gbce_loss
from mmsql.models.fusion.trainer import Trainer

NO_HOLDOUT = Holdout(np.zeros(0, np.int32), np.zeros(0, np.int32))
NOISE = [[int(i) for i in np.random.default_rng(user).permutation(30)[:6]] for user in range(60)]


class MemoryCheckpoints(dict[str, bytes]):
    """Checkpoints in memory."""

    saves = 0

    def load(self, stage: str) -> bytes | None:
        return self.get(stage)

    def save(self, stage: str, data: bytes) -> None:
        self[stage] = data
        self.saves += 1


class StoppedError(Exception):
    """A training is interrupted."""


def config(**options: Any) -> FusionConfig:
    """Return options with which the search chooses the number of epochs only."""
    return FusionConfig(**{**SMALL, **options}, fixed=("learning_rate", "dropout"))


def same(first: FittedModel, second: FittedModel) -> bool:
    """Return whether two models are bit-identical."""
    return first.weights.keys() == second.weights.keys() and all(
        np.array_equal(values, second.weights[name]) for name, values in first.weights.items()
    )


# --- the search


def test_the_search_finds_an_epoch_and_the_fit_runs_as_many() -> None:
    options = config(epochs=60, patience=2, alpha=0.1, learning_rate=0.02)
    with shop(NOISE, 30) as dataset:
        searching: list[EpochLog] = []
        with hold_out_last(dataset, seed=1) as (part, holdout):
            found = Fusion().search(part, Content(), options, holdout, searching.append)
            again = Fusion().fit(part, Content(), found.config, lambda row: None)
        fitting: list[EpochLog] = []
        Fusion().fit(dataset, Content(), found.config, fitting.append)
    assert found.config == replace(options, epochs=len(searching) - 2)
    assert 3 <= len(searching) < 60
    assert found.fitted is not None
    assert same(found.fitted, again)  # held-out items are not trained on
    assert [row.epoch for row in searching] == list(range(1, len(searching) + 1))
    assert [row.epoch for row in fitting] == list(range(1, found.config.epochs + 1))
    assert all(row.validation_ndcg is not None for row in searching)
    for row in searching:
        assert row.loss_precision is not None
        assert row.loss_diversity is not None
        assert row.loss == pytest.approx(row.loss_precision + 0.1 * row.loss_diversity, rel=1e-5)
        assert row.seconds > 0
    assert all(row.validation_ndcg is None for row in fitting)


def test_the_best_epoch_is_the_one_with_the_best_ndcg(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([0.1, 0.3, 0.2, 0.3, 0.1])
    monkeypatch.setattr(Trainer, "validate", lambda self: fusion_trainer.Validation(0.0, next(found)))
    with shop(NOISE, 30) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        assert Fusion().search(part, Content(), config(epochs=5), holdout, lambda row: None).config.epochs == 2


def test_without_held_out_items_nothing_is_chosen() -> None:
    with shop([[1]] * 4, 3) as dataset:
        found = Fusion().search(dataset, Content(), config(), NO_HOLDOUT, lambda row: None)
    assert found.config == config()
    assert found.fitted is None


def test_small_datasets_also_try_stronger_regularisation(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[EpochLog] = []
    with shop(NOISE, 30) as dataset, hold_out_last(dataset, seed=1) as (part, holdout):
        free = FusionConfig(**{**SMALL, "epochs": 4, "alpha": 0.0})
        found = Fusion().search(part, Content(), free, holdout, rows.append)
        best = {}
        for name, given in {"as given": free, "regularized": replace(free, **fusion_search.REGULARIZED)}.items():
            fixed = replace(given, fixed=("learning_rate", "dropout"))
            best[name] = Fusion().search(part, Content(), fixed, holdout, lambda row: None)
        assert found.fitted is not None
        assert any(
            same(found.fitted, one.fitted) and found.config == one.config for one in best.values() if one.fitted
        )
        assert [row.epoch for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) > 4
        monkeypatch.setattr(fusion_search, "SMALL_DATASET", 1)
        more: list[EpochLog] = []
        assert Fusion().search(part, Content(), free, holdout, more.append).config.learning_rate == free.learning_rate
        assert len(more) <= 4


def test_no_epoch_begins_once_the_time_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100_000, 100))
    monkeypatch.setattr(loop, "perf_counter", lambda: float(next(clock)))
    searching: list[EpochLog] = []
    fitting: list[EpochLog] = []
    options = config(epochs=9, time_budget=150)
    with shop(walks(20), RING) as dataset:
        with hold_out_last(dataset, seed=1) as (part, holdout):
            Fusion().search(part, Content(), options, holdout, searching.append)
        Fusion().fit(dataset, Content(), options, fitting.append)
    assert [row.epoch for row in searching] == [1, 2]
    assert len(fitting) == 9


def test_a_training_that_diverges_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "_step", lambda self, batch: (float("nan"),) * 3)
    with (
        shop(NOISE, 30) as dataset,
        pytest.raises(ModelError, match=r"loss is nan with learning_rate 0\.002\. Type") as e,
    ):
        Fusion().fit(dataset, Content(), config(), lambda row: None)
    assert "learning_rate := 0.0005" in str(e.value)


# --- checkpoints


def interrupted(
    dataset: Dataset, holdout: Holdout, options: FusionConfig, content: Content, stop: int
) -> MemoryCheckpoints:
    """Train until some epoch is logged, and return the checkpoints left behind."""
    kept = MemoryCheckpoints()

    def log(row: EpochLog) -> None:
        if row.epoch == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(dataset, holdout, options, content, Run(log, kept, 0))
    return kept


def train(dataset: Dataset, holdout: Holdout, options: FusionConfig, content: Content, log: Any) -> FittedModel:
    if not len(holdout.users):
        return Fusion().fit(dataset, content, options, log)
    found = Fusion().search(dataset, content, options, holdout, log).fitted
    assert found is not None
    return found


@pytest.mark.parametrize("stage", ["search", "fit"])
@pytest.mark.parametrize("sampled", [False, True])
def test_an_interrupted_training_resumes_with_the_same_result(stage: str, sampled: bool) -> None:
    histories, text = genres()
    content, options = (
        Content(text=text),
        config(**{**QUICK, "epochs": 5, "negatives": 9 if sampled else 30, "layers": 2}),
    )
    with shop(histories, 60) as dataset, hold_out_last(dataset, seed=1) as (part, everybody):
        holdout = everybody if stage == "search" else NO_HOLDOUT
        whole: list[EpochLog] = []
        expected = train(part, holdout, options, content, whole.append)
        kept = interrupted(part, holdout, options, content, stop=4)
        assert list(kept) == [stage]
        assert kept.saves == 3
        assert b"pickle" not in kept[stage]
        rows: list[EpochLog] = []
        resumed = train(part, holdout, options, content, Run(rows.append, kept, 0))
        assert kept.saves == 5
        at_once = train(part, holdout, options, content, Run(lambda row: None, kept, 0))
        assert kept.saves == 5
    assert same(resumed, expected)
    assert same(at_once, expected)
    assert [replace(row, seconds=0) for row in rows] == [replace(row, seconds=0) for row in whole]


def test_a_checkpoint_of_other_towers_is_not_used() -> None:
    options = config(**QUICK)
    with shop(NOISE, 30) as dataset:
        kept = interrupted(dataset, NO_HOLDOUT, options, Content(), stop=2)
        other = replace(options, embedding_size=8)
        found = train(dataset, NO_HOLDOUT, other, Content(), Run(lambda row: None, kept, 0))
        assert same(found, train(dataset, NO_HOLDOUT, other, Content(), lambda row: None))


def test_a_short_training_leaves_no_checkpoint() -> None:
    kept = MemoryCheckpoints()
    with shop(NOISE, 30) as dataset:
        train(dataset, NO_HOLDOUT, config(**QUICK), Content(), Run(checkpoints=kept))
    assert not kept


# --- the generalised binary cross-entropy


@pytest.mark.parametrize("t", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("drawn", [None, [1, 1, 0, 1, 1, 0, 1]])
def test_gbce_and_its_gradient_by_hand(drawn: list[int] | None, t: float) -> None:
    torch.manual_seed(0)
    users, vectors = torch.randn(4, 3, requires_grad=True), torch.randn(7, 3, requires_grad=True)
    offset = torch.tensor(0.3, requires_grad=True)
    targets, seen = torch.tensor([0, 2, 5, 6]), torch.tensor([[1, 3], [-1, 4], [-1, -1], [4, 4]])
    items = 7 if drawn is None else 20
    negatives = 6 if drawn is None else 5
    alpha = negatives / (items - 1)
    beta = alpha * ((1 - 1 / alpha) * t + 1 / alpha)
    losses = []
    for user, target, gone in zip(users, targets.tolist(), seen.tolist(), strict=True):
        score = vectors @ user - offset
        others = [i for i in range(7) if i != target and i not in gone and (drawn is None or drawn[i])]
        right = beta * torch.sigmoid(score[target]).log() + (1 - torch.sigmoid(score[others])).log().sum()
        losses.append(-right / (negatives + 1))
    expected = torch.stack(losses).mean()
    marked = None if drawn is None else torch.tensor(drawn).bool()
    found = gbce_loss(users, targets, seen, Candidates(vectors, drawn=marked, catalog=items), offset, t)
    torch.testing.assert_close(found, expected)
    for one, other in zip(
        torch.autograd.grad(2 * found, (users, vectors, offset)),
        torch.autograd.grad(2 * expected, (users, vectors, offset)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("sampled", [False, True])
def test_gbce_learns_what_comes_next(sampled: bool) -> None:
    histories = walks(100)
    options = config(epochs=20, loss="gbce", negatives=19 if sampled else 20)
    with shop(histories, RING) as dataset:
        fitted = Fusion().fit(dataset, Content(), options, lambda row: None)
    assert fitted.user_vectors is not None
    assert fitted.item_vectors is not None
    scores = fitted.user_vectors @ fitted.item_vectors.T
    for user, history in enumerate(histories):
        scores[user, history] = -np.inf
    hits = scores.argmax(axis=1) == [(history[-1] + 1) % RING for history in histories]
    assert np.mean(hits) > 0.8


# --- attributes of users


def test_users_with_one_history_and_different_attributes_get_different_lists() -> None:
    random = np.random.default_rng(0)
    groups = np.arange(120) % 2
    histories = [[int(random.integers(0, 4)), 4 + int(random.integers(0, 4)), 8 + int(group)] for group in groups]
    told = sp.csr_matrix(np.eye(2, dtype=np.float32)[groups] * (np.arange(120) >= 2)[:, None])
    content = Content(user_attribute=told, user_attribute_values=("group=a", "group=b"))
    with shop([history[:2] for history in histories[:2]] + histories[2:], 10) as dataset:
        fitted = Fusion().fit(dataset, content, config(epochs=25), lambda row: None)
        assert fitted.user_vectors is not None
        turned = replace(
            content,
            user_attribute=sp.csr_matrix(np.stack([np.zeros(120), 1 - groups, groups], axis=1, dtype=np.float32)),
            user_attribute_values=("new=x", "group=b", "group=a"),
        )
        dataset.con.execute("DELETE FROM train_events WHERE position = 3")
        updated = Fusion().update(dataset, turned, config(), fitted.weights, np.arange(10))
        bare = Fusion().update(dataset, Content(), config(), fitted.weights, np.arange(10))
    assert updated.user_vectors is not None
    assert updated.item_vectors is not None
    last = updated.user_vectors @ updated.item_vectors[8:10].T
    assert np.mean(last.argmax(axis=1) == 1 - groups) > 0.95
    # users without attributes, and lists of items without a user, are embedded too
    listed = embed_histories(load_towers(fitted.weights), updated.item_vectors, [histories[2][:2]])
    assert np.isfinite(listed).all()
    assert np.linalg.norm(listed) > 0
    assert bare.user_vectors is not None
    np.testing.assert_allclose(bare.user_vectors[:2], fitted.user_vectors[:2], atol=1e-5)
    assert not np.allclose(bare.user_vectors[2:], updated.user_vectors[2:])
