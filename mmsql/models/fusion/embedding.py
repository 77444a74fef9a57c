"""The towers after training: stored as arrays, loaded again, embedding histories and items."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.data.content import Content
from mmsql.data.dataset import Histories
from mmsql.errors import ModelError
from mmsql.models.fusion.batches import Batch, Sequences, last_windows, make_sequences
from mmsql.models.fusion.features import ItemFeatures, bags, item_features
from mmsql.models.fusion.modules import Shape, Towers

SHAPE = "shape"  # the entry of the weights that says what the others are
ROWS = "rows"  # for each item of the catalog its row in the id embedding, -1 for items that came later
VALUES = "attribute_values"  # what the attribute embeddings stand for, as JSON bytes
USER_VALUES = "user_attribute_values"  # the same of the users'
BESIDE = (SHAPE, ROWS, VALUES, USER_VALUES)  # entries that are no parameters of the towers
FORMAT = 1
ITEM_BLOCK = 65_536  # items embedded at a time
EVENT_BLOCK = 1 << 16  # events embedded at a time, padding included


def pack_weights(towers: Towers) -> dict[str, np.ndarray]:
    """Return what :func:`load_towers` needs, as arrays: the weights, and the towers' shape as JSON bytes."""
    described = json.dumps({"format": FORMAT, **dataclasses.asdict(towers.shape)})
    packed = {name: values.detach().cpu().numpy() for name, values in towers.state_dict().items()}
    return {SHAPE: np.frombuffer(described.encode(), dtype=np.uint8).copy(), **packed}


def load_towers(weights: dict[str, np.ndarray], device: torch.device | str = "cpu") -> Towers:
    """Build the towers of a trained model again. They may be used by several threads at once.

    Parameters
    ----------
    weights : dict of str to ndarray
        ``Fitted.weights`` of a ``fusion`` model.
    device : torch.device or str
        Where they are to run.

    Raises
    ------
    ModelError
        When the weights are of another algorithm, or of a newer version.
    """
    if SHAPE not in weights:
        raise ModelError("These weights are no fusion model's: they do not say what the towers look like.")
    described = json.loads(weights[SHAPE].tobytes())
    if described.pop("format") != FORMAT:
        raise ModelError(
            "These weights were written by another version of mmsql. Run CALL train('fusion') for new ones."
        )
    described["event_types"] = tuple(described["event_types"])
    towers = Towers(Shape(**described))
    towers.load_state_dict(
        {name: torch.from_numpy(np.array(values)) for name, values in weights.items() if name not in BESIDE}
    )
    return towers.to(device).eval().requires_grad_(False)


def embed_items(towers: Towers, content: Content, known_index: np.ndarray) -> np.ndarray:
    """Embed the items of a catalogue, which may have grown since training.

    Parameters
    ----------
    towers : Towers
        Of :func:`load_towers`.
    content : Content
        What is known about the catalogue now, from the encoder that the model was trained with.
    known_index : ndarray, int, (items,)
        The index each item had in training; -1 for new ones, which content alone speaks for.

    Returns
    -------
    ndarray, float32, (items, size)
        Of length 1; zeros for items of which nothing is known.

    Raises
    ------
    ModelError
        When the content has another width than in training.
    """
    for name, width in towers.shape.content.items():
        found = getattr(content, name)
        if found is not None and found.shape[1] != width:
            raise ModelError(
                f"The items' {name} features have {found.shape[1]} columns, those of training had {width}. "
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
        Of :func:`load_towers`.
    item_vectors : ndarray, float32, (items, size)
        The model's ``fused`` item vectors.
    items : sequence of sequence of int
        Rows of ``item_vectors``; negative ones stand for unknown items and are passed over.
    events : sequence of sequence of str, optional
        Type of each event.
    timestamps : sequence of sequence of float, optional
        When it was, in seconds since 1970.

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
    """Embed users by their histories, and by their attributes where these are known.

    Parameters
    ----------
    towers : Towers
        Of :func:`load_towers`.
    item_vectors : ndarray, float32, (items, size)
        The model's ``fused`` item vectors.
    histories : Histories
        Of any dataset; event types unknown to the model are passed over.
    attributes : scipy.sparse.csr_matrix, float32, (users, values), optional
        Weights of the attribute values of training.

    Returns
    -------
    ndarray, float32, (users, size)
        Zeros for users without an event.
    """
    sequences = known_sequences(towers.shape, histories)
    vectors = torch.from_numpy(np.require(item_vectors, np.float32, ["C", "W"])).to(towers.item.id.weight.device)
    users = np.argsort(np.diff(sequences.offsets), kind="stable")  # alike in length: little padding
    found = np.zeros((len(sequences), towers.shape.size), np.float32)
    block = max(EVENT_BLOCK // towers.shape.length, 1)
    for start in range(0, len(users), block):
        chosen = users[start : start + block]
        batch = last_windows(sequences, chosen, towers.shape.length)
        found[chosen] = last_vectors(towers, vectors, batch, attributes).cpu().numpy()
    return found


def known_sequences(shape: Shape, histories: Histories) -> Sequences:
    """Turn histories into sequences with the model's own numbers of event types."""
    number = {name: place for place, name in enumerate(shape.event_types, start=1)}
    kinds = np.array([number.get(name, 0) for name in histories.event_types], dtype=np.int64)
    return make_sequences(histories, kinds)


def all_item_vectors(towers: Towers, features: ItemFeatures) -> Tensor:
    """Embed items block by block, without dropout or gradients: float32, (items, size)."""
    if len(features) <= ITEM_BLOCK:
        with torch.no_grad():
            return towers.item(features)
    rows = torch.arange(len(features), device=features.ids.device)
    with torch.no_grad():
        return torch.cat([towers.item(features.select(part)) for part in rows.split(ITEM_BLOCK)])


def last_vectors(
    towers: Towers, item_vectors: Tensor, batch: Batch, attributes: sp.csr_matrix | None = None
) -> Tensor:
    """Embed a batch of :func:`~mmsql.models.fusion.batches.last_windows`: float32, (histories, size)."""
    device = item_vectors.device
    told = None if attributes is None else bags(attributes[batch.users], device)
    items, kinds, gaps, wanted = as_tensors(device, batch.items, batch.kinds, batch.gaps, batch.wanted)
    with torch.no_grad():
        hidden = towers.user(item_vectors, items, kinds, gaps, told)
        return (hidden * wanted.unsqueeze(-1)).sum(dim=1)


def as_tensors(device: torch.device, *arrays: np.ndarray) -> tuple[Tensor, ...]:
    """Put arrays on a device."""
    return tuple(torch.from_numpy(np.ascontiguousarray(values)).to(device) for values in arrays)
