"""Stores and loads trained towers, and embeds items and histories with them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql import interrupts
from mmsql.data.content import Content
from mmsql.data.dataset import Histories
from mmsql.errors import ModelError
from mmsql.models.fusion.batches import Batch, Sequences, last_windows, make_sequences
from mmsql.models.fusion.features import ItemFeatures, bags, item_features
from mmsql.models.fusion.modules import Shape, Towers

SHAPE = "shape"  # entry of the weights: format version and shape of the towers, as JSON bytes
ROWS = "rows"  # entry: row of each catalog item in the id embedding; -1 for items that were added after training
VALUES = "attribute_values"  # entry: names of the item attribute values, as JSON bytes
USER_VALUES = "user_attribute_values"  # entry: names of the user attribute values, as JSON bytes
METADATA_ENTRIES = (SHAPE, ROWS, VALUES, USER_VALUES)  # entries that are not parameters of the towers
FORMAT = 1
ITEM_BLOCK = 65_536  # number of items embedded at once
EVENT_BLOCK = 1 << 16  # number of events embedded at once, padding included


def pack_weights(towers: Towers) -> dict[str, np.ndarray]:
    """Return the weights and the shape of the towers as arrays, for :func:`load_towers`."""
    described = json.dumps({"format": FORMAT, **dataclasses.asdict(towers.shape)})
    packed = {name: values.detach().cpu().numpy() for name, values in towers.state_dict().items()}
    return {SHAPE: np.frombuffer(described.encode(), dtype=np.uint8).copy(), **packed}


def load_towers(weights: dict[str, np.ndarray], device: torch.device | str = "cpu") -> Towers:
    """Rebuild the towers of a trained model. Several threads may use them at once.

    Parameters
    ----------
    weights : dict of str to ndarray
        ``FittedModel.weights`` of a ``fusion`` model.
    device : torch.device or str
        Device of the towers.

    Raises
    ------
    ModelError
        If the weights belong to another algorithm or have another format version.
    """
    if SHAPE not in weights:
        raise ModelError(
            "These weights are not those of a fusion model: they have no entry 'shape'. Pass the weights of a "
            "model that CALL train('fusion') made."
        )
    described = json.loads(weights[SHAPE].tobytes())
    if described.pop("format") != FORMAT:
        raise ModelError(
            "These weights were written by another version of mmsql. Run CALL train('fusion') for new ones."
        )
    described["event_types"] = tuple(described["event_types"])
    towers = Towers(Shape(**described))
    towers.load_state_dict(
        {name: torch.from_numpy(np.array(values)) for name, values in weights.items() if name not in METADATA_ENTRIES}
    )
    return towers.to(device).eval().requires_grad_(False)


def embed_items(towers: Towers, content: Content, known_index: np.ndarray) -> np.ndarray:
    """Embed the items of a catalog, which may have grown since training.

    Parameters
    ----------
    towers : Towers
        Result of :func:`load_towers`.
    content : Content
        Current content of the catalog, from the encoder that the model was trained with.
    known_index : ndarray, int, (items,)
        Index of each item in training; -1 for new items, which are embedded from content alone.

    Returns
    -------
    ndarray, float32, (items, size)
        Vectors of length 1; zeros for items without an id embedding and without content.

    Raises
    ------
    ModelError
        If a modality has another width than in training.
    """
    for name, width in towers.shape.content.items():
        found = getattr(content, name)
        if found is not None and found.shape[1] != width:
            raise ModelError(
                f"The items' {name} features have {found.shape[1]} columns, but in training they had {width}. "
                f"Use the encoder and attributes of training, or run CALL train('fusion') again."
            )
    features = item_features(content, known_index, towers.item.id.weight.device)
    return all_item_vectors(towers, features).cpu().numpy()


def embed_histories(
    towers: Towers,
    item_vectors: np.ndarray,
    items: Sequence[Sequence[int]],
    events: Sequence[Sequence[str | None]] | None = None,
    timestamps: Sequence[Sequence[float | None]] | None = None,
) -> np.ndarray:
    """Embed lists of items, oldest first.

    Parameters
    ----------
    towers : Towers
        Result of :func:`load_towers`.
    item_vectors : ndarray, float32, (items, size)
        The model's ``fused`` item vectors.
    items : sequence of sequence of int
        Rows of ``item_vectors``. Negative values stand for unknown items and are ignored.
    events : sequence of sequence of str, optional
        Event types.
    timestamps : sequence of sequence of float, optional
        Seconds since 1970.

    Returns
    -------
    ndarray, float32, (histories, size)
        Zeros for histories without a known item.
    """
    lengths = [len(history) for history in items]
    index = np.array([i for history in items for i in history], dtype=np.int32)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    names = [e or "" for history in events for e in history] if events is not None else [""] * len(index)
    times = [m or 0.0 for history in timestamps for m in history] if timestamps is not None else [0.0] * len(index)
    types, codes = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    kept = index >= 0
    histories = Histories(
        offsets=np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=len(lengths)))]),
        items=index[kept],
        weights=np.ones(int(kept.sum()), np.float32),
        timestamps=np.array(times, dtype=np.float64)[kept],
        events=codes[kept].astype(np.int16),
        event_types=tuple(str(name) for name in types),
    )
    return embed_users(towers, item_vectors, histories)


def embed_users(
    towers: Towers, item_vectors: np.ndarray, histories: Histories, attributes: sp.csr_matrix | None = None
) -> np.ndarray:
    """Embed users from their histories and, where known, their attributes.

    Parameters
    ----------
    towers : Towers
        Result of :func:`load_towers`.
    item_vectors : ndarray, float32, (items, size)
        The model's ``fused`` item vectors.
    histories : Histories
        Histories of any dataset. Event types that the model does not know count as unknown.
    attributes : scipy.sparse.csr_matrix, float32, (users, values), optional
        Weights of the attribute values, in the column order of training.

    Returns
    -------
    ndarray, float32, (users, size)
        Zeros for users without an event.
    """
    sequences = known_sequences(towers.shape, histories)
    vectors = torch.from_numpy(np.require(item_vectors, np.float32, ["C", "W"])).to(towers.item.id.weight.device)
    users = np.argsort(np.diff(sequences.offsets), kind="stable")  # batches of similar length need little padding
    found = np.zeros((len(sequences), towers.shape.size), np.float32)
    block = max(EVENT_BLOCK // towers.shape.length, 1)
    for start in range(0, len(users), block):
        interrupts.check()
        chosen = users[start : start + block]
        batch = last_windows(sequences, chosen, towers.shape.length)
        found[chosen] = last_vectors(towers, vectors, batch, attributes).cpu().numpy()
    return found


def known_sequences(shape: Shape, histories: Histories) -> Sequences:
    """Convert histories to sequences, with the model's numbers of the event types."""
    number_of = {name: number for number, name in enumerate(shape.event_types, start=1)}
    type_numbers = np.array([number_of.get(name, 0) for name in histories.event_types], dtype=np.int64)
    return make_sequences(histories, type_numbers)


