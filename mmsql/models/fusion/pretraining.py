"""Self-supervised pretraining of the item tower: aligns the modalities of each item."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from mmsql.models.fusion.features import ItemFeatures
from mmsql.models.fusion.modules import ItemTower

TEMPERATURE = 0.1
BATCH = 512  # items per step; the other items of a step are the negatives
STEP_SIZE = 0.002
MIN_ITEMS = 2  # a pair of modalities needs this many items that have both


def pretrain_items(tower: ItemTower, features: ItemFeatures, epochs: int) -> list[float]:
    """Align the modalities of each item with symmetric InfoNCE.

    For each pair of modalities, p and q are the unit projections of the items in a batch that have both. The loss is
    ½ CE(p qᵀ / τ) + ½ CE(q pᵀ / τ), with the item itself as the label, as in CLIP (Radford et al., 2021). The id
    embedding, which starts from co-occurrence, is a modality of items with events, so content learns to predict
    behaviour, as in CLCRec (Wei et al., 2021). The id embedding is not trained. The projections keep their norms, so
    the gates start as they do without pretraining.

    Parameters
    ----------
    tower : ItemTower
        A new tower. Its projections are changed in place.
    features : ItemFeatures
        Features of the catalog.
    epochs : int
        Number of passes over the catalog.

    Returns
    -------
    list of float
        Mean loss of each epoch; empty if no pair of modalities has enough items.
    """
    projections = [*tower.dense.parameters()] + ([] if tower.attribute is None else [tower.attribute.weight])
    if not projections:
        return []
    norms = [weight.detach().norm() for weight in projections]
    optimizer = torch.optim.AdamW(projections, lr=STEP_SIZE, weight_decay=0.0)
    losses: list[float] = []
    for _ in range(epochs):
        epoch_losses = [
            loss
            for rows in torch.randperm(len(features)).split(BATCH)
            if (loss := _step(tower, features.select(rows.to(features.ids.device)), optimizer)) is not None
        ]
        if not epoch_losses:
            return losses
        losses.append(sum(epoch_losses) / len(epoch_losses))
    with torch.no_grad():
        for weight, norm in zip(projections, norms, strict=True):
            weight.mul_(norm / weight.norm().clamp(min=1e-12))
    return losses


def _step(tower: ItemTower, features: ItemFeatures, optimizer: torch.optim.Optimizer) -> float | None:
    embeddings, present = tower.modality_embeddings(features)
    pairs = [
        _info_nce(embeddings[both, m], embeddings[both, n])
        for m, n in combinations(range(embeddings.shape[1]), 2)
        if int((both := present[:, m] & present[:, n]).sum()) >= MIN_ITEMS
    ]
    if not pairs:
        return None
    loss = torch.stack(pairs).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _info_nce(first: Tensor, second: Tensor) -> Tensor:
    scores = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T / TEMPERATURE
    labels = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)) / 2
