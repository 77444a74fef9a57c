"""Contrastive training of adapters on pairs of related texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from mmsql.encoders.adapters import DOWN, UP

# Initial value. It is learned (Radford et al., 2021), because noisy pairs need a higher one to avoid a collapse.
TEMPERATURE = 0.1
TEMPERATURE_STEP_SIZE = 0.05
ROUND_STEPS = 25  # steps between two evaluations
PATIENCE = 6  # training stops after this many evaluations without an improvement
MAX_HELD_OUT = 512  # maximum number of held-out pairs in an evaluation
CLIP_NORM = 1.0
GAIN_AT_10 = 1 / np.log2(1 + 10)  # gain of rank 10
EVALUATED_TEXTS = 64  # texts embedded at once in an evaluation


@dataclass(frozen=True, kw_only=True)
class TextPairs:
    """Pairs of related texts.

    Attributes
    ----------
    text_indices : ndarray, int64, (pairs, 2)
        Indices of the two texts.
    items : ndarray, int64, (pairs, 2)
        Items of the two texts.
    held_out : ndarray, bool, (pairs,)
        True for pairs that are evaluated and not trained on.
    """

    text_indices: np.ndarray
    items: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True, kw_only=True)
class TrainingBudget:
    """Limits and options of a training.

    Attributes
    ----------
    steps : int
        Maximum number of steps.
    seconds : float
        Wall time. No step starts after it.
    batch : int
        Pairs per step.
    learning_rate : float
        Learning rate of AdamW.
    seed : int
        Seed of the order of the pairs.
    """

    steps: int
    seconds: float
    batch: int
    learning_rate: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class TrainingRound:
    """Figures of a round of steps: total steps so far, mean loss, NDCG@10 after the round, and duration."""

    steps: int
    loss: float
    ndcg: float
    seconds: float


class MappedTexts(nn.Module):
    """Texts as vectors v, which are mapped to v + (v Dᵀ) U: the identity plus a low-rank map.

    Parameters
    ----------
    vectors : ndarray, float32, (texts, dimension)
        Vectors of the base encoder.
    rank : int
        Rank of the map.
    """

    def __init__(self, vectors: np.ndarray, rank: int) -> None:
        super().__init__()
        size = vectors.shape[1]
        self.register_buffer("vectors", torch.from_numpy(np.require(vectors, np.float32, ["C", "W"])))
        self.down = nn.Parameter(torch.randn(rank, size) / size**0.5)
        self.up = nn.Parameter(torch.zeros(rank, size))

    def forward(self, rows: Tensor) -> Tensor:
        """Embed the texts with the given indices: float32, (rows, dimension), of length 1."""
        vectors = self.get_buffer("vectors")[rows]
        return F.normalize(vectors + (vectors @ self.down.T) @ self.up, dim=-1)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return D and U: float32."""
        return {name: values.detach().cpu().numpy() for name, values in ((DOWN, self.down), (UP, self.up))}


