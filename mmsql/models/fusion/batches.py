"""Histories cut into windows and packed into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mmsql.data.dataset import Histories

GAPS = 34  # time gaps told apart: unknown, none, then powers of two seconds
GROUP = 8  # batches sorted by length together, to save padding


@dataclass(frozen=True)
class Sequences:
    """Ragged histories as the behaviour encoder reads them, oldest event first.

    Attributes
    ----------
    offsets : ndarray, int64, (users + 1,)
        Events of user ``u`` lie at ``offsets[u]:offsets[u + 1]``.
    items : ndarray, int64, (events,)
        Item indices.
    kinds : ndarray, int64, (events,)
        Event types, from 1; 0 for an unknown one.
    gaps : ndarray, int64, (events,)
        Time since the event before, in buckets below :data:`GAPS`; 0 where unknown.
    """

    offsets: np.ndarray
    items: np.ndarray
    kinds: np.ndarray
    gaps: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Batch:
    """Windows of one step, padded at the end.

    Attributes
    ----------
    items, kinds, gaps : ndarray, int64, (windows, length)
        What the encoder reads; 0 where padded.
    targets : ndarray, int64, (windows, length)
        The item that came next.
    wanted : ndarray, bool, (windows, length)
        Where a prediction counts.
    users : ndarray, int64, (windows,)
        Whose they are.
    """

    items: np.ndarray
    kinds: np.ndarray
    gaps: np.ndarray
    targets: np.ndarray
    wanted: np.ndarray
    users: np.ndarray


def gap_buckets(timestamps: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Sort the time since the event before into buckets by powers of two.

    So the encoder reads where a session begins, without an option for its gap: half an hour lies in the bucket from
    1023 seconds to 2046, what is longer in those above.

    Parameters
    ----------
    timestamps : ndarray, float64, (events,)
        Seconds since 1970, 0 where unknown, not falling within a history.
    offsets : ndarray, int64, (histories + 1,)
        Where histories begin and end.

    Returns
    -------
    ndarray, int64, (events,)
        0 for a history's first event and unknown moments, 1 for no gap, else 2 + ⌊log2(1 + seconds)⌋ and at
        most GAPS - 1.
    """
    before = np.concatenate([[0.0], timestamps[:-1]])
    seconds = np.maximum(timestamps - before, 0)
    bucket = np.where(seconds > 0, 2 + np.floor(np.log2(1 + seconds)), 1).astype(np.int64)
    bucket[(timestamps == 0) | (before == 0)] = 0
    bucket[offsets[:-1][np.diff(offsets) > 0]] = 0
    return np.minimum(bucket, GAPS - 1)


def make_sequences(histories: Histories, kinds: np.ndarray | None = None) -> Sequences:
    """Turn a dataset's histories into sequences.

    Parameters
    ----------
    histories : Histories
        Of the dataset.
    kinds : ndarray, int64, (event types,), optional
        The model's number for each of the histories' event types; by default 1, 2, …
    """
    numbers = np.arange(1, len(histories.event_types) + 1) if kinds is None else kinds
    return Sequences(
        offsets=histories.offsets,
        items=histories.items.astype(np.int64),
        kinds=numbers[histories.events] if len(numbers) else np.zeros(len(histories.items), np.int64),
        gaps=gap_buckets(histories.timestamps, histories.offsets),
    )


def shuffled_within_moments(sequences: Sequences, timestamps: np.ndarray, random: np.random.Generator) -> Sequences:
    """Draw a new order for the events of each moment, since the one they have means nothing."""
    owner = np.repeat(np.arange(len(sequences)), np.diff(sequences.offsets))
    order = np.lexsort((random.random(len(owner)), timestamps, owner))
    return replace(sequences, items=sequences.items[order], kinds=sequences.kinds[order])


def training_batches(sequences: Sequences, length: int, size: int, random: np.random.Generator) -> Iterator[Batch]:
    """Cut histories into windows, so that each event but a history's first is predicted once, and pack them.

    Histories of more than ``length`` inputs are cut at places drawn anew each time; the latest window is
    always whole.

    Parameters
    ----------
    sequences : Sequences
        To learn from.
    length : int
        Inputs a window at most.
    size : int
        Windows a batch at most.
    random : numpy.random.Generator
        Draws cuts and the order of windows.
    """
    start, stop, first_wanted, users = _windows(sequences, length, random)
    order = random.permutation(len(start))
    group = np.arange(len(order)) // (GROUP * size)
    order = order[np.lexsort((stop[order] - start[order], group))]
    batches = [order[at : at + size] for at in range(0, len(order), size)]
    for place in random.permutation(len(batches)):
        chosen = batches[place]
        yield _packed(sequences, start[chosen], stop[chosen], first_wanted[chosen], users[chosen])


def _windows(
    sequences: Sequences, length: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return where the inputs of each window begin and end, the first that is to predict, and whose it is."""
    begin, inputs = sequences.offsets[:-1], np.maximum(np.diff(sequences.offsets) - 1, 0)
    latest = np.where(inputs > length, random.integers(1, length + 1, len(inputs)), inputs)
    rest = inputs - latest  # cut into whole windows from the end
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


def _packed(
    sequences: Sequences, start: np.ndarray, stop: np.ndarray, first_wanted: np.ndarray, users: np.ndarray
) -> Batch:
    place = start[:, None] + np.arange(int((stop - start).max()))
    there = place < stop[:, None]
    place = np.where(there, place, 0)
    return Batch(
        items=np.where(there, sequences.items[place], 0),
        kinds=np.where(there, sequences.kinds[place], 0),
        gaps=np.where(there, sequences.gaps[place], 0),
        targets=np.where(there, sequences.items[place + there], 0),
        wanted=there & (place >= first_wanted[:, None]),
        users=users,
    )


def last_windows(sequences: Sequences, users: np.ndarray, length: int) -> Batch:
    """Pack the last ``length`` events of some users; ``wanted`` marks each one's last event, if any."""
    stop = sequences.offsets[users + 1]
    start = np.maximum(stop - length, sequences.offsets[users])
    width = max(int((stop - start).max(initial=0)), 1)
    place = start[:, None] + np.arange(width)
    there = place < stop[:, None]
    safe = np.where(there, place, 0)
    items, kinds, gaps = (
        np.where(there, values[safe], 0) if len(values) else np.zeros(place.shape, np.int64)
        for values in (sequences.items, sequences.kinds, sequences.gaps)
    )
    return Batch(items, kinds, gaps, np.zeros(place.shape, np.int64), place == stop[:, None] - 1, users)
