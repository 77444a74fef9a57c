"""Self-supervised pretraining of the item tower: aligns the modalities of an item."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from mmsql.data.content import Content
from mmsql.models.fusion.features import item_features
from mmsql.models.fusion.modules import ItemTower, Shape
from mmsql.models.fusion.pretraining import pretrain_items


def tower_of(**content):
    torch.manual_seed(0)
    shape = Shape(items=40, size=16, content=content, behavior="mean", layers=1, heads=1, length=5, event_types=())
    return ItemTower(shape)


def features_of(content, ids=None):
    return item_features(content, np.arange(40) if ids is None else ids, torch.device("cpu"))


@pytest.fixture
def two_views():
    random = np.random.default_rng(3)
    hidden = random.standard_normal((40, 6))
    views = [hidden @ random.standard_normal((6, 20)) for _ in range(2)]
    text, image = (view / np.linalg.norm(view, axis=1, keepdims=True) for view in views)
    text[5] = 0  # an item without a text
    return Content(text=text.astype(np.float32), image=image.astype(np.float32))


def closeness(tower, features):
    """Return the mean cosine of the two views of an item minus that of different items."""
    tower.eval()
    with torch.no_grad():
        embeddings, present = tower.modality_embeddings(features)
    both = present[:, 1] & present[:, 2]
    cosine = F.normalize(embeddings[both, 1], dim=1) @ F.normalize(embeddings[both, 2], dim=1).T
    return float(cosine.diag().mean() - cosine.mean())


def test_modalities_of_one_item_are_aligned(two_views):
    tower, features = tower_of(text=20, image=20), features_of(two_views)
    ids = tower.id.weight.detach().clone()
    sizes = [float(weight.detach().norm()) for weight in tower.dense.parameters()]
    before = closeness(tower, features)
    losses = pretrain_items(tower, features, 30)
    assert len(losses) == 30
    assert losses[-1] < losses[0] - 0.5
    assert closeness(tower, features) > before + 0.3
    assert torch.equal(tower.id.weight, ids)
    assert [float(weight.detach().norm()) for weight in tower.dense.parameters()] == pytest.approx(sizes, rel=1e-5)


def test_one_modality_learns_from_behaviour(two_views):
    content = Content(text=two_views.text)
    losses = pretrain_items(tower_of(text=20), features_of(content), 10)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("epochs", [0, 3])
def test_nothing_to_contrast(two_views, epochs):
    tower = tower_of(text=20)
    start = {name: values.clone() for name, values in tower.state_dict().items()}
    content = Content(text=two_views.text) if epochs == 0 else Content()
    ids = np.full(40, -1)
    assert pretrain_items(tower, features_of(content, ids), epochs) == []
    assert pretrain_items(tower_of(), features_of(Content()), epochs) == []
    assert all(torch.equal(values, start[name]) for name, values in tower.state_dict().items())
