"""Contrastive training of what adapts an encoder: texts that belong together are pulled together."""

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

TEMPERATURE = (
    0.1  # at first; it is learned (Radford et al., 2021), since noisy pairs want a higher one, or a collapse
)
TEMPERATURE_STEP_SIZE = 0.05
ROUND = 25  # steps between two measurements
PATIENCE = 6  # measurements without a better one, before training stops
HELD = 512  # pairs measured by, at most
CLIP_NORM = 1.0
AT_TEN = 1 / np.log2(1 + 10)  # what a tenth place counts
EMBEDDED = 64  # texts embedded at a time when measuring


@dataclass(frozen=True, kw_only=True)
class TextPairs:
    """Which texts belong together.

    Attributes
    ----------
    places : ndarray, int64, (pairs, 2)
        Of the two texts of a pair.
    items : ndarray, int64, (pairs, 2)
        The items that they are of.
    held : ndarray, bool, (pairs,)
        Which are measured by and not trained on.
    """

    places: np.ndarray
    items: np.ndarray
    held: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How to train and how long.

    Attributes
    ----------
    steps : int
        At most.
    seconds : float
        Of wall time: no step begins once they are spent.
    batch : int
        Pairs a step.
    learning_rate : float
        Of AdamW.
    seed : int
        Of the order of pairs.
    """

    steps: int
    seconds: float
    batch: int
    learning_rate: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """Some steps: their number so far, their mean loss, the NDCG@10 then, and the seconds they took."""

    steps: int
    loss: float
    ndcg: float
    seconds: float


class MappedTexts(nn.Module):
    """The texts of a training as vectors v, which become v + (v Dᵀ) U: a map of low rank beside the identity.

    Parameters
    ----------
    vectors : ndarray, float32, (texts, dimension)
        By the encoder as it is.
    rank : int
        Of the map.
    """

    def __init__(self, vectors: np.ndarray, rank: int) -> None:
        super().__init__()
        size = vectors.shape[1]
        self.register_buffer("vectors", torch.from_numpy(np.require(vectors, np.float32, ["C", "W"])))
        self.down = nn.Parameter(torch.randn(rank, size) / size**0.5)
        self.up = nn.Parameter(torch.zeros(rank, size))

    def forward(self, rows: Tensor) -> Tensor:
        """Embed the texts at some places: float32, (rows, dimension), of length 1."""
        vectors = self.get_buffer("vectors")[rows]
        return F.normalize(vectors + (vectors @ self.down.T) @ self.up, dim=-1)

    def tensors(self) -> dict[str, np.ndarray]:
        """Return D and U: float32."""
        return {name: values.detach().cpu().numpy() for name, values in ((DOWN, self.down), (UP, self.up))}


def train_pairs(
    module: nn.Module, pairs: TextPairs, budget: Budget, log: Callable[[Round], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Train a module's free parameters with InfoNCE, and leave it as it was when it was best.

    The texts of other pairs of a step are the wrong answers, both ways, unless the pairs share an item or a text
    (van den Oord et al., 2018; multiple negatives ranking of Henderson et al., 2017). What is best is told by the
    held pairs: the mean of 1 / log2(1 + rank) of a pair's second text among all held second texts.

    Parameters
    ----------
    module : torch.nn.Module
        Embeds the texts at given places, as :class:`MappedTexts` does.
    pairs : TextPairs
        With at least one that is held and two that are not.
    budget : Budget
        How to train and how long.
    log : callable
        Called every so many steps.

    Returns
    -------
    (ndarray, ndarray), float64, (held,)
        That figure of each held pair before training, and when their mean was best.
    """
    started = perf_counter()
    random = np.random.default_rng(budget.seed)
    free = [weight for weight in module.parameters() if weight.requires_grad]
    log_scale = nn.Parameter(torch.tensor(-math.log(TEMPERATURE), device=free[0].device))
    groups = [
        {"params": free, "lr": budget.learning_rate, "weight_decay": 0.01},
        {"params": [log_scale], "lr": TEMPERATURE_STEP_SIZE, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups)
    trained, held = np.flatnonzero(~pairs.held), np.flatnonzero(pairs.held)[:HELD]
    before = _measure(module, pairs, held)
    best, kept, waited, steps = before, [weight.detach().clone() for weight in free], 0, 0
    while steps < budget.steps and waited < PATIENCE and perf_counter() - started < budget.seconds:
        began = perf_counter()
        losses: list[float] = []
        while len(losses) < min(ROUND, budget.steps - steps) and perf_counter() - started < budget.seconds:
            rows = random.choice(trained, min(budget.batch, len(trained)), replace=False)
            losses.append(_step(module, pairs, rows, optimizer, log_scale))
        steps += len(losses)
        found = _measure(module, pairs, held)
        at_ten = float((found * (found >= AT_TEN)).mean())
        log(Round(steps=steps, loss=float(np.mean(losses)), ndcg=at_ten, seconds=perf_counter() - began))
        waited += 1
        if found.mean() > best.mean():
            best, kept, waited = found, [weight.detach().clone() for weight in free], 0
    with torch.no_grad():
        for weight, value in zip(free, kept, strict=True):
            weight.copy_(value)
    return before, best


def _step(
    module: nn.Module, pairs: TextPairs, rows: np.ndarray, optimizer: torch.optim.Optimizer, log_scale: Tensor
) -> float:
    module.train()
    places = torch.from_numpy(pairs.places[rows])
    vectors = module(places.T.reshape(-1))
    scores = vectors[: len(rows)] @ vectors[len(rows) :].T * log_scale.exp()
    scores = scores.masked_fill(torch.from_numpy(related(pairs, rows)).to(scores.device), -torch.inf)
    right = torch.arange(len(rows), device=scores.device)
    loss = (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], CLIP_NORM)
    optimizer.step()
    return float(loss.detach())


def related(pairs: TextPairs, rows: np.ndarray) -> np.ndarray:
    """Return which pairs share an item or a text, so that neither is a wrong answer for the other.

    Returns
    -------
    ndarray, bool, (rows, rows)
        False on the diagonal.
    """
    shared = np.zeros((len(rows), len(rows)), dtype=bool)
    for ids in (pairs.items[rows], pairs.places[rows]):
        for first in ids.T:
            for second in ids.T:
                shared |= first[:, None] == second
    np.fill_diagonal(shared, False)
    return shared


def _measure(module: nn.Module, pairs: TextPairs, held: np.ndarray) -> np.ndarray:
    """Return 1 / log2(1 + rank) of each held pair."""
    module.eval()
    places, inverse = np.unique(pairs.places[held], return_inverse=True)
    with torch.no_grad():
        vectors = torch.cat([module(part) for part in torch.from_numpy(places).split(EMBEDDED)]).cpu().numpy()
    of_pairs = vectors[inverse.reshape(-1, 2)]
    scores = of_pairs[:, 0] @ of_pairs[:, 1].T
    right = np.diag(scores).copy()
    scores[related(pairs, held)] = -np.inf
    rank = (scores >= right[:, None]).sum(axis=1)
    return 1 / np.log2(1 + rank)
