"""The joint loss L = L_precision + α · L_diversity.

L_precision is the cross-entropy of the next item. Where the catalogue is too large for a softmax over all of
it, the items of a step are a sample, each weighing one over its chance of being in it (the logQ correction of
Bengio & Senécal, 2008); the item wanted is always in it, and is not corrected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

CHUNK_CELLS = {"cpu": 1 << 20}  # scores held at a time: few enough for the cache of a processor
DEVICE_CELLS = 1 << 24  # on other devices
DIVERSITY_ROWS = 256  # predictions of a step that the diversity loss looks at
ENTROPY_WEIGHT = 0.3  # λ
SHARPNESS = 2.0  # of the distribution that stands for a list, in standard deviations of a prediction's scores
SMALLEST = 1e-3  # that is divided by
CLIP = 1e-6
NEVER = -1e4  # score of what cannot come next

Places = tuple[Tensor, Tensor]  # rows and columns of scores
LossOfScores = Callable[
    [Tensor, Places], tuple[Tensor, Tensor]
]  # of scores and where the wanted ones are: sum, gradient


@dataclass(frozen=True)
class Candidates:
    """The items of a step.

    Attributes
    ----------
    vectors : Tensor, float, (candidates, size)
        Item vectors.
    correction : Tensor, float32, (candidates,), optional
        Logarithm of each one's chance of being a candidate; None where all items are.
    content : Tensor, float32, (candidates, features), optional
        Features whose inner products are content similarities.
    drawn : Tensor, bool, (candidates,), optional
        Which of them were drawn evenly from the catalogue; None where all items are candidates.
    catalog : int, optional
        Items there are; by default as many as candidates.
    """

    vectors: Tensor
    correction: Tensor | None = None
    content: Tensor | None = None
    drawn: Tensor | None = None
    catalog: int | None = None

    @property
    def items(self) -> int:
        """Return how many items there are."""
        return len(self.vectors) if self.catalog is None else self.catalog


def precision_loss(users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates) -> Tensor:
    """Return the mean cross-entropy of the next item among those the user has not had yet.

    Parameters
    ----------
    users : Tensor, float, (predictions, size)
        User vectors.
    targets : Tensor, int64, (predictions,)
        Rows of the candidates.
    seen : Tensor, int64, (predictions, any)
        Rows of the candidates that cannot come next, filled up with -1.
    candidates : Candidates
        What the softmax goes over.
    """

    def cross_entropy(scores: Tensor, wanted: Places) -> tuple[Tensor, Tensor]:
        if candidates.correction is not None:
            kept = scores[wanted]
            scores -= candidates.correction
            scores[wanted] = kept
        logs = torch.log_softmax(scores, dim=1)
        loss = -logs[wanted].sum()
        gradient = logs.exp_()
        gradient[wanted] -= 1
        return loss, gradient

    offset = users.new_zeros(())
    return _summed(users, candidates.vectors, offset, targets, seen, cross_entropy) / len(users)


def gbce_loss(
    users: Tensor, targets: Tensor, seen: Tensor, candidates: Candidates, offset: Tensor, t: float
) -> Tensor:
    """Return the generalised binary cross-entropy of gSASRec (Petrov & Macdonald, 2023), a mean over predictions.

    With k of the N items drawn evenly as negatives, σ the logistic function, r the scores less the offset,

        L = −(β · log σ(r₊) + Σ log(1 − σ(r₋))) / (k + 1),  β = α · (t · (1 − 1/α) + 1/α),  α = k / (N − 1)

    where the sum goes over the drawn items that the user has not had and that are not wanted. A step's
    predictions share its negatives. The offset is learned: cosines cannot all lie far below 0.

    Parameters
    ----------
    users, targets, seen
        As of :func:`precision_loss`.
    candidates : Candidates
        The negatives, and the items wanted.
    offset : Tensor, float32, ()
        What scores are compared with.
    t : float
        Calibration: 0 is plain binary cross-entropy, 1 undoes what sampling does to the chances.
    """
    drawn = candidates.drawn
    others = None if drawn is None else torch.nonzero(~drawn).squeeze(1)
    negatives = candidates.items - 1 if drawn is None else min(int(drawn.sum()), candidates.items - 1)
    alpha = negatives / max(candidates.items - 1, 1)
    beta = t * (alpha - 1) + 1  # the formula multiplied out

    def binary(scores: Tensor, wanted: Places) -> tuple[Tensor, Tensor]:
        positive = scores[wanted]
        if others is not None:
            scores[:, others] = NEVER
        scores[wanted] = NEVER
        loss = F.softplus(scores).sum() + beta * F.softplus(-positive).sum()
        gradient = scores.sigmoid_()
        gradient[wanted] = -beta * torch.sigmoid(-positive)
        return loss, gradient

    total = _summed(users, candidates.vectors, offset, targets, seen, binary)
    return total / (len(users) * (negatives + 1))


def _summed(
    users: Tensor, vectors: Tensor, offset: Tensor, targets: Tensor, seen: Tensor, loss: LossOfScores
) -> Tensor:
    row, place = torch.nonzero(seen >= 0, as_tuple=True)
    found: Tensor = _InParts.apply(users, vectors, offset, targets, (row, seen[row, place]), loss)
    return found


class _InParts(torch.autograd.Function):
    """A sum of losses of scores with its gradient, a few predictions at a time, so that scores are made once.

    The gradient by the scores takes their place, and what is kept for the way back is as large as the inputs.
    """

    @staticmethod
    def forward(
        ctx: Any,
        users: Tensor,
        vectors: Tensor,
        offset: Tensor,
        targets: Tensor,
        barred: Places,
        loss: LossOfScores,
    ) -> Tensor:
        step = max(CHUNK_CELLS.get(users.device.type, DEVICE_CELLS) // max(len(vectors), 1), 1)
        starts = torch.arange(0, len(users) + step, step, device=users.device)
        ends = torch.searchsorted(barred[0], starts).tolist()
        total = users.new_zeros((), dtype=torch.float32)
        by_users = torch.empty_like(users)
        by_vectors = torch.zeros_like(vectors, dtype=torch.float32)
        by_offset = torch.zeros_like(offset)
        for number, start in enumerate(range(0, len(users), step)):
            part = slice(start, start + step)
            own = slice(ends[number], ends[number + 1])
            scores = (users[part] @ vectors.T).float() - offset
            scores[barred[0][own] - start, barred[1][own]] = NEVER
            value, gradient = loss(scores, (torch.arange(len(scores), device=users.device), targets[part]))
            total += value
            by_users[part] = gradient.to(vectors.dtype) @ vectors
            by_vectors += gradient.to(users.dtype).T @ users[part]
            by_offset -= gradient.sum()
        ctx.save_for_backward(by_users, by_vectors.to(vectors.dtype), by_offset)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return *(part * gradients[0] for part in ctx.saved_tensors), None, None, None


def diversity_loss(users: Tensor, candidates: Candidates, form: str) -> Tensor:
    """Return the diversity loss of an evenly spaced part of the predictions.

    * ``similarity``: mean of (pᵀSp − Σ S_ii p_i²) / (1 − Σ p_i²) − λ · H(p̄) / log N: how alike two different items
      drawn from p are, and how few items all predictions share. p is the softmax of the standardised scores times
      ``SHARPNESS``, so that it stands for the head of a list, and predictions that are merely flatter gain nothing;
      p̄ is the mean of p, H the entropy, N the candidates. S is the content similarity, S = FFᵀ, so that
      pᵀSp = ‖Fᵀp‖² and S is never built; without content the first term is 0.
    * ``literal``: −mean log(p / (1 − p)), p the softmax of the scores, clipped to [10⁻⁶, 1 − 10⁻⁶].

    Parameters
    ----------
    users : Tensor, float, (predictions, size)
        User vectors.
    candidates : Candidates
        What the softmax goes over.
    form : {'similarity', 'literal'}
        Which of the two.
    """
    chosen = users[:: -(-len(users) // DIVERSITY_ROWS)]
    scores = (chosen @ candidates.vectors.T).float()
    if form == "similarity":
        deviation = scores.std(dim=1, correction=0, keepdim=True).clamp_min(SMALLEST)
        scores = SHARPNESS * (scores - scores.mean(dim=1, keepdim=True)) / deviation
    if candidates.correction is not None:
        scores = scores - candidates.correction
    chances = torch.softmax(scores, dim=1)
    if form == "literal":
        return -torch.logit(chances, eps=CLIP).mean()
    mean = chances.mean(dim=0)
    entropy = torch.special.entr(mean).sum() / torch.log(torch.tensor(max(len(mean), 2), dtype=torch.float32))
    if candidates.content is None:
        return -ENTROPY_WEIGHT * entropy
    squares = chances.square()
    alike = (chances @ candidates.content).square().sum(dim=1) - squares @ candidates.content.square().sum(dim=1)
    return (alike / (1 - squares.sum(dim=1)).clamp_min(SMALLEST)).mean() - ENTROPY_WEIGHT * entropy
