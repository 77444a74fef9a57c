"""Fitting the fusion model: from a dataset to vectors, edges and weights."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import numpy as np
import pyarrow as pa
import torch

from mmsql import columns
from mmsql.config import FusionConfig
from mmsql.content import Content
from mmsql.dataset import Dataset
from mmsql.device import resolve_device
from mmsql.models.base import EDGE_SCHEMA, EpochLog, Fitted, Serving, popularity_bias
from mmsql.models.fusion.batches import Sequences, make_sequences, without_last
from mmsql.models.fusion.features import (
    DENSE,
    ItemFeatures,
    aligned_attributes,
    item_features,
    similarity_features,
)
from mmsql.models.fusion.modules import INITIAL_SCALE, Shape, Towers
from mmsql.models.fusion.serving import (
    ROWS,
    VALUES,
    all_item_vectors,
    embed_items,
    embed_users,
    load_towers,
    pack_weights,
)
from mmsql.models.fusion.trainer import Task, Trainer
from mmsql.models.fusion.warmstart import spectral_vectors
from mmsql.models.neighbors import nearest

WINDOWS = 20  # histories are read this many times as deep as the user tower looks
VALIDATION_SHARE = 0.1
VALIDATION_USERS = (500, 2000)  # at least, as far as half of the users goes, and at most
REFIT_SHARE = 0.02  # where more of the events than this validated, the last training is on all of them
SHORTEST_VALIDATED = 3  # events a user must have
SIMILARITY_SIZE = 64
NEIGHBORS = 20
SCALED_USERS = 1000  # looked at to choose the scale of the score


def fit_fusion(dataset: Dataset, content: Content, config: FusionConfig, log: Callable[[EpochLog], None]) -> Fitted:
    """Train the towers and embed everything there is; parameters as of :class:`~mmsql.models.base.Model`."""
    device = resolve_device(config.device)
    histories = dataset.histories(WINDOWS * config.history_length)
    features = item_features(content, np.arange(dataset.items), device)
    shape = Shape(
        items=dataset.items,
        size=config.embedding_size,
        content=_widths(features),
        behavior=config.behavior,
        layers=config.layers,
        heads=config.heads,
        length=min(config.history_length, int(np.diff(histories.offsets).max(initial=1))),
        event_types=histories.event_types,
    )
    similarity = similarity_features(content, SIMILARITY_SIZE, config.seed) if config.alpha > 0 else None
    task = Task(
        sequences=make_sequences(histories),
        moments=histories.moments,
        features=features,
        similarity=None if similarity is None else torch.from_numpy(similarity).to(device),
    )
    with _seeded(config.seed, device):
        towers = _train(shape, task, config, log)
    weights = {
        **pack_weights(towers),
        ROWS: np.arange(dataset.items, dtype=np.int64),
        VALUES: np.frombuffer(json.dumps(content.attribute_values).encode(), dtype=np.uint8).copy(),
    }
    item_vectors = all_item_vectors(towers, features).cpu().numpy()
    return _fitted(dataset, config, item_vectors, embed_users(towers, item_vectors, histories), weights)


def update_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, weights: dict[str, np.ndarray], known: np.ndarray
) -> Fitted:
    """Embed items and users again; parameters as of :class:`~mmsql.models.base.Model`.

    Items that came after training have no id embedding: their content speaks for them.
    """
    towers = load_towers(weights, resolve_device(config.device))
    rows = np.where(known >= 0, weights[ROWS][known], -1)
    if content.attribute is not None:
        trained = json.loads(weights[VALUES].tobytes())
        content = dataclasses.replace(
            content, attribute=aligned_attributes(content.attribute, content.attribute_values, trained)
        )
    item_vectors = embed_items(towers, content, rows)
    histories = dataset.histories(towers.shape.length + 1)  # one more, for the time before the first
    user_vectors = embed_users(towers, item_vectors, histories)
    return _fitted(dataset, config, item_vectors, user_vectors, {**weights, ROWS: rows})


def _fitted(
    dataset: Dataset,
    config: FusionConfig,
    item_vectors: np.ndarray,
    user_vectors: np.ndarray,
    weights: dict[str, np.ndarray],
) -> Fitted:
    return Fitted(
        serving=Serving(
            decay=config.decay,
            history_length=config.history_length,
            edge_weight=0.0,
            vector_weight=vector_weight(user_vectors, item_vectors, config.seed),
        ),
        bias=popularity_bias(dataset.item_counts(), config.popularity_weight),
        edges=fused_edges(item_vectors),
        item_vectors=item_vectors,
        user_vectors=user_vectors,
        weights=weights,
    )


def _train(shape: Shape, task: Task, config: FusionConfig, log: Callable[[EpochLog], None]) -> Towers:
    """Train on all but the validation events; on all of them, just as long, where these are many."""
    held = _held_users(task.sequences, config.seed)
    part, rows = _without(task, held), []

    def counted(row: EpochLog) -> None:
        rows.append(row)
        log(row)

    towers, epochs = train_towers(_new_towers(shape, part, config), part, config, counted)
    if len(held) <= REFIT_SHARE * len(part.sequences.items):
        return towers
    again = dataclasses.replace(config, epochs=max(epochs, 1))
    return train_towers(_new_towers(shape, task, config), task, again, log, logged=len(rows))[0]


def train_towers(
    towers: Towers, task: Task, config: FusionConfig, log: Callable[[EpochLog], None], logged: int = 0
) -> tuple[Towers, int]:
    """Train until the validation has not got better for ``config.patience`` epochs.

    Parameters
    ----------
    towers : Towers
        New ones.
    task : Task
        What there is to learn from. Without anything to validate on, all epochs are run.
    config : FusionConfig
        Options.
    log : callable
        Called once an epoch.
    logged : int
        Epochs that have been logged before these.

    Returns
    -------
    Towers
        With the averaged weights of the best epoch, or of the last where nothing validates.
    int
        How many epochs that took.
    """
    trainer = Trainer(towers, task, config)
    best, best_epoch, best_state = math.inf, 0, copy.deepcopy(trainer.average.state_dict())
    begun = perf_counter()
    for epoch in range(1, config.epochs + 1):
        started = perf_counter()
        losses = trainer.epoch()
        found = trainer.validate()
        log(
            EpochLog(
                epoch=logged + epoch,
                loss=losses.total,
                loss_precision=losses.precision,
                loss_diversity=losses.diversity,
                validation_ndcg=None if found is None else found.ndcg,
                seconds=perf_counter() - started,
            )
        )
        if found is None or found.log_rank < best:
            best = math.inf if found is None else found.log_rank
            best_epoch, best_state = epoch, copy.deepcopy(trainer.average.state_dict())
        if epoch - best_epoch >= config.patience or perf_counter() - begun > config.time_budget / 2:
            break
    trainer.average.load_state_dict(best_state)
    return trainer.average, best_epoch


def vector_weight(user_vectors: np.ndarray, item_vectors: np.ndarray, seed: int) -> float:
    """Choose the factor of ⟨user_vector, item_vector⟩ in the score.

    With it, a user's best item is 1 above the mean item on average: as much as the strongest edge of a newer
    event can add, so that such an event is heard.
    """
    chosen = np.random.default_rng(seed).permutation(len(user_vectors))[:SCALED_USERS]
    mean = item_vectors.mean(axis=0)
    spread = [float((item_vectors @ user).max() - mean @ user) for user in user_vectors[chosen]]
    typical = float(np.mean(spread))
    return 1 / typical if typical > 1e-6 else 1.0


def fused_edges(item_vectors: np.ndarray) -> pa.Table:
    """Join each item to its nearest by fused vector, for users and events that user vectors do not know."""
    item, neighbor, similarity = nearest(item_vectors, NEIGHBORS)
    modality = pa.array([columns.FUSED] * len(item), pa.string())
    return pa.Table.from_arrays(
        [pa.array(item), pa.array(neighbor), modality, pa.array(similarity)], schema=EDGE_SCHEMA
    )


def _held_users(sequences: Sequences, seed: int) -> np.ndarray:
    """Draw the users whose last event validates, in rising order."""
    able = np.flatnonzero(np.diff(sequences.offsets) >= SHORTEST_VALIDATED)
    least, most = VALIDATION_USERS
    wanted = min(max(int(VALIDATION_SHARE * len(sequences)), least), most, len(able) // 2)
    return np.sort(np.random.default_rng(seed).choice(able, wanted, replace=False))


def _without(task: Task, users: np.ndarray) -> Task:
    """Keep the last event of some users back for validation."""
    sequences, stays = without_last(task.sequences, users)
    return dataclasses.replace(
        task,
        sequences=sequences,
        moments=task.moments[stays],
        held_users=users,
        held_items=task.sequences.items[task.sequences.offsets[users + 1] - 1],
    )


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
