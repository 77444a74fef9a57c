"""The joint loss L = L_precision + α · L_diversity.

L_precision is the cross-entropy of the next item. If the catalog is too large for a softmax over all items, a step
uses a sample. Each sampled item is weighted by the inverse of its sampling probability (the logQ correction of
Bengio & Senécal, 2008). The target is always in the sample and is not corrected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

CHUNK_CELLS = {"cpu": 1 << 20}  # number of scores in memory at once; this many fit into the cache of a CPU
DEVICE_CELLS = 1 << 24  # the same on other devices
DIVERSITY_ROWS = 256  # number of predictions in a step that the diversity loss uses
ENTROPY_WEIGHT = 0.3  # λ
SHARPNESS = 2.0  # scale of the standardised scores in the similarity form
MIN_DIVISOR = 1e-3  # lower bound of divisors
CLIP = 1e-6
EXCLUDED_SCORE = -1e4  # score of items that the user already has

Cells = tuple[Tensor, Tensor]  # row and column indices into a score matrix
LossOfScores = Callable[
    [Tensor, Cells], tuple[Tensor, Tensor]
]  # maps scores and the cells of the targets to the sum of the losses and its gradient


@dataclass(frozen=True)
class Candidates:
    """The items that one step compares.

    Attributes
    ----------
    vectors : Tensor, float, (candidates, size)
        Item vectors.
    correction : Tensor, float32, (candidates,), optional
        Logarithm of the sampling probability of each candidate; None if all items are candidates.
    content : Tensor, float32, (candidates, features), optional
        Features whose inner products are content similarities.
    drawn : Tensor, bool, (candidates,), optional
        True for candidates drawn uniformly from the catalog; None if all items are candidates.
    catalog : int, optional
        Number of items in the catalog. Default: the number of candidates.
    """

    vectors: Tensor
    correction: Tensor | None = None
    content: Tensor | None = None
    drawn: Tensor | None = None
    catalog: int | None = None

    @property
    def items(self) -> int:
        """Return the number of items in the catalog."""
        return len(self.vectors) if self.catalog is None else self.catalog


def precision_loss(users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates) -> Tensor:
    """Return the mean cross-entropy of the next item among the items that the user does not have yet.

    Parameters
    ----------
    users : Tensor, float, (predictions, size)
        User vectors.
    targets : Tensor, int64, (predictions,)
        Candidate rows of the targets.
    seen : Tensor, int64, (predictions, any)
        Candidate rows of the items that the user already has, padded with -1.
    candidates : Candidates
        Items of the softmax.
    """

    def cross_entropy(scores: Tensor, target_cells: Cells) -> tuple[Tensor, Tensor]:
        if candidates.correction is not None:
            kept = scores[target_cells]
            scores -= candidates.correction
            scores[target_cells] = kept
        logs = torch.log_softmax(scores, dim=1)
        loss = -logs[target_cells].sum()
        gradient = logs.exp_()
        gradient[target_cells] -= 1
        return loss, gradient

    offset = users.new_zeros(())
    return _total_loss(users, candidates.vectors, offset, targets, seen, cross_entropy) / len(users)


def gbce_loss(
    users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates, offset: Tensor, t: float
) -> Tensor:
    """Return the generalised binary cross-entropy of gSASRec (Petrov & Macdonald, 2023), a mean over predictions.

    k of the N items are drawn uniformly as negatives, σ is the logistic function, r is the score minus the offset:

        L = −(β · log σ(r₊) + Σ log(1 − σ(r₋))) / (k + 1),  β = α · (t · (1 − 1/α) + 1/α),  α = k / (N − 1)

    The sum is over the drawn items, without the target and the items that the user already has. All predictions of
    a step share its negatives. The offset is learned, because cosines cannot all be far below 0.

    Parameters
    ----------
    users, targets, seen
        As in :func:`precision_loss`.
    candidates : Candidates
        The negatives and the targets.
    offset : Tensor, float32, ()
        Subtracted from the scores.
    t : float
        Calibration: 0 gives the plain binary cross-entropy, 1 undoes the effect of sampling on the probabilities.
    """
    drawn = candidates.drawn
    others = None if drawn is None else torch.nonzero(~drawn).squeeze(1)
    negatives = candidates.items - 1 if drawn is None else min(int(drawn.sum()), candidates.items - 1)
    alpha = negatives / max(candidates.items - 1, 1)
    beta = t * (alpha - 1) + 1  # equals α · (t · (1 − 1/α) + 1/α)

    def binary(scores: Tensor, target_cells: Cells) -> tuple[Tensor, Tensor]:
        positive = scores[target_cells]
        if others is not None:
            scores[:, others] = EXCLUDED_SCORE
        scores[target_cells] = EXCLUDED_SCORE
        loss = F.softplus(scores).sum() + beta * F.softplus(-positive).sum()
        gradient = scores.sigmoid_()
        gradient[target_cells] = -beta * torch.sigmoid(-positive)
        return loss, gradient

    total = _total_loss(users, candidates.vectors, offset, targets, seen, binary)
    return total / (len(users) * (negatives + 1))


def _total_loss(
    users: Tensor, vectors: Tensor, offset: Tensor, targets: Tensor, seen: Tensor, loss: LossOfScores
) -> Tensor:
    row, column = torch.nonzero(seen >= 0, as_tuple=True)
    total: Tensor = _BlockwiseLoss.apply(users, vectors, offset, targets, (row, seen[row, column]), loss)
    return total


class _BlockwiseLoss(torch.autograd.Function):
    """A sum of losses and its gradient, computed for a block of predictions at a time.

    Scores are computed once: the forward pass overwrites them with their gradient. The saved tensors are as large
    as the inputs.
    """

    @staticmethod
    def forward(
        ctx: Any,
        users: Tensor,
        vectors: Tensor,
        offset: Tensor,
        targets: Tensor,
        excluded_cells: Cells,
        loss: LossOfScores,
    ) -> Tensor:
        step = max(CHUNK_CELLS.get(users.device.type, DEVICE_CELLS) // max(len(vectors), 1), 1)
        starts = torch.arange(0, len(users) + step, step, device=users.device)
        ends = torch.searchsorted(excluded_cells[0], starts).tolist()
        total = users.new_zeros((), dtype=torch.float32)
        users_gradient = torch.empty_like(users)
        vectors_gradient = torch.zeros_like(vectors, dtype=torch.float32)
        offset_gradient = torch.zeros_like(offset)
        for number, start in enumerate(range(0, len(users), step)):
            rows = slice(start, start + step)
            cells = slice(ends[number], ends[number + 1])
            scores = (users[rows] @ vectors.T).float() - offset
            scores[excluded_cells[0][cells] - start, excluded_cells[1][cells]] = EXCLUDED_SCORE
            value, gradient = loss(scores, (torch.arange(len(scores), device=users.device), targets[rows]))
            total += value
            users_gradient[rows] = gradient.to(vectors.dtype) @ vectors
            vectors_gradient += gradient.to(users.dtype).T @ users[rows]
            offset_gradient -= gradient.sum()
        ctx.save_for_backward(users_gradient, vectors_gradient.to(vectors.dtype), offset_gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return *(part * gradients[0] for part in ctx.saved_tensors), None, None, None


def diversity_loss(users: Tensor, candidates: Candidates, form: str) -> Tensor:
    """Return the diversity loss of evenly spaced predictions of a step.

    * ``similarity``: mean of (pᵀSp − Σ S_ii p_i²) / (1 − Σ p_i²) − λ · H(p̄) / log N. The first term is the expected
      similarity of two different items drawn from p. The second term rewards predictions that differ between users.
      p is the softmax of the standardised scores times ``SHARPNESS``, so it represents the top of a list, and
      merely flatter scores do not lower the loss. p̄ is the mean of p, H the entropy, N the number of candidates.
      S = FFᵀ is the content similarity, so pᵀSp = ‖Fᵀp‖² and S is never built. Without content the first term is 0.
    * ``literal``: −mean log(p / (1 − p)). p is the softmax of the scores, clipped to [10⁻⁶, 1 − 10⁻⁶].

    Parameters
    ----------
    users : Tensor, float, (predictions, size)
        User vectors.
    candidates : Candidates
        Items of the softmax.
    form : {'similarity', 'literal'}
        Form of the loss.
    """
    chosen = users[:: -(-len(users) // DIVERSITY_ROWS)]
    scores = (chosen @ candidates.vectors.T).float()
    if form == "similarity":
        deviation = scores.std(dim=1, correction=0, keepdim=True).clamp_min(MIN_DIVISOR)
        scores = SHARPNESS * (scores - scores.mean(dim=1, keepdim=True)) / deviation
    if candidates.correction is not None:
        scores = scores - candidates.correction
    probabilities = torch.softmax(scores, dim=1)
    if form == "literal":
        return -torch.logit(probabilities, eps=CLIP).mean()
    mean = probabilities.mean(dim=0)
    entropy = torch.special.entr(mean).sum() / torch.log(torch.tensor(max(len(mean), 2), dtype=torch.float32))
    if candidates.content is None:
        return -ENTROPY_WEIGHT * entropy
    squares = probabilities.square()
    similarity = (probabilities @ candidates.content).square().sum(dim=1) - squares @ candidates.content.square().sum(
        dim=1
    )
    return (similarity / (1 - squares.sum(dim=1)).clamp_min(MIN_DIVISOR)).mean() - ENTROPY_WEIGHT * entropy
