"""The training loop of the fusion model."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from mmsql.config import FusionConfig
from mmsql.errors import ModelError
from mmsql.models.fusion.batches import Batch, Sequences, last_windows, shuffled_within_moments, training_batches
from mmsql.models.fusion.embedding import all_item_vectors, as_tensors, last_vectors
from mmsql.models.fusion.features import ItemFeatures, bags
from mmsql.models.fusion.losses import Candidates, diversity_loss, gbce_loss, precision_loss
from mmsql.models.fusion.modules import Towers
from mmsql.models.fusion.sampling import Sample, draw_sample

SAMPLED_FROM = 2  # a catalogue of more items than this many times the negatives is sampled
CLIP_NORM = 1.0
BETAS = (0.9, 0.98)
AVERAGING = 0.98  # of the weights, from step to step
STEPS_AN_EPOCH = 16  # small data is cut into smaller batches, to have about as many
SMALLEST_BATCH = 8
EVENTS_A_HISTORY = 8  # where histories have more on average, a step takes fewer of them
WINDOW_CELLS = 1 << 25  # length² × windows a batch at most
SCORE_CELLS = 1 << 24  # scores held at a time
K = 10


@dataclass(frozen=True)
class Task:
    """What there is to learn from.

    Attributes
    ----------
    sequences : Sequences
        Training histories.
    timestamps : ndarray, float64, (events,)
        Of their events.
    features : ItemFeatures
        Of the catalogue.
    similarity : Tensor, float32, (items, any), optional
        Features whose inner products are content similarities.
    user_attribute : scipy.sparse.csr_matrix, float32, (users, values), optional
        Weights of the users' attribute values.
    held_users : ndarray, int64, (users,)
        Users whose next item is kept back for validation.
    held_items : ndarray, int64, (users,)
        These items.
    """

    sequences: Sequences
    timestamps: np.ndarray
    features: ItemFeatures
    similarity: Tensor | None = None
    user_attribute: sp.csr_matrix | None = None
    held_users: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    held_items: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True)
class Losses:
    """Means over an epoch; the diversity is None where it was not part of the loss."""

    total: float
    precision: float
    diversity: float | None


@dataclass(frozen=True)
class Validation:
    """How well the kept-back items are found.

    Attributes
    ----------
    ndcg : float
        Mean NDCG@10; with one item kept back, 1 / log2(rank + 1).
    whole_ndcg : float
        The same without the cut at 10. It moves with the NDCG@10, but every user speaks, not only those whose item
        is near the top, so that a few hundred users are enough to tell epochs apart.
    """

    ndcg: float
    whole_ndcg: float


class Trainer:
    """Towers in training, with a running average of their weights, which is what is validated and kept.

    Parameters
    ----------
    towers : Towers
        On their device.
    task : Task
        What there is to learn from.
    config : FusionConfig
        Options.
    """

    def __init__(self, towers: Towers, task: Task, config: FusionConfig) -> None:
        self.towers, self.task, self.config = towers, task, config
        self.average = copy.deepcopy(towers).eval()
        self.device = towers.item.id.weight.device
        self.random = np.random.default_rng(config.seed)
        self.steps = 0
        counts = np.bincount(task.sequences.items, minlength=len(task.features))
        self.shares = counts / max(counts.sum(), 1)
        self.offset = nn.Parameter(torch.zeros((), device=self.device))
        matrices = [weights for weights in towers.parameters() if weights.ndim > 1]
        others = [weights for weights in towers.parameters() if weights.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": config.regularization},
                {"params": [*others, self.offset], "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
            betas=BETAS,
        )

    def epoch(self) -> Losses:
        """Pass over the data once."""
        self.towers.train()
        sequences = shuffled_within_moments(self.task.sequences, self.task.timestamps, self.random)
        sums, predictions = np.zeros(3), 0
        for batch in training_batches(sequences, self.towers.shape.length, self._batch_size(), self.random):
            count = int(batch.wanted.sum())
            sums += count * np.array(self._step(batch))
            predictions += count
        total, precision, diversity = (float(value) for value in sums / max(predictions, 1))
        if not np.isfinite(total):
            raise ModelError(
                f"The training of fusion has diverged: its loss is {total} with learning_rate "
                f"{self.config.learning_rate:g}. Type learning_rate := {self.config.learning_rate / 4:g}."
            )
        return Losses(total, precision, diversity if self.config.alpha > 0 else None)

    def _batch_size(self) -> int:
        length = self.towers.shape.length
        inputs = np.maximum(np.diff(self.task.sequences.offsets) - 1, 0)
        windows = int((-(-inputs // length)).sum())
        mean = max(int(inputs.sum()) / max(windows, 1) / EVENTS_A_HISTORY, 1)
        wanted = min(int(self.config.batch_size / mean), max(windows // STEPS_AN_EPOCH, SMALLEST_BATCH))
        return max(min(wanted, WINDOW_CELLS // length**2), 1)

    def _step(self, batch: Batch) -> tuple[float, float, float]:
        with self._autocast():
            users, targets, seen, candidates = self._forward(batch)
            precision = self._precision(users, targets, seen, candidates)
            loss, diversity = precision, precision.new_zeros(())
            if self.config.alpha > 0:
                diversity = diversity_loss(users, candidates, self.config.diversity)
                loss = precision + self.config.alpha * diversity
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.towers.parameters(), CLIP_NORM)
        self.optimizer.step()
        self._follow()
        return float(loss.detach()), float(precision.detach()), float(diversity.detach())

    def _precision(self, users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates) -> Tensor:
        if self.config.loss == "gbce":
            return gbce_loss(users, targets, seen, candidates, self.offset, self.config.gbce_t)
        return precision_loss(users, targets, seen, candidates)

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Candidates]:
        """Return user vectors, the candidates' rows that should come next and that cannot, the candidates."""
        features, items, targets = self.task.features, batch.items, batch.targets
        row, place = np.nonzero(batch.wanted)
        candidate_of, drawn = np.arange(len(features)), None
        if len(features) > SAMPLED_FROM * self.config.negatives:
            drawn = draw_sample(items, targets[row, place], self.shares, self.config.negatives, self.random)
            features, items = features.select(self._moved(drawn.rows)), np.searchsorted(drawn.rows, items)
            candidate_of = np.full(len(self.task.features), -1)
            candidate_of[drawn.rows[drawn.candidates]] = np.arange(len(drawn.candidates))
        vectors = self.towers.item(features)
        known = self.task.user_attribute
        told = None if known is None else bags(known[batch.users], self.device)
        hidden = self.towers.user(vectors, *as_tensors(self.device, items, batch.kinds, batch.gaps), told)
        earlier = np.arange(items.shape[1]) <= place[:, None]
        seen = np.where(earlier, candidate_of[batch.items[row]], -1)
        row_at, place_at, wanted, barred = as_tensors(
            self.device, row, place, candidate_of[targets[row, place]], seen
        )
        return hidden[row_at, place_at], wanted, barred, self._candidates(vectors, drawn)

    def _candidates(self, vectors: Tensor, drawn: Sample | None) -> Candidates:
        """Return what is compared: all items, or those of a sample, of whose rows the vectors are."""
        content = self.task.similarity
        if drawn is None:
            return Candidates(vectors, content=content)
        chosen = self._moved(drawn.candidates)
        return Candidates(
            vectors[chosen],
            correction=self._moved(drawn.correction),
            content=None if content is None else content[self._moved(drawn.rows[drawn.candidates])],
            drawn=self._moved(drawn.drawn),
            catalog=len(self.task.features),
        )

    def _moved(self, values: np.ndarray) -> Tensor:
        return as_tensors(self.device, values)[0]

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        mixed = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.autocast("cuda", dtype=torch.bfloat16) if mixed else contextlib.nullcontext()

    def _follow(self) -> None:
        self.steps += 1
        share = 1 - min(AVERAGING, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for followed, own in zip(self.average.parameters(), self.towers.parameters(), strict=True):
                followed.lerp_(own, share)

    def validate(self) -> Validation | None:
        """Rank each kept-back item among all that its user has not had; None where nothing is kept back."""
        users = self.task.held_users
        if not len(users):
            return None
        vectors = all_item_vectors(self.average, self.task.features)
        rows, ranks = max(SCORE_CELLS // len(vectors), 1), []
        for start in range(0, len(users), rows):
            part = slice(start, start + rows)
            ranks.append(self._ranks(vectors, users[part], self.task.held_items[part]))
        rank = torch.cat(ranks)
        gain = 1 / torch.log2(rank + 1)
        return Validation(ndcg=float((gain * (rank <= K)).mean()), whole_ndcg=float(gain.mean()))

    def _ranks(self, vectors: Tensor, users: np.ndarray, items: np.ndarray) -> Tensor:
        """Return the rank, from 1, of one item a user among those the user has not had."""
        sequences = self.task.sequences
        batch = last_windows(sequences, users, self.towers.shape.length)
        scores = last_vectors(self.average, vectors, batch, self.task.user_attribute) @ vectors.T
        counts = np.diff(sequences.offsets)[users]
        had = last_windows(sequences, users, int(counts.max()))
        row, place = np.nonzero(np.arange(had.items.shape[1]) < counts[:, None])
        at, taken, wanted = as_tensors(self.device, row, had.items[row, place], items)
        scores[at, taken] = -torch.inf
        return (scores >= scores.gather(1, wanted[:, None])).sum(dim=1).float()