def train_pairs(
    module: nn.Module, pairs: TextPairs, budget: TrainingBudget, log: Callable[[TrainingRound], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Train the free parameters of a module with InfoNCE, and restore their best values at the end.

    The texts of the other pairs of a step are the negatives, in both directions, unless the pairs share an item or a
    text (van den Oord et al., 2018; multiple negatives ranking of Henderson et al., 2017). The best values have the
    largest mean gain on the held-out pairs. The gain of a pair is 1 / log2(1 + rank) of its second text among all
    held-out second texts.

    Parameters
    ----------
    module : torch.nn.Module
        Embeds the texts with given indices, as :class:`MappedTexts` does.
    pairs : TextPairs
        At least one held-out pair and two others.
    budget : TrainingBudget
        Limits and options.
    log : callable
        Called after each round of steps.

    Returns
    -------
    (ndarray, ndarray), float64, (held_out,)
        Gain of each held-out pair before training and with the best values.
    """
    started = perf_counter()
    random = np.random.default_rng(budget.seed)
    parameters = [weight for weight in module.parameters() if weight.requires_grad]
    log_scale = nn.Parameter(torch.tensor(-math.log(TEMPERATURE), device=parameters[0].device))
    groups = [
        {"params": parameters, "lr": budget.learning_rate, "weight_decay": 0.01},
        {"params": [log_scale], "lr": TEMPERATURE_STEP_SIZE, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups)
    training, held_out = np.flatnonzero(~pairs.held_out), np.flatnonzero(pairs.held_out)[:MAX_HELD_OUT]
    initial = evaluate_pairs(module, pairs, held_out)
    best, best_weights, rounds_without_gain, steps = initial, [weight.detach().clone() for weight in parameters], 0, 0
    while steps < budget.steps and rounds_without_gain < PATIENCE and perf_counter() - started < budget.seconds:
        began = perf_counter()
        losses: list[float] = []
        while len(losses) < min(ROUND_STEPS, budget.steps - steps) and perf_counter() - started < budget.seconds:
            rows = random.choice(training, min(budget.batch, len(training)), replace=False)
            losses.append(_step(module, pairs, rows, optimizer, log_scale))
        steps += len(losses)
        found = evaluate_pairs(module, pairs, held_out)
        at_ten = float((found * (found >= GAIN_AT_10)).mean())
        log(TrainingRound(steps=steps, loss=float(np.mean(losses)), ndcg=at_ten, seconds=perf_counter() - began))
        rounds_without_gain += 1
        if found.mean() > best.mean():
            best, best_weights, rounds_without_gain = found, [weight.detach().clone() for weight in parameters], 0
    with torch.no_grad():
        for weight, value in zip(parameters, best_weights, strict=True):
            weight.copy_(value)
    return initial, best


def _step(
    module: nn.Module, pairs: TextPairs, rows: np.ndarray, optimizer: torch.optim.Optimizer, log_scale: Tensor
) -> float:
    module.train()
    text_indices = torch.from_numpy(pairs.text_indices[rows])
    vectors = module(text_indices.T.reshape(-1))
    scores = vectors[: len(rows)] @ vectors[len(rows) :].T * log_scale.exp()
    scores = scores.masked_fill(torch.from_numpy(overlapping_pairs(pairs, rows)).to(scores.device), -torch.inf)
    labels = torch.arange(len(rows), device=scores.device)
    loss = (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)) / 2
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], CLIP_NORM)
    optimizer.step()
    return float(loss.detach())


def overlapping_pairs(pairs: TextPairs, rows: np.ndarray) -> np.ndarray:
    """Return which pairs share an item or a text and so are not negatives for each other.

    Returns
    -------
    ndarray, bool, (rows, rows)
        False on the diagonal.
    """
    shared = np.zeros((len(rows), len(rows)), dtype=bool)
    for ids in (pairs.items[rows], pairs.text_indices[rows]):
        for first in ids.T:
            for second in ids.T:
                shared |= first[:, None] == second
    np.fill_diagonal(shared, False)
    return shared


def evaluate_pairs(module: nn.Module, pairs: TextPairs, held_out: np.ndarray) -> np.ndarray:
    """Return the gain 1 / log2(1 + rank) of each held-out pair."""
    module.eval()
    text_indices, inverse = np.unique(pairs.text_indices[held_out], return_inverse=True)
    with torch.no_grad():
        vectors = (
            torch.cat([module(part) for part in torch.from_numpy(text_indices).split(EVALUATED_TEXTS)]).cpu().numpy()
        )
    of_pairs = vectors[inverse.reshape(-1, 2)]
    scores = of_pairs[:, 0] @ of_pairs[:, 1].T
    target_scores = np.diag(scores).copy()
    scores[overlapping_pairs(pairs, held_out)] = -np.inf
    rank = (scores >= target_scores[:, None]).sum(axis=1)
    return 1 / np.log2(1 + rank)
