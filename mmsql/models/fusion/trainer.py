"""Trains and validates the towers of the fusion model, one epoch at a time."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from mmsql import interrupts
from mmsql.config import FusionConfig
from mmsql.errors import ModelError
from mmsql.models.fusion.batches import Batch, Sequences, last_windows, shuffled_within_timestamps, training_batches
from mmsql.models.fusion.embedding import all_item_vectors, as_tensors, last_vectors
from mmsql.models.fusion.features import ItemFeatures, bags
from mmsql.models.fusion.losses import Candidates, diversity_loss, gbce_loss, precision_loss
from mmsql.models.fusion.modules import Towers
from mmsql.models.fusion.sampling import Sample, draw_sample

SAMPLED_FROM = 2  # a step samples candidates if the catalog has more than this many times ``negatives`` items
CLIP_NORM = 1.0
BETAS = (0.9, 0.98)
AVERAGING = 0.98  # decay of the running average of the weights, per step
STEPS_PER_EPOCH = 16  # on small datasets, batches are made smaller to reach about this many steps
SMALLEST_BATCH = 8
EVENTS_PER_HISTORY = 8  # if histories are longer on average, batches have fewer windows
WINDOW_CELLS = 1 << 25  # upper bound of length² × windows in a batch
SCORE_CELLS = 1 << 24  # number of scores in memory at once
K = 10


@dataclass(frozen=True)
class TrainingInputs:
    """Inputs of the training loop.

    Attributes
    ----------
    sequences : Sequences
        Training histories.
    timestamps : ndarray, float64, (events,)
        Timestamps of the events, in seconds since 1970.
    features : ItemFeatures
        Features of the catalog.
    similarity : Tensor, float32, (items, any), optional
        Features whose inner products are content similarities.
    user_attribute : scipy.sparse.csr_matrix, float32, (users, values), optional
        Weights of the users' attribute values.
    holdout_users : ndarray, int64, (users,)
        Users with a held-out item for validation.
    holdout_items : ndarray, int64, (users,)
        The held-out item of each of these users.
    """

    sequences: Sequences
    timestamps: np.ndarray
    features: ItemFeatures
    similarity: Tensor | None = None
    user_attribute: sp.csr_matrix | None = None
    holdout_users: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    holdout_items: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True)
class Losses:
    """Mean losses of an epoch. The diversity loss is None if α is 0."""

    total: float
    precision: float
    diversity: float | None


@dataclass(frozen=True)
class Validation:
    """Ranking quality on the held-out items.

    Attributes
    ----------
    ndcg : float
        Mean NDCG@10. With one held-out item a user, it is 1 / log2(rank + 1) up to rank 10, else 0.
    full_ndcg : float
        Mean NDCG without a cutoff. Every user contributes, not only those whose item ranks near the top, so a few
        hundred users suffice to compare epochs.
    """

    ndcg: float
    full_ndcg: float


class Trainer:
    """Trains towers and keeps a running average of their weights. The average is validated and stored.

    Parameters
    ----------
    towers : Towers
        Towers on their device.
    inputs : TrainingInputs
        Histories, features and held-out items.
    config : FusionConfig
        Options.
    """

    def __init__(self, towers: Towers, inputs: TrainingInputs, config: FusionConfig) -> None:
        self.towers, self.inputs, self.config = towers, inputs, config
        self.average = copy.deepcopy(towers).eval()
        self.device = towers.item.id.weight.device
        self.random = np.random.default_rng(config.seed)
        self.steps = 0
        counts = np.bincount(inputs.sequences.items, minlength=len(inputs.features))
        self.target_shares = counts / max(counts.sum(), 1)
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
        """Train for one pass over the histories."""
        self.towers.train()
        sequences = shuffled_within_timestamps(self.inputs.sequences, self.inputs.timestamps, self.random)
        sums, predictions = np.zeros(3), 0
        for batch in training_batches(sequences, self.towers.shape.length, self._batch_size(), self.random):
            interrupts.check()
            count = int(batch.target_mask.sum())
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
        inputs = np.maximum(np.diff(self.inputs.sequences.offsets) - 1, 0)
        windows = int((-(-inputs // length)).sum())
        mean = max(int(inputs.sum()) / max(windows, 1) / EVENTS_PER_HISTORY, 1)
        size = min(int(self.config.batch_size / mean), max(windows // STEPS_PER_EPOCH, SMALLEST_BATCH))
        return max(min(size, WINDOW_CELLS // length**2), 1)

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
        self._update_average()
        return float(loss.detach()), float(precision.detach()), float(diversity.detach())

    def _precision(self, users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates) -> Tensor:
        if self.config.loss == "gbce":
            return gbce_loss(users, targets, seen, candidates, self.offset, self.config.gbce_t)
        return precision_loss(users, targets, seen, candidates)

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Candidates]:
        """Return user vectors, candidate rows of the targets and of the items to exclude, and the candidates."""
        features, items, targets = self.inputs.features, batch.items, batch.targets
        row, position = np.nonzero(batch.target_mask)
        candidate_of, drawn = np.arange(len(features)), None
        if len(features) > SAMPLED_FROM * self.config.negatives:
            drawn = draw_sample(items, targets[row, position], self.target_shares, self.config.negatives, self.random)
            features, items = features.select(self._to_device(drawn.rows)), np.searchsorted(drawn.rows, items)
            candidate_of = np.full(len(self.inputs.features), -1)
            candidate_of[drawn.rows[drawn.candidates]] = np.arange(len(drawn.candidates))
        vectors = self.towers.item(features)
        user_attribute = self.inputs.user_attribute
        user_attributes = None if user_attribute is None else bags(user_attribute[batch.users], self.device)
        hidden = self.towers.user(
            vectors, *as_tensors(self.device, items, batch.event_types, batch.gaps), user_attributes
        )
        earlier = np.arange(items.shape[1]) <= position[:, None]
        seen = np.where(earlier, candidate_of[batch.items[row]], -1)
        row_index, position_index, target_rows, excluded = as_tensors(
            self.device, row, position, candidate_of[targets[row, position]], seen
        )
        return hidden[row_index, position_index], target_rows, excluded, self._candidates(vectors, drawn)

    def _candidates(self, vectors: Tensor, drawn: Sample | None) -> Candidates:
        """Return the candidates of a step: all items, or those of a sample. ``vectors`` are the sample's rows."""
        content = self.inputs.similarity
        if drawn is None:
            return Candidates(vectors, content=content)
        chosen = self._to_device(drawn.candidates)
        return Candidates(
            vectors[chosen],
            correction=self._to_device(drawn.correction),
            content=None if content is None else content[self._to_device(drawn.rows[drawn.candidates])],
            drawn=self._to_device(drawn.drawn),
            catalog=len(self.inputs.features),
        )

    def _to_device(self, values: np.ndarray) -> Tensor:
        return as_tensors(self.device, values)[0]

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        use_bfloat16 = self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.autocast("cuda", dtype=torch.bfloat16) if use_bfloat16 else contextlib.nullcontext()

    def _update_average(self) -> None:
        self.steps += 1
        share = 1 - min(AVERAGING, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for followed, own in zip(self.average.parameters(), self.towers.parameters(), strict=True):
                followed.lerp_(own, share)

    def validate(self) -> Validation | None:
        """Rank each held-out item among all items that its user does not have; None without held-out items."""
        users = self.inputs.holdout_users
        if not len(users):
            return None
        vectors = all_item_vectors(self.average, self.inputs.features)
        rows, ranks = max(SCORE_CELLS // len(vectors), 1), []
        for start in range(0, len(users), rows):
            interrupts.check()
            chosen = slice(start, start + rows)
            ranks.append(self._ranks(vectors, users[chosen], self.inputs.holdout_items[chosen]))
        rank = torch.cat(ranks)
        gain = 1 / torch.log2(rank + 1)
        return Validation(ndcg=float((gain * (rank <= K)).mean()), full_ndcg=float(gain.mean()))

    def _ranks(self, vectors: Tensor, users: np.ndarray, items: np.ndarray) -> Tensor:
        """Return the rank, from 1, of one item per user among the items that the user does not have."""
        sequences = self.inputs.sequences
        batch = last_windows(sequences, users, self.towers.shape.length)
        scores = last_vectors(self.average, vectors, batch, self.inputs.user_attribute) @ vectors.T
        counts = np.diff(sequences.offsets)[users]
        history = last_windows(sequences, users, int(counts.max()))
        row, position = np.nonzero(np.arange(history.items.shape[1]) < counts[:, None])
        history_row, seen_item, targets = as_tensors(self.device, row, history.items[row, position], items)
        scores[history_row, seen_item] = -torch.inf
        return (scores >= scores.gather(1, targets[:, None])).sum(dim=1).float()
