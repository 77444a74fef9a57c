"""Fitting the fusion model: from a dataset to vectors, edges and weights."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch

from mmsql import columns
from mmsql.config import FusionConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Histories, Holdout
from mmsql.device import resolve_device
from mmsql.models.base import EpochLog, FittedModel, Run
from mmsql.models.fusion.batches import make_sequences
from mmsql.models.fusion.embedding import (
    ROWS,
    USER_VALUES,
    VALUES,
    all_item_vectors,
    embed_items,
    embed_users,
    load_towers,
    pack_weights,
)
from mmsql.models.fusion.features import (
    DENSE,
    ItemFeatures,
    aligned_attributes,
    filled,
    item_features,
    similarity_features,
)
from mmsql.models.fusion.loop import Trained, train_towers
from mmsql.models.fusion.modules import INITIAL_SCALE, Shape, Towers
from mmsql.models.fusion.pretraining import pretrain_items
from mmsql.models.fusion.trainer import Task
from mmsql.models.fusion.warmstart import spectral_vectors
from mmsql.models.vectors import fitted_vectors

WINDOWS = 20  # histories are read this many times as deep as the user tower looks
SIMILARITY_SIZE = 64
FIT = "fit"  # stage of the checkpoints
NOBODY = Holdout(np.zeros(0, np.int32), np.zeros(0, np.int32))


@dataclass(frozen=True)
class Material:
    """A dataset with its content, as the towers learn from it."""

    dataset: Dataset
    content: Content
    histories: Histories
    task: Task


def gather(dataset: Dataset, content: Content, config: FusionConfig, holdout: Holdout = NOBODY) -> Material:
    """Read what there is to learn from; parameters as of :class:`~mmsql.models.base.Model`."""
    device = resolve_device(config.device)
    histories = dataset.histories(WINDOWS * config.history_length)
    similarity = similarity_features(content, SIMILARITY_SIZE, config.seed) if config.alpha > 0 else None
    task = Task(
        sequences=make_sequences(histories),
        timestamps=histories.timestamps,
        features=item_features(content, np.arange(dataset.items), device),
        similarity=None if similarity is None else torch.from_numpy(similarity).to(device),
        user_attribute=filled(content.user_attribute),
        held_users=holdout.users.astype(np.int64),
        held_items=holdout.items.astype(np.int64),
    )
    return Material(dataset, content, histories, task)


def fit_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]
) -> FittedModel:
    """Train for ``config.epochs`` epochs; parameters as of :class:`~mmsql.models.base.Model`."""
    material = gather(dataset, content, config)
    return embed_all(material, config, train(material, config, log, FIT).towers)


def train(material: Material, config: FusionConfig, log: Callable[[EpochLog], None], stage: str) -> Trained:
    """Train new towers, as :func:`~mmsql.models.fusion.loop.train_towers` says."""
    task = material.task
    with _seeded(config.seed, task.features.ids.device):
        towers = _new_towers(_shape(task, material.histories, config), task, config)
        pretrain_items(towers.item, task.features, config.pretrain_epochs)
        return train_towers(towers, task, config, log if isinstance(log, Run) else Run(log), stage)


def embed_all(material: Material, config: FusionConfig, towers: Towers) -> FittedModel:
    """Embed all items and users with trained towers."""
    weights = {
        **pack_weights(towers),
        ROWS: np.arange(material.dataset.items, dtype=np.int64),
        VALUES: _as_json(material.content.attribute_values),
        USER_VALUES: _as_json(material.content.user_attribute_values),
    }
    item_vectors = all_item_vectors(towers, material.task.features).cpu().numpy()
    user_vectors = embed_users(towers, item_vectors, material.histories, material.task.user_attribute)
    return fitted_vectors(material.dataset, config, item_vectors, user_vectors, weights)


def _shape(task: Task, histories: Histories, config: FusionConfig) -> Shape:
    return Shape(
        items=len(task.features),
        size=config.embedding_size,
        content=_widths(task.features),
        behavior=config.behavior,
        layers=config.layers,
        heads=config.heads,
        length=min(config.history_length, int(np.diff(histories.offsets).max(initial=1))),
        event_types=histories.event_types,
        user_values=0 if task.user_attribute is None else task.user_attribute.shape[1],
    )


def _as_json(values: Sequence[str]) -> np.ndarray:
    return np.frombuffer(json.dumps(values).encode(), dtype=np.uint8).copy()


def update_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, weights: dict[str, np.ndarray], known: np.ndarray
) -> FittedModel:
    """Embed items and users again; parameters as of :class:`~mmsql.models.base.Model`.

    Items that came after training have no id embedding: their content speaks for them.
    """
    towers = load_towers(weights, resolve_device(config.device))
    rows = np.where(known >= 0, weights[ROWS][known], -1)
    attribute = _aligned(content.attribute, content.attribute_values, weights.get(VALUES))
    told = _aligned(content.user_attribute, content.user_attribute_values, weights.get(USER_VALUES))
    content = dataclasses.replace(content, attribute=attribute)
    item_vectors = embed_items(towers, content, rows)
    histories = dataset.histories(towers.shape.length + 1)  # one more, for the time before the first
    user_vectors = embed_users(towers, item_vectors, histories, told)
    return fitted_vectors(dataset, config, item_vectors, user_vectors, {**weights, ROWS: rows})


def _aligned(
    attribute: sp.csr_matrix | None, values: Sequence[str], trained: np.ndarray | None
) -> sp.csr_matrix | None:
    """Bring attributes into the order of training, as the weights say it; None where there are none."""
    if attribute is None or trained is None:
        return None
    return aligned_attributes(attribute, values, json.loads(trained.tobytes()))


def _widths(features: ItemFeatures) -> dict[str, int]:
    widths = {name: features.dense[name].shape[1] for name in DENSE if name in features.dense}
    if features.attribute is not None:
        widths[columns.ATTRIBUTE] = features.attribute.shape[1]
    return widths


def _new_towers(shape: Shape, task: Task, config: FusionConfig) -> Towers:
    """Build towers whose id embeddings start from co-occurrence, and count for items with events only."""
    towers = Towers(shape, config.dropout, config.id_dropout)
    start = spectral_vectors(task.sequences, shape.items, shape.size, config.seed)
    with torch.no_grad():
        towers.item.id.weight.add_(torch.from_numpy(INITIAL_SCALE * start))
        seen = np.bincount(task.sequences.items, minlength=shape.items) > 0
        towers.item.known.copy_(torch.from_numpy(seen))
    return towers.to(task.features.ids.device)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch for a block and give it half the cores; leave both as they were.

    The steps are small: more threads gain little, and on a busy machine they wait for each other in a spin,
    which was seen to cost a hundred times what the work does.
    """
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
