"""Self-supervised training of the item tower, before there is a user: an item's modalities belong together."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from mmsql.models.fusion.features import ItemFeatures
from mmsql.models.fusion.modules import ItemTower

TEMPERATURE = 0.1
BATCH = 512  # items that are told apart in one step
STEP_SIZE = 0.002
FEWEST = 2  # items that have both modalities of a pair, for there to be something to tell apart


def pretrain_items(tower: ItemTower, features: ItemFeatures, epochs: int) -> list[float]:
    """Pull the modalities of an item together and those of different items apart, with symmetric InfoNCE.

    For each two modalities m, n with projections p, q of length 1 of the items of a batch that have both, the loss
    is ½ CE(p qᵀ / τ) + ½ CE(q pᵀ / τ), the item itself being the right answer, as in CLIP (Radford et al., 2021).
    The embedding of the id, which starts from co-occurrence, counts as a modality of items with events, so that
    content learns to foretell behaviour, as in CLCRec (Wei et al., 2021). It stays as it is; only the projections of
    content are trained, and each keeps the size it had, so that the gates begin as without this.

    Parameters
    ----------
    tower : ItemTower
        New; its projections are changed in place.
    features : ItemFeatures
        Of the catalogue.
    epochs : int
        Passes over the catalogue.

    Returns
    -------
    list of float
        Mean loss of each epoch; empty without content, or with nothing to tell apart.
    """
    projections = [*tower.dense.parameters()] + ([] if tower.attribute is None else [tower.attribute.weight])
    if not projections:
        return []
    sizes = [weight.detach().norm() for weight in projections]
    optimizer = torch.optim.AdamW(projections, lr=STEP_SIZE, weight_decay=0.0)
    losses: list[float] = []
    for _ in range(epochs):
        found = [
            loss
            for rows in torch.randperm(len(features)).split(BATCH)
            if (loss := _step(tower, features.select(rows.to(features.ids.device)), optimizer)) is not None
        ]
        if not found:
            return losses
        losses.append(sum(found) / len(found))
    with torch.no_grad():
        for weight, size in zip(projections, sizes, strict=True):
            weight.mul_(size / weight.norm().clamp(min=1e-12))
    return losses


def _step(tower: ItemTower, features: ItemFeatures, optimizer: torch.optim.Optimizer) -> float | None:
    parts, present = tower.parts(features)
    pairs = [
        _contrast(parts[both, m], parts[both, n])
        for m, n in combinations(range(parts.shape[1]), 2)
        if int((both := present[:, m] & present[:, n]).sum()) >= FEWEST
    ]
    if not pairs:
        return None
    loss = torch.stack(pairs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _contrast(first: Tensor, second: Tensor) -> Tensor:
    scores = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T / TEMPERATURE
    right = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
