"""Fits and updates the fusion model: from a dataset to vectors, edges and weights."""

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
    item_features,
    similarity_features,
    without_zeros,
)
from mmsql.models.fusion.loop import TrainingResult, train_towers
from mmsql.models.fusion.modules import INITIAL_SCALE, Shape, Towers
from mmsql.models.fusion.pretraining import pretrain_items
from mmsql.models.fusion.trainer import TrainingInputs
from mmsql.models.fusion.warmstart import spectral_vectors
from mmsql.models.vectors import fitted_vectors

HISTORY_WINDOWS = 20  # training reads this many windows of each history
SIMILARITY_SIZE = 64
FIT = "fit"  # checkpoint stage
NO_HOLDOUT = Holdout(np.zeros(0, np.int32), np.zeros(0, np.int32))


@dataclass(frozen=True)
class TrainingData:
    """A dataset, its content, and the inputs of the training loop derived from them."""

    dataset: Dataset
    content: Content
    histories: Histories
    inputs: TrainingInputs


def build_training_data(
    dataset: Dataset, content: Content, config: FusionConfig, holdout: Holdout = NO_HOLDOUT
) -> TrainingData:
    """Build the training data; parameters as in :class:`~mmsql.models.base.Model`."""
    device = resolve_device(config.device)
    histories = dataset.histories(HISTORY_WINDOWS * config.history_length)
    similarity = similarity_features(content, SIMILARITY_SIZE, config.seed) if config.alpha > 0 else None
    inputs = TrainingInputs(
        sequences=make_sequences(histories),
        timestamps=histories.timestamps,
        features=item_features(content, np.arange(dataset.items), device),
        similarity=None if similarity is None else torch.from_numpy(similarity).to(device),
        user_attribute=without_zeros(content.user_attribute),
        holdout_users=holdout.users.astype(np.int64),
        holdout_items=holdout.items.astype(np.int64),
    )
    return TrainingData(dataset, content, histories, inputs)


def fit_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]
) -> FittedModel:
    """Train for ``config.epochs`` epochs; parameters as in :class:`~mmsql.models.base.Model`."""
    data = build_training_data(dataset, content, config)
    return embed_all(data, config, train(data, config, log, FIT).towers)


def train(data: TrainingData, config: FusionConfig, log: Callable[[EpochLog], None], stage: str) -> TrainingResult:
    """Train new towers with :func:`~mmsql.models.fusion.loop.train_towers`."""
    inputs = data.inputs
    with _seeded(config.seed, inputs.features.ids.device):
        towers = _new_towers(_shape(inputs, data.histories, config), inputs, config)
        pretrain_items(towers.item, inputs.features, config.pretrain_epochs)
        return train_towers(towers, inputs, config, log if isinstance(log, Run) else Run(log), stage)


def embed_all(data: TrainingData, config: FusionConfig, towers: Towers) -> FittedModel:
    """Embed all items and users with trained towers."""
    weights = {
        **pack_weights(towers),
        ROWS: np.arange(data.dataset.items, dtype=np.int64),
        VALUES: _json_bytes(data.content.attribute_values),
        USER_VALUES: _json_bytes(data.content.user_attribute_values),
    }
    item_vectors = all_item_vectors(towers, data.inputs.features).cpu().numpy()
    user_vectors = embed_users(towers, item_vectors, data.histories, data.inputs.user_attribute)
    return fitted_vectors(data.dataset, config, item_vectors, user_vectors, weights)


def _shape(inputs: TrainingInputs, histories: Histories, config: FusionConfig) -> Shape:
    return Shape(
        items=len(inputs.features),
        size=config.embedding_size,
        content=_content_widths(inputs.features),
        behavior=config.behavior,
        layers=config.layers,
        heads=config.heads,
        length=min(config.history_length, int(np.diff(histories.offsets).max(initial=1))),
        event_types=histories.event_types,
        user_values=0 if inputs.user_attribute is None else inputs.user_attribute.shape[1],
    )


def _json_bytes(values: Sequence[str]) -> np.ndarray:
    return np.frombuffer(json.dumps(values).encode(), dtype=np.uint8).copy()


def update_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, weights: dict[str, np.ndarray], known: np.ndarray
) -> FittedModel:
    """Embed items and users again; parameters as in :class:`~mmsql.models.base.Model`.

    Items that were added after training have no id embedding and are embedded from content alone.
    """
    towers = load_towers(weights, resolve_device(config.device))
    rows = np.where(known >= 0, weights[ROWS][known], -1)
    attribute = _align_attributes(content.attribute, content.attribute_values, weights.get(VALUES))
    user_attribute = _align_attributes(
        content.user_attribute, content.user_attribute_values, weights.get(USER_VALUES)
    )
    content = dataclasses.replace(content, attribute=attribute)
    item_vectors = embed_items(towers, content, rows)
    histories = dataset.histories(towers.shape.length + 1)  # the extra event gives the first time gap
    user_vectors = embed_users(towers, item_vectors, histories, user_attribute)
    return fitted_vectors(dataset, config, item_vectors, user_vectors, {**weights, ROWS: rows})


def _align_attributes(
    attribute: sp.csr_matrix | None, values: Sequence[str], trained: np.ndarray | None
) -> sp.csr_matrix | None:
    """Reorder attribute columns as in training; return None if there are no attributes or training had none."""
    if attribute is None or trained is None:
        return None
    return aligned_attributes(attribute, values, json.loads(trained.tobytes()))


def _content_widths(features: ItemFeatures) -> dict[str, int]:
    widths = {name: features.dense[name].shape[1] for name in DENSE if name in features.dense}
    if features.attribute is not None:
        widths[columns.ATTRIBUTE] = features.attribute.shape[1]
    return widths


def _new_towers(shape: Shape, inputs: TrainingInputs, config: FusionConfig) -> Towers:
    """Build towers whose id embeddings start from co-occurrence; items without events have no id embedding."""
    towers = Towers(shape, config.dropout, config.id_dropout)
    start = spectral_vectors(inputs.sequences, shape.items, shape.size, config.seed)
    with torch.no_grad():
        towers.item.id.weight.add_(torch.from_numpy(INITIAL_SCALE * start))
        seen = np.bincount(inputs.sequences.items, minlength=shape.items) > 0
        towers.item.known.copy_(torch.from_numpy(seen))
    return towers.to(inputs.features.ids.device)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch and give it half of the cores for the duration of a block; then restore both.

    The steps are small, so more threads gain little. On a busy machine idle threads spin, which made training a
    hundred times slower in a measurement.
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
