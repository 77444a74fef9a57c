"""Cuts histories into windows and packs the windows into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmsql.data.dataset import Histories

GAP_BUCKETS = 34  # buckets of time gaps: unknown, no gap, then powers of two in seconds
SORTED_BATCHES = 8  # windows of this many batches are sorted by length together, to reduce padding


@dataclass(frozen=True)
class Sequences:
    """Histories of the behaviour encoder as ragged arrays, oldest event first.

    Attributes
    ----------
    offsets : ndarray, int64, (users + 1,)
        Events of user ``u`` are at ``offsets[u]:offsets[u + 1]``.
    items : ndarray, int64, (events,)
        Item indices.
    event_types : ndarray, int64, (events,)
        Numbers of the event types, from 1; 0 for an unknown type.
    gaps : ndarray, int64, (events,)
        Bucket of the time since the previous event, below :data:`GAP_BUCKETS`; 0 where unknown.
    """

    offsets: np.ndarray
    items: np.ndarray
    event_types: np.ndarray
    gaps: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Batch:
    """The windows of one training step, padded at the end.

    Attributes
    ----------
    items, event_types, gaps : ndarray, int64, (windows, length)
        Input of the encoder; 0 in the padding.
    targets : ndarray, int64, (windows, length)
        The item that follows each input.
    target_mask : ndarray, bool, (windows, length)
        True where the target counts in the loss.
    users : ndarray, int64, (windows,)
        User index of each window.
    """

    items: np.ndarray
    event_types: np.ndarray
    gaps: np.ndarray
    targets: np.ndarray
    target_mask: np.ndarray
    users: np.ndarray


def gap_buckets(timestamps: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Assign the time since the previous event to buckets by powers of two.

    The buckets let the encoder recognise session boundaries without an option for the session gap. Half an hour is
    in the bucket from 1023 to 2046 seconds; longer gaps are in higher buckets.

    Parameters
    ----------
    timestamps : ndarray, float64, (events,)
        Seconds since 1970, 0 where unknown. They do not decrease within a history.
    offsets : ndarray, int64, (histories + 1,)
        Start and end of each history.

    Returns
    -------
    ndarray, int64, (events,)
        0 for the first event of a history and for unknown timestamps, 1 for no gap, otherwise
        2 + ⌊log2(1 + seconds)⌋ and at most GAP_BUCKETS - 1.
    """
    before = np.concatenate([[0.0], timestamps[:-1]])
    seconds = np.maximum(timestamps - before, 0)
    bucket = np.where(seconds > 0, 2 + np.floor(np.log2(1 + seconds)), 1).astype(np.int64)
    bucket[(timestamps == 0) | (before == 0)] = 0
    bucket[offsets[:-1][np.diff(offsets) > 0]] = 0
    return np.minimum(bucket, GAP_BUCKETS - 1)


def make_sequences(histories: Histories, type_numbers: np.ndarray | None = None) -> Sequences:
    """Convert histories to sequences.

    Parameters
    ----------
    histories : Histories
        Histories of a dataset.
    type_numbers : ndarray, int64, (event types,), optional
        The model's number of each event type of the histories. Default: 1, 2, …
    """
    numbers = np.arange(1, len(histories.event_types) + 1) if type_numbers is None else type_numbers
    return Sequences(
        offsets=histories.offsets,
        items=histories.items.astype(np.int64),
        event_types=numbers[histories.events] if len(numbers) else np.zeros(len(histories.items), np.int64),
        gaps=gap_buckets(histories.timestamps, histories.offsets),
    )


def shuffled_within_timestamps(
    sequences: Sequences, timestamps: np.ndarray, random: np.random.Generator
) -> Sequences:
    """Shuffle events that have the same timestamp, because their order carries no information."""
    owner = np.repeat(np.arange(len(sequences)), np.diff(sequences.offsets))
    order = np.lexsort((random.random(len(owner)), timestamps, owner))
    return replace(sequences, items=sequences.items[order], event_types=sequences.event_types[order])


def training_batches(sequences: Sequences, length: int, size: int, random: np.random.Generator) -> Iterator[Batch]:
    """Cut histories into windows and pack them into batches.

    Every event except the first of a history is a target exactly once. Histories with more than ``length`` inputs
    are cut at random positions, which differ in each epoch. The latest window always has full length.

    Parameters
    ----------
    sequences : Sequences
        Training histories.
    length : int
        Maximum number of inputs in a window.
    size : int
        Maximum number of windows in a batch.
    random : numpy.random.Generator
        Draws the cuts and the order of the windows.
    """
    start, stop, first_target, users = _cut_windows(sequences, length, random)
    order = random.permutation(len(start))
    group = np.arange(len(order)) // (SORTED_BATCHES * size)
    order = order[np.lexsort((stop[order] - start[order], group))]
    batches = [order[at : at + size] for at in range(0, len(order), size)]
    for position in random.permutation(len(batches)):
        chosen = batches[position]
        yield _pack_windows(sequences, start[chosen], stop[chosen], first_target[chosen], users[chosen])


def _cut_windows(
    sequences: Sequences, length: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the start and end of each window's inputs, the position of its first target, and its user index."""
    begin, inputs = sequences.offsets[:-1], np.maximum(np.diff(sequences.offsets) - 1, 0)
    latest = np.where(inputs > length, random.integers(1, length + 1, len(inputs)), inputs)
    rest = inputs - latest  # these inputs are cut into full windows, starting at the end
    pieces = -(-rest // length)
    owner = np.repeat(np.arange(len(inputs)), pieces)
    piece = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    stop = begin[owner] + rest[owner] - piece * length
    start = np.maximum(stop - length, begin[owner])
    some = inputs > 0
    end = begin[some] + inputs[some]
    return (
        np.concatenate([np.maximum(end - length, begin[some]), start]),
        np.concatenate([end, stop]),
        np.concatenate([end - latest[some], start]),
        np.concatenate([np.flatnonzero(some), owner]),
    )


def _pack_windows(
    sequences: Sequences, start: np.ndarray, stop: np.ndarray, first_target: np.ndarray, users: np.ndarray
) -> Batch:
    position = start[:, None] + np.arange(int((stop - start).max()))
    is_event = position < stop[:, None]
    position = np.where(is_event, position, 0)
    return Batch(
        items=np.where(is_event, sequences.items[position], 0),
        event_types=np.where(is_event, sequences.event_types[position], 0),
        gaps=np.where(is_event, sequences.gaps[position], 0),
        targets=np.where(is_event, sequences.items[position + is_event], 0),
        target_mask=is_event & (position >= first_target[:, None]),
        users=users,
    )


def last_windows(sequences: Sequences, users: np.ndarray, length: int) -> Batch:
    """Pack the last ``length`` events of each user; ``target_mask`` marks the last event of each user."""
    stop = sequences.offsets[users + 1]
    start = np.maximum(stop - length, sequences.offsets[users])
    width = max(int((stop - start).max(initial=0)), 1)
    position = start[:, None] + np.arange(width)
    is_event = position < stop[:, None]
    safe = np.where(is_event, position, 0)
    items, event_types, gaps = (
        np.where(is_event, values[safe], 0) if len(values) else np.zeros(position.shape, np.int64)
        for values in (sequences.items, sequences.event_types, sequences.gaps)
    )
    return Batch(items, event_types, gaps, np.zeros(position.shape, np.int64), position == stop[:, None] - 1, users)
