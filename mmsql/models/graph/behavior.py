"""Edges of behaviour: what follows what, and those of the linear model."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import columns
from mmsql.config import GraphConfig
from mmsql.config.named_weights import named_weights
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, sort_histories
from mmsql.db import sqlfiles
from mmsql.models.base import EDGE_SCHEMA, as_edges
from mmsql.models.edges import scaled, strongest
from mmsql.models.linear.dense import content_features, linear_edges

WHOLE = 1 << 20  # the share of users that pairs are counted of, in this many parts
BLOCK_PAIRS = 1 << 24  # pairs held at a time
COMPANY = 50  # positions apart that items are company of each other
COMPANY_EVENTS = 1_000_000  # that company is counted of, about
NOTHING = 1e-12  # what a sum of counts may be by rounding alone
MINUTE = 60_000_000  # microseconds
DAY = 1440 * MINUTE
UNKNOWN = -(1 << 63) + 1  # the moment of events without a time
FILLED = 4  # cells of a matrix for each number added to it up to which it is quicker to add them up in all its cells


class Pairs(NamedTuple):
    """How often items follow each other.

    A pair of one history counts distance_decay^(distance - 1) · √(weight · weight) / √(length of the history), up to
    ``window_size`` positions apart. A row's weight is that of its events times that of the strongest type among them.
    A session ends where the next event is more than ``session_gap`` minutes later; events without a time are one.

    Attributes
    ----------
    ahead : scipy.sparse.csr_matrix, float64, (items, items)
        From an item to those that came later.
    together : scipy.sparse.csr_matrix, float64, (items, items)
        Of those of one moment, whose order means nothing; symmetric.
    across : scipy.sparse.csr_matrix, float64, (items, items), optional
        From an item to those of later sessions, which ``ahead`` then is without; None where sessions mean nothing.
    """

    ahead: sp.csr_matrix
    together: sp.csr_matrix
    across: sp.csr_matrix | None = None


def count_pairs(dataset: Dataset, config: GraphConfig, share: float = 1.0, *, look: bool = False) -> Pairs:
    """Count what follows what: the work grows with the events times ``config.window_size``.

    Parameters
    ----------
    dataset : Dataset
        Whose events count, each type of them as ``config.event_weights`` says.
    config : GraphConfig
        Options.
    share : float
        Of the users, drawn by hash.
    look : bool
        Whether pairs of two sessions are counted apart wherever the data tell sessions; otherwise they are where
        ``config.cross_session_weight`` is not 1.
    """
    parts = int(share * WHOLE)
    events = dataset.con.execute(sqlfiles.query("training/prepare", "sampled_events"), {"parts": parts}).fetchnumpy()
    root = np.sqrt(
        events["weight"] * dataset.strengths(events["event_type_bits"], named_weights(config.event_weights))
    )
    columns = (events["user_index"], events["item_index"], events["timestamp_us"], root)
    offsets, (user, item, moment, root) = sort_histories(columns[0], events["position"], columns, dataset.users)
    shared = root / np.sqrt(np.diff(offsets))[user]
    session = _sessions(user, moment, config, look)
    ahead = together = across = sp.csr_matrix((dataset.items, dataset.items), dtype=np.float64)
    block = max(BLOCK_PAIRS // config.window_size, 1)
    for start in range(0, len(user), block):
        found: list[tuple[np.ndarray, ...]] = []
        for distance in range(1, min(config.window_size, len(user) - 1 - start) + 1):
            first = np.arange(start, min(start + block, len(user) - distance))
            first = first[user[first] == user[first + distance]]
            if not len(first):
                break  # no history is longer
            weight = config.distance_decay ** (distance - 1) * shared[first] * root[first + distance]
            tied = moment[first] == moment[first + distance]
            parted = [] if session is None else [session[first] != session[first + distance]]
            found.append((item[first], item[first + distance], weight, tied, *parted))
        if not found:
            continue
        one, other, weight, tied, *rest = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        later = ~tied
        for apart in rest:
            across = across + _summed(one[apart], other[apart], weight[apart], ahead.shape)
            later &= ~apart
        ahead = ahead + _summed(one[later], other[later], weight[later], ahead.shape)
        if tied.any():
            half = _summed(one[tied], other[tied], weight[tied], ahead.shape)
            together = together + half + half.T
    return Pairs(ahead.tocsr(), together.tocsr(), None if session is None else across.tocsr())


def _sessions(user: np.ndarray, moment: np.ndarray, config: GraphConfig, look: bool) -> np.ndarray | None:
    """Return the number of each event's session: int64, (events,); None where pairs of two are not counted apart.

    Events lie by user and time.
    """
    differ = config.cross_session_weight != 1
    if not (differ or look):
        return None
    since = np.diff(moment.view(np.uint64))  # the moment of events without a time is too far away for int64
    session = np.cumsum(np.concatenate([[0], (np.diff(user) != 0) | (since > int(config.session_gap * MINUTE))]))
    return session if differ or _told(user, moment, session) else None


def _told(user: np.ndarray, moment: np.ndarray, session: np.ndarray) -> bool:
    """Tell whether there are pairs of one session and of two, and times that are more than dates."""
    next_own = np.diff(user) == 0
    ends = np.diff(session) != 0
    timed = next_own & (moment[:-1] != UNKNOWN)
    finer = np.diff(moment)[timed] % DAY != 0
    return bool((next_own & ends).any() and (next_own & ~ends).any() and finer.any())


def _summed(one: np.ndarray, other: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> sp.csr_matrix:
    if shape[0] * shape[1] > FILLED * len(weight):
        return sp.csr_matrix((weight, (one, other)), shape=shape)
    cells = np.bincount(one.astype(np.int64) * shape[1] + other, weight, shape[0] * shape[1])
    found = np.flatnonzero(cells)
    row, column = np.divmod(found, shape[1])
    begins = np.searchsorted(row, np.arange(shape[0] + 1))
    return sp.csr_matrix((cells[found], column.astype(np.int32), begins), shape=shape)


def behavior_edges(pairs: Pairs, config: GraphConfig) -> pa.Table:
    """Turn counts into edges.

    What came later counts forward in full and backward by ``reverse_share``, what is of one moment both ways in full;
    what came in a later session ``cross_session_weight`` times that.
    Weights are divided by the degree of the item left (^ ``source_exponent``) and of the item entered
    (^ ``target_exponent``), then scaled so that an item's strongest edge is ``behavior_weight`` on average.

    Returns
    -------
    pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`; no edge where that weight is 0.
    """
    if not config.behavior_weight:
        return EDGE_SCHEMA.empty_table()
    ahead = pairs.ahead if pairs.across is None else pairs.ahead + config.cross_session_weight * pairs.across
    weights = ahead + config.reverse_share * ahead.T + pairs.together
    weights = sp.csr_matrix(weights)
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    weights.data = normalised(weights.data, row, weights.indices, config)
    found = scaled(strongest(weights, config.neighbors))
    weight = np.float32(config.behavior_weight) * found.weight
    return as_edges(found.item_index, found.neighbor_index, weight, columns.BEHAVIOR)


def cooccurrence_edges(dataset: Dataset, config: GraphConfig, learned: pa.Table) -> pa.Table:
    """Join what the same users had, far apart or near and whichever came first: what is predicted for new items.

    What an item is like says whom it is for, not when they want it. On users' earlier events, recall@10 of items that
    training does not see is higher by 5 to 10 % than where the edges that serve are predicted.

    Parameters
    ----------
    dataset, config
        As of :func:`count_pairs`; of many events, those of a share of the users count.
    learned : pyarrow.Table
        The edges that serve, of :data:`~mmsql.models.base.EDGE_SCHEMA`.

    Returns
    -------
    pyarrow.Table
        Of the same schema, and with the same sum of weights, so that a new item is led to as strongly as others are.
    """
    window = max(config.window_size, COMPANY)
    wide = dataclasses.replace(config, window_size=window, distance_decay=1.0, reverse_share=1.0)
    wide = dataclasses.replace(wide, cross_session_weight=1.0, behavior_weight=1.0)
    share = min(1.0, COMPANY_EVENTS / max(dataset.events, 1))
    found = behavior_edges(count_pairs(dataset, wide, share), wide)
    weight, wanted = found["weight"].to_numpy(), learned["weight"].to_numpy().sum(dtype=np.float64)
    if not len(weight) or not wanted:
        return learned
    weight = (weight * (wanted / weight.sum(dtype=np.float64))).astype(np.float32)
    return as_edges(found["item_index"], found["neighbor_index"], weight, columns.BEHAVIOR)


def normalised(weight: np.ndarray, leaves: np.ndarray, enters: np.ndarray, config: GraphConfig) -> np.ndarray:
    """Divide weights by the powers of degrees that the options say.

    Parameters
    ----------
    weight : ndarray, float, (edges,)
        Not negative; what is nothing but rounding becomes 0.
    leaves, enters : ndarray, int, (edges,)
        Where the edges do.
    config : GraphConfig
        Options.

    Returns
    -------
    ndarray, float64, (edges,)
    """
    weight = np.where(weight > NOTHING, weight, 0.0)
    leaving = _power(np.bincount(leaves, weight), config.source_exponent)
    entering = _power(np.bincount(enters, weight), config.target_exponent)
    return weight * leaving[leaves] * entering[enters]


def _power(degree: np.ndarray, exponent: float) -> np.ndarray:
    return np.where(degree > 0, np.maximum(degree, 1e-30) ** -exponent, 0.0)


def ease_edges(dataset: Dataset, content: Content, config: GraphConfig) -> pa.Table:
    """Solve the linear model of the items with events and take its strongest weights, times ``config.ease_weight``.

    Returns
    -------
    pyarrow.Table
        Of :data:`~mmsql.models.base.EDGE_SCHEMA`.
    """
    interactions = dataset.interactions()
    known = np.flatnonzero(interactions.getnnz(axis=0)).astype(np.int32)
    features = content_features(content) if config.ease_content > 0 else None
    found = linear_edges(
        interactions[:, known],
        None if features is None else features[known],
        regularization=config.ease_regularization,
        content_weight=config.ease_content,
        neighbors=config.neighbors,
    )
    weight = (config.ease_weight * found.weight).astype(np.float32)
    return as_edges(known[found.item_index], known[found.neighbor_index], weight, columns.EASE)
