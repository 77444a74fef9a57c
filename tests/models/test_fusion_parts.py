"""Unit tests of the fusion model: batches, towers, losses, sampling, warm start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mmsql.config import BEHAVIOR_ENCODERS, FusionConfig
from mmsql.data.content import Content
from mmsql.errors import OptionError
from mmsql.models.fusion import losses
from mmsql.models.fusion.batches import (
    GAP_BUCKETS,
    Sequences,
    gap_buckets,
    last_windows,
    shuffled_within_timestamps,
    training_batches,
)
from mmsql.models.fusion.features import aligned_attributes, item_features, similarity_features
from mmsql.models.fusion.losses import Candidates, diversity_loss, precision_loss
from mmsql.models.fusion.modules import Shape, Towers
from mmsql.models.fusion.sampling import draw_sample
from mmsql.models.fusion.trainer import Trainer, TrainingInputs
from mmsql.models.fusion.warmstart import spectral_vectors

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Use one thread, because more threads are slower on tiny tensors."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def sequences(*histories: list[int]) -> Sequences:
    items = np.array([item for history in histories for item in history], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(history) for history in histories])]).astype(np.int64)
    return Sequences(offsets, items, np.ones_like(items), np.ones_like(items))


def shape(**changes: object) -> Shape:
    given = {"items": 9, "size": 8, "behavior": "transformer", "layers": 2, "heads": 2, "length": 6}
    return Shape(**{**given, "event_types": ("buy", "view"), **changes})  # type: ignore[arg-type]


# --- histories, windows and batches


def test_time_gaps_by_hand() -> None:
    timestamps = np.array([100.0, 100.0, 101.0, 131.0, 500.0, 0.0, 7.0, 7.0 + 2**40])
    buckets = gap_buckets(timestamps, np.array([0, 4, 4, 5, 8]))
    # first, none, 1 s, 30 s | first | unknown, after an unknown one, very long
    assert buckets.tolist() == [0, 1, 3, 6, 0, 0, 0, GAP_BUCKETS - 1]


@pytest.mark.parametrize("length", [1, 3, 5, 50])
def test_every_event_but_the_first_is_predicted_once(length: int) -> None:
    histories = [list(range(100 * user, 100 * user + n)) for user, n in enumerate([17, 1, 2, 6, 0, 5, 30])]
    random = np.random.default_rng(0)
    for _ in range(5):
        predicted = []
        for batch in training_batches(sequences(*histories), length, 4, random):
            assert batch.items.shape[1] <= length
            assert len(batch.items) <= 4
            row, place = np.nonzero(batch.target_mask)
            np.testing.assert_array_equal(batch.targets[row, place], batch.items[row, place] + 1)
            predicted += batch.targets[row, place].tolist()
        assert sorted(predicted) == sorted(item for history in histories for item in history[1:])


def test_the_latest_window_has_full_length() -> None:
    for batch in training_batches(sequences(list(range(12))), 4, 9, np.random.default_rng(1)):
        latest = batch.items[(batch.targets == 11).any(axis=1)]
        assert latest.tolist() == [[7, 8, 9, 10]]


def test_last_windows() -> None:
    batch = last_windows(sequences([1, 2, 3, 4], [], [5]), np.array([2, 1, 0]), 3)
    assert batch.items.tolist() == [[5, 0, 0], [0, 0, 0], [2, 3, 4]]
    assert batch.target_mask.tolist() == [[True, False, False], [False] * 3, [False, False, True]]


def test_only_events_with_the_same_timestamp_are_shuffled() -> None:
    given, timestamps = sequences([0, 1, 2, 3], [4, 5, 6, 7]), np.array([1, 2, 2, 3, 3, 3, 3, 9])
    random, seen = np.random.default_rng(0), set()
    for _ in range(50):
        items = shuffled_within_timestamps(given, timestamps, random).items.tolist()
        assert (items[0], items[3], items[7]) == (0, 3, 7)
        assert sorted(items[4:7]) == [4, 5, 6]
        seen.add(tuple(items))
    assert len(seen) == 12


# --- towers


@pytest.mark.parametrize("behavior", BEHAVIOR_ENCODERS)
def test_the_future_does_not_change_the_past(behavior: str) -> None:
    torch.manual_seed(0)
    towers = Towers(shape(behavior=behavior)).eval()
    for weights in towers.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    vectors, random = torch.randn(9, 8), np.random.default_rng(0)
    items, event_types, gaps = (torch.from_numpy(random.integers(0, top, (3, 6))) for top in (9, 3, GAP_BUCKETS))
    before = towers.user(vectors, items, event_types, gaps)
    for place in range(1, 6):
        changed = [values.clone() for values in (items, event_types, gaps)]
        changed[0][:, place:] = (changed[0][:, place:] + 1) % 9
        changed[1][:, place:], changed[2][:, place:] = 0, 5
        after = towers.user(vectors, *changed)
        torch.testing.assert_close(after[:, :place], before[:, :place])
        assert (after[:, place:] - before[:, place:]).abs().max() > 1e-3
        short = towers.user(vectors, items[:, :place], event_types[:, :place], gaps[:, :place])
        torch.testing.assert_close(short, before[:, :place])


def test_a_missing_modality_does_not_contribute() -> None:
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    text, comment = random.standard_normal((2, 6, 5)).astype(np.float32)
    attribute = np.abs(random.standard_normal((6, 4))).astype(np.float32)
    comment[1], text[2], attribute[3] = 0, 0, 0
    comment[4], text[4], attribute[4] = 0, 0, 0
    content = Content(comment=comment, text=text, attribute=sp.csr_matrix(attribute))
    towers = Towers(shape(items=6, content={"comment": 5, "text": 5, "attribute": 4})).eval()
    torch.nn.init.normal_(towers.item.gate.weight)
    features = item_features(content, np.array([-1, 1, 2, 3, -1, 5]), CPU)
    before = towers.item(features)
    assert (before[4] == 0).all()
    torch.testing.assert_close(before.norm(dim=1)[[0, 1, 2, 3, 5]], torch.ones(5))
    assert towers.item.attribute is not None
    changes = {
        towers.item.id.weight: [0, 4],
        towers.item.dense["comment"].weight: [1, 4],
        towers.item.dense["text"].weight: [2, 4],
        towers.item.attribute.weight: [3, 4],
    }
    for weights, untouched in changes.items():
        kept = weights.detach().clone()
        with torch.no_grad():
            weights.add_(torch.randn_like(weights))
        after = towers.item(features)
        moved = (after - before).abs().amax(dim=1) > 1e-6
        assert [row for row in range(6) if not moved[row]] == untouched
        with torch.no_grad():
            weights.copy_(kept)


def test_an_untrained_id_does_not_contribute() -> None:
    towers = Towers(shape(items=3)).eval()
    towers.item.known[1] = False
    vectors = towers.item(item_features(Content(), np.arange(3), CPU))
    assert (vectors[1] == 0).all()
    assert (vectors[[0, 2]] != 0).any(dim=1).all()


def test_removed_modalities_count_as_missing() -> None:
    towers = Towers(shape(items=2, content={"comment": 5, "attribute": 4})).eval()
    whole = towers.item(item_features(Content(), np.arange(2), CPU))
    torch.testing.assert_close(whole, torch.nn.functional.normalize(towers.item.id.weight))


def test_attributes_by_name() -> None:
    now = sp.csr_matrix(np.array([[1, 2, 3], [0, 5, 0]], np.float32))
    moved = aligned_attributes(now, ("a=1", "b=2", "new=3"), ["b=2", "gone=0", "a=1"])
    assert moved.toarray().tolist() == [[2, 0, 1], [5, 0, 0]]
    assert aligned_attributes(now, ("a=1", "b=2", "new=3"), []).shape == (2, 0)


def test_similarity_features_multiply_to_mean_cosines() -> None:
    random = np.random.default_rng(0)
    text = random.standard_normal((7, 5)).astype(np.float32)
    attribute = sp.csr_matrix(random.random((7, 4)).astype(np.float32))
    found = similarity_features(Content(text=text, attribute=attribute), 16, seed=0)
    assert found is not None
    cosines = []
    for vectors in (text, attribute.toarray()):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines.append(unit @ unit.T)
    np.testing.assert_allclose(found @ found.T, np.mean(cosines, axis=0), atol=1e-5)
    wide = random.standard_normal((7, 2000)).astype(np.float32)
    unit = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    narrow = similarity_features(Content(text=wide), 512, seed=0)
    assert narrow is not None
    np.testing.assert_allclose(narrow @ narrow.T, unit @ unit.T, atol=0.2)
    assert similarity_features(Content(), 16, seed=0) is None


# --- losses


def test_precision_is_the_cross_entropy_of_unseen_items(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    users, vectors = torch.randn(5, 3, requires_grad=True), torch.randn(7, 3)
    targets, seen = torch.tensor([0, 1, 2, 3, 6]), torch.tensor([[1, 2], [-1, 3], [-1, -1], [4, 4], [0, 5]])
    expected = []
    for user, target, gone in zip(users, targets, seen, strict=True):
        open_to = [item for item in range(7) if item not in gone.tolist()]
        scores = vectors[open_to] @ user
        expected.append(scores.logsumexp(0) - vectors[target] @ user)
    loss = precision_loss(users, targets, seen, Candidates(vectors))
    torch.testing.assert_close(loss, torch.stack(expected).mean())
    (whole,) = torch.autograd.grad(loss, users)
    monkeypatch.setitem(losses.CHUNK_CELLS, "cpu", 14)  # two predictions at a time
    chunked = precision_loss(users, targets, seen, Candidates(vectors))
    torch.testing.assert_close(chunked, loss)
    torch.testing.assert_close(torch.autograd.grad(chunked, users)[0], whole)


def test_the_sampled_softmax_estimates_the_full_one() -> None:
    random = np.random.default_rng(0)
    vectors = torch.from_numpy(random.standard_normal((60, 3)).astype(np.float32))
    users = torch.from_numpy(random.standard_normal((20, 3)).astype(np.float32))
    shares = random.dirichlet(np.ones(60))
    seen = torch.full((20, 1), -1)
    found = []
    for _ in range(200):
        targets = random.choice(60, 20, p=shares)
        drawn = draw_sample(np.zeros(0, np.int64), targets, shares, 20, random)
        chosen = vectors[torch.from_numpy(drawn.rows[drawn.candidates])]
        at = torch.from_numpy(np.searchsorted(drawn.rows, targets))
        correction = torch.from_numpy(drawn.correction)
        found.append(
            [
                float(precision_loss(users, torch.from_numpy(targets), seen, Candidates(vectors))),
                float(precision_loss(users, at, seen, Candidates(chosen, correction))),
                float(precision_loss(users, at, seen, Candidates(chosen))),
            ]
        )
    whole, corrected, uncorrected = np.mean(found, axis=0)
    assert abs(corrected - whole) < 0.05
    assert abs(uncorrected - whole) > 0.3


def test_a_sample_has_the_targets_and_inputs() -> None:
    random = np.random.default_rng(0)
    shares = np.full(1000, 1 / 1000)
    drawn = draw_sample(np.array([[5, 7], [999, 0]]), np.array([3, 3, 8]), shares, 20, random)
    candidates = drawn.rows[drawn.candidates]
    assert {3, 8} <= set(candidates.tolist())
    assert {0, 5, 7, 999} <= set(drawn.rows.tolist())
    assert (np.diff(drawn.rows) > 0).all()
    expected = 1 - (1 - 1 / 1000) ** 23
    np.testing.assert_allclose(np.exp(drawn.correction), expected, rtol=1e-4)


def test_diversity_by_hand() -> None:
    users, vectors = torch.tensor([[1.0, 0.0, 0.5], [0.0, 2.0, -0.5]]), torch.eye(3)
    content = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 0.0]])  # the third item has no content
    scores = users.double().numpy()
    sharp = 2 * (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)
    chances = np.exp(sharp) / np.exp(sharp).sum(axis=1, keepdims=True)
    similarity = [2 * p[0] * p[1] * 0.6 / (2 * p[0] * p[1] + 2 * p[0] * p[2] + 2 * p[1] * p[2]) for p in chances]
    mean = chances.mean(axis=0)
    spread = 0.3 * -(mean * np.log(mean)).sum() / np.log(3)
    found = diversity_loss(users, Candidates(vectors, content=content), "similarity")
    assert float(found) == pytest.approx(np.mean(similarity) - spread, abs=1e-5)
    assert float(diversity_loss(users, Candidates(vectors), "similarity")) == pytest.approx(-spread, rel=1e-5)
    flatter = diversity_loss(users / 10, Candidates(vectors, content=content), "similarity")
    torch.testing.assert_close(flatter, found)
    chances = torch.softmax(users, dim=1)
    literal = -(chances / (1 - chances)).log().mean()
    torch.testing.assert_close(diversity_loss(users, Candidates(vectors), "literal"), literal)


def test_the_literal_form_is_clipped_and_a_catalog_of_one_is_fine() -> None:
    users = torch.tensor([[100.0, 0.0]])
    literal = diversity_loss(users, Candidates(torch.eye(2)), "literal")
    assert torch.isfinite(literal)
    for form in ("literal", "similarity"):
        assert torch.isfinite(diversity_loss(users, Candidates(torch.ones(1, 2)), form))


# --- the start, and a step in mixed precision


def test_the_warm_start_makes_neighbours_similar() -> None:
    random = np.random.default_rng(0)
    walks = [[(start + step) % 30 for step in range(8)] for start in random.integers(0, 30, 80)]
    vectors = spectral_vectors(sequences(*walks), 31, 8, seed=1)
    assert vectors.dtype == np.float32
    assert vectors.shape == (31, 8)
    assert (vectors[30] == 0).all()
    unit = vectors[:30] / np.linalg.norm(vectors[:30], axis=1, keepdims=True)
    cosine = unit @ unit.T
    near, far = (np.mean([cosine[i, (i + d) % 30] for i in range(30)]) for d in (1, 15))
    assert near > far + 0.5
    np.testing.assert_array_equal(vectors, spectral_vectors(sequences(*walks), 31, 8, seed=1))
    assert (spectral_vectors(sequences([0], [1]), 2, 8, seed=1) == 0).all()


@pytest.mark.parametrize("everything", [True, False])
def test_a_step_in_mixed_precision(monkeypatch: pytest.MonkeyPatch, everything: bool) -> None:

    def half(self: Trainer) -> contextlib.AbstractContextManager[object]:
        return torch.autocast("cpu", dtype=torch.bfloat16)

    monkeypatch.setattr(Trainer, "_autocast", half)
    random = np.random.default_rng(0)
    text, attribute = random.standard_normal((9, 5)).astype(np.float32), sp.identity(9, format="csr")
    features = item_features(Content(text=text, attribute=attribute), np.arange(9), CPU)
    given = sequences(*([int(i) for i in random.permutation(9)[:6]] for _ in range(20)))
    inputs = TrainingInputs(given, np.zeros(len(given.items)), features, torch.from_numpy(text))
    config = FusionConfig(embedding_size=8, batch_size=8, negatives=9 if everything else 4)
    for behavior in BEHAVIOR_ENCODERS:
        towers = Towers(shape(behavior=behavior, content={"text": 5, "attribute": 9}), 0.1, 0.1)
        found = Trainer(towers, inputs, config).epoch()
        assert np.isfinite([found.total, found.precision, found.diversity]).all()
        assert all(torch.isfinite(weights.grad).all() for weights in towers.parameters() if weights.grad is not None)


def test_heads_must_divide_the_size() -> None:
    with pytest.raises(OptionError, match=r"multiple of heads; 10 and 4 were given\. Type embedding_size := 12\."):
        FusionConfig(embedding_size=10, heads=4)
    assert FusionConfig(embedding_size=10, heads=4, behavior="gru").embedding_size == 10