def all_item_vectors(towers: Towers, features: ItemFeatures) -> Tensor:
    """Embed items in blocks, without dropout and gradients: float32, (items, size)."""
    if len(features) <= ITEM_BLOCK:
        with torch.no_grad():
            return towers.item(features)
    rows = torch.arange(len(features), device=features.ids.device)
    with torch.no_grad():
        return torch.cat([towers.item(features.select(part)) for part in rows.split(ITEM_BLOCK)])


def last_vectors(
    towers: Towers, item_vectors: Tensor, batch: Batch, attributes: sp.csr_matrix | None = None
) -> Tensor:
    """Embed a batch from :func:`~mmsql.models.fusion.batches.last_windows`: float32, (histories, size)."""
    device = item_vectors.device
    user_attributes = None if attributes is None else bags(attributes[batch.users], device)
    items, event_types, gaps, target_mask = as_tensors(
        device, batch.items, batch.event_types, batch.gaps, batch.target_mask
    )
    with torch.no_grad():
        hidden = towers.user(item_vectors, items, event_types, gaps, user_attributes)
        return (hidden * target_mask.unsqueeze(-1)).sum(dim=1)


def as_tensors(device: torch.device, *arrays: np.ndarray) -> tuple[Tensor, ...]:
    """Move arrays to a device."""
    return tuple(torch.from_numpy(np.ascontiguousarray(values)).to(device) for values in arrays)
