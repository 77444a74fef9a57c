"""The joint loss L = L_precision + α · L_diversity.

L_precision is the cross-entropy of the next item. Where the catalogue is too large for a softmax over all of
it, the items of a step are a sample, each weighing one over its chance of being in it (the logQ correction of
Bengio & Senécal, 2008); the item wanted is always in it, and is not corrected.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torch.utils.checkpoint import checkpoint

CHUNK_CELLS = 1 << 24  # scores held at a time
DIVERSITY_ROWS = 256  # predictions of a step that the diversity loss looks at
ENTROPY_WEIGHT = 1.0  # λ
CLIP = 1e-6
NEVER = -1e4  # score of what cannot come next


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
    """

    vectors: Tensor
    correction: Tensor | None = None
    content: Tensor | None = None


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
    rows = max(CHUNK_CELLS // max(len(candidates.vectors), 1), 1)
    if len(users) <= rows:
        return _cross_entropy(users, targets, seen, candidates.vectors, candidates.correction) / len(users)
    total = users.new_zeros((), dtype=torch.float32)
    for start in range(0, len(users), rows):  # scores are made again on the way back, not kept
        part = slice(start, start + rows)
        total = total + checkpoint(
            _cross_entropy,
            users[part],
            targets[part],
            seen[part],
            candidates.vectors,
            candidates.correction,
            use_reentrant=False,
            preserve_rng_state=False,
        )
    return total / len(users)


def _cross_entropy(
    users: Tensor, targets: Tensor, seen: Tensor, vectors: Tensor, correction: Tensor | None
) -> Tensor:
    scores = (users @ vectors.T).float()
    row, place = torch.nonzero(seen >= 0, as_tuple=True)
    barred = torch.zeros_like(scores, dtype=torch.bool)
    barred[row, seen[row, place]] = True
    scores = scores.masked_fill_(barred, NEVER)
    if correction is not None:
        wanted = scores.gather(1, targets[:, None])
        scores = (scores - correction).scatter(1, targets[:, None], wanted)
    return F.cross_entropy(scores, targets, reduction="sum")


def diversity_loss(users: Tensor, candidates: Candidates, form: str) -> Tensor:
    """Return the diversity loss of an evenly spaced part of the predictions.

    With p the softmax of a prediction and p̄ the mean of p:

    * ``similarity``: mean of pᵀSp − λ · H(p̄) / log N. S is the content similarity, S = FFᵀ, so that
      pᵀSp = ‖Fᵀp‖² and S is never built; without content the term is 0. H is the entropy, N the candidates.
    * ``literal``: −mean log(p / (1 − p)), p clipped to [10⁻⁶, 1 − 10⁻⁶].

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
    if candidates.correction is not None:
        scores = scores - candidates.correction
    chances = torch.softmax(scores, dim=1)
    if form == "literal":
        return -torch.logit(chances, eps=CLIP).mean()
    mean = chances.mean(dim=0)
    entropy = torch.special.entr(mean).sum() / torch.log(torch.tensor(max(len(mean), 2), dtype=torch.float32))
    if candidates.content is None:
        return -ENTROPY_WEIGHT * entropy
    return (chances @ candidates.content).square().sum(dim=1).mean() - ENTROPY_WEIGHT * entropy
