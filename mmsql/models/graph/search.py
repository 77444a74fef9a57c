"""A quick search for the options of the item graph, by NDCG@10 on each user's last item."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse as sp

from mmsql import columns, interrupts
from mmsql.config import GraphConfig
from mmsql.config.named_weights import named_weights, weights_text
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import popularity_bias
from mmsql.models.comparison import surely_better
from mmsql.models.graph.behavior import count_pairs, ease_edges, normalised
from mmsql.models.graph.content import similar_items
from mmsql.models.scoring import event_weights, history_rows, ndcg_gains, score_items

K = 10
MAX_USERS = 2000  # users that settings are tried on
MAX_EVENTS = 400_000  # events that pairs are counted of, about
STANDARD_ERRORS = 0.5  # by which a setting must be better than the best one before it
STANDARD_ERRORS_TO_LEAVE = (
    2.0  # the same on other users, for the step from the options that serve, whose lists are known
)
STANDARD_ERRORS_OF_EASE = 1.0  # the same for the linear model, which takes as long to train as all else
GRIDS: dict[str, tuple[float, ...]] = {
    "decay": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.87, 0.93, 0.97, 1.0),
    "target_exponent": (0.0, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55, 0.7),
    "source_exponent": (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9),
    "cross_session_weight": (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0),
    "reverse_share": (0.0, 0.1, 0.25, 0.5, 0.75, 1.0),
    "ease_weight": (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    "attribute_weight": (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7, 1.0),
    "text_weight": (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7, 1.0),
    "comment_weight": (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7, 1.0),
    "image_weight": (0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7, 1.0),
    "relation_weight": (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5),
    "popularity_weight": (0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4),
}
EVENT_GRID = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CONTENT_MODALITIES = {
    "comment_weight": columns.COMMENT,
    "text_weight": columns.TEXT,
    "image_weight": columns.IMAGE,
    "attribute_weight": columns.ATTRIBUTE,
    "relation_weight": columns.RELATION,
}


def search_options(dataset: Dataset, content: Content, config: GraphConfig, holdout: Holdout) -> GraphConfig:
    """Search by coordinates: change one option at a time along its grid, while NDCG@10 on the holdout gets better.

    A setting is taken when it is better by half a standard error of the mean difference. Options that
    ``config.fixed`` names stay.

    Where the options given are not the defaults, but those of the model that serves, the search starts at the
    defaults if they are better. Of many settings, some are better by chance on the users they are tried on. The
    search therefore compares settings on one half of the users, and its result is taken if it is better on the other
    half, by two standard errors (Cox, "A note on data-splitting for the evaluation of significance levels",
    Biometrika 1975).

    The weight of pairs across sessions is an option only where the data have both kinds of pairs.

    Parameters
    ----------
    dataset, content, config, holdout
        As of :meth:`~mmsql.models.base.Model.search`.

    Returns
    -------
    GraphConfig
        With the options found.
    """
    defaults = continued(config, GraphConfig(), dataset.items)
    objective = GraphObjective(dataset, content, config, holdout)
    if defaults == config:
        return CoordinateSearch(objective, config, np.ones(len(objective.users), bool)).run()
    compared = np.random.default_rng(config.seed).permutation(len(objective.users)) % 2 == 0
    search = CoordinateSearch(objective, config, compared)
    served = search.figures
    search.consider(defaults)
    found = search.run()
    return found if surely_better((search.figures - served)[~compared], STANDARD_ERRORS_TO_LEAVE) else config


def continued(config: GraphConfig, served: GraphConfig, items: int) -> GraphConfig:
    """Return a configuration that starts at the options another search found.

    Lists then do not change with every small change of the data.

    Parameters
    ----------
    config : GraphConfig
        The configuration; its options named in ``fixed`` stay.
    served : GraphConfig
        The options to start at, but for those that were given by name there.
    items : int
        Size of the catalog: the linear model is taken over only where the search may try it.
    """
    if not config.search_steps:
        return config
    dropped = {*config.fixed, *served.fixed, *(("ease_weight",) if items > config.ease_items else ())}
    found: dict[str, Any] = {name: getattr(served, name) for name in (*GRIDS, "event_weights") if name not in dropped}
    return dataclasses.replace(config, **found)


class CoordinateSearch:
    """A search by coordinates: the best setting so far, and the settings that were tried.

    Parameters
    ----------
    objective : GraphObjective
        Measures settings.
    config : GraphConfig
        The setting to start at; its ``search_steps`` says how many settings may be tried.
    compared : ndarray, bool, (users,)
        The users of the objective that settings are compared on.

    Attributes
    ----------
    figures : ndarray, float64, (users,)
        NDCG@10 of each user of the objective under the best setting.
    """

    def __init__(self, objective: GraphObjective, config: GraphConfig, compared: np.ndarray) -> None:
        self.objective, self.start, self.best, self.compared = objective, config, config, compared
        self.steps = config.search_steps
        self.figures = objective.ndcg(config)
        self.tried = {config}

    def run(self) -> GraphConfig:
        """Go along one option after the other until nothing gets better or the steps are used up."""
        while self.steps:
            before = self.best
            for name in self.objective.options(self.start):
                self.along(name)
            if self.best == before:
                break
        return self.best

    def consider(self, config: GraphConfig) -> None:
        """Move to another setting, if it is better."""
        if self._is_better(config):
            self.best = config

    def along(self, name: str) -> None:
        """Go up the grid of an option, or else down, as long as it gets better."""
        for up in (True, False):
            start = self.best
            while (further := _step(self.best, name, up)) is not None and self._is_better(further):
                self.best = further
            if self.best != start:
                return

    def _is_better(self, config: GraphConfig) -> bool:
        if config in self.tried or not self.steps:
            return False
        interrupts.check()
        self.steps -= 1
        self.tried.add(config)
        found = self.objective.ndcg(config)
        adds_ease = config.ease_weight > self.best.ease_weight == 0
        needed = STANDARD_ERRORS_OF_EASE if adds_ease else STANDARD_ERRORS
        if not surely_better((found - self.figures)[self.compared], needed):
            return False
        self.figures = found
        return True


def _value(config: GraphConfig, name: str) -> float:
    if name in GRIDS:
        return float(getattr(config, name))
    return named_weights(config.event_weights).get(name.partition(":")[2], 1.0)


def _with(config: GraphConfig, name: str, value: float) -> GraphConfig:
    if name in GRIDS:
        changed: dict[str, Any] = {name: value}
        return dataclasses.replace(config, **changed)
    weights = {**named_weights(config.event_weights), name.partition(":")[2]: value}
    return dataclasses.replace(config, event_weights=weights_text("event_weights", weights))


def _step(config: GraphConfig, name: str, up: bool) -> GraphConfig | None:
    """Return the setting one step up or down the grid; None at its end."""
    grid, value = GRIDS.get(name, EVENT_GRID), _value(config, name)
    further = [x for x in grid if x > value + 1e-9][:1] if up else [x for x in grid if x < value - 1e-9][-1:]
    return _with(config, name, further[0]) if further else None


class GraphObjective:
    """NDCG@10 of settings on held-out items. Pairs and similar items are counted once, and combined for each setting.

    Parameters
    ----------
    dataset, content, config, holdout
        As of :func:`search_options`.

    Attributes
    ----------
    users, targets : ndarray, int32, (users,)
        The users that settings are tried on, and the held-out item of each.
    """

    def __init__(self, dataset: Dataset, content: Content, config: GraphConfig, holdout: Holdout) -> None:
        self.dataset, self.items = dataset, dataset.items
        sampled = np.sort(np.random.default_rng(config.seed).permutation(len(holdout.users))[:MAX_USERS])
        self.users, self.targets = holdout.users[sampled], holdout.items[sampled]
        self.history = dataset.aged_histories(self.users, config.history_length)
        self.popularity = popularity_bias(dataset.item_counts(), 1.0)
        self.scaled = self._scaled_edges(content, config)
        self.splits_sessions = "cross_session_weight" not in config.fixed
        self._count(config)

    def options(self, config: GraphConfig) -> list[str]:
        """Return the names of the options to choose, in the order they are tried in."""
        missing = {*CONTENT_MODALITIES, "ease_weight"} - set(self.scaled)
        if not self.across:
            missing.add("cross_session_weight")
        known = [name for name in GRIDS if name not in missing]
        types = self.dataset.event_types()[1:] if "event_weights" not in config.fixed else []
        return [name for name in known if name not in config.fixed] + [f"event:{name}" for name in types]

    def ndcg(self, config: GraphConfig) -> np.ndarray:
        """Return NDCG@10 of each user under a setting: float64, (users,)."""
        if self.counted != config.event_weights:
            self._count(config)
        data = self._behavior(config)
        for name, weights in self.aligned.items():
            data += np.float32(getattr(config, name)) * weights
        edges = sp.csr_matrix((data, self.neighbors, self.begins), shape=(self.items, self.items))
        rows = history_rows(
            self.history, event_weights(self.history, config.decay, self.strength), self.dataset.items
        )
        scores = score_items(rows.weights, edges, np.float32(config.popularity_weight) * self.popularity)
        return self._gains(scores, rows.seen)

    def _scaled_edges(self, content: Content, config: GraphConfig) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the edges that one weight scales, by its option: numbers of pairs, and weights."""
        found = {}
        similar = similar_items(content, config.content_neighbors, dict.fromkeys(CONTENT_MODALITIES.values(), 1.0))
        for name, modality in CONTENT_MODALITIES.items():
            if modality in similar:
                pairs = similar[modality]
                found[name] = (self._pairs(pairs.item_index, pairs.neighbor_index), pairs.similarity)
        if config.ease_weight > 0 or (self.items <= config.ease_items and "ease_weight" not in config.fixed):
            edges = ease_edges(self.dataset, content, dataclasses.replace(config, ease_weight=1.0))
            item, neighbor = edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy()
            found["ease_weight"] = (self._pairs(item, neighbor), edges["weight"].to_numpy())
        return found

    def _pairs(self, item: np.ndarray, neighbor: np.ndarray) -> np.ndarray:
        """Return one number for each pair of items: int64, in the order of item and neighbour."""
        return item.astype(np.int64) * self.items + neighbor

    def _count(self, config: GraphConfig) -> None:
        """Count pairs, and align all edges: one position for each pair that any modality joins."""
        share = min(1.0, MAX_EVENTS / max(self.dataset.events, 1))
        counts = count_pairs(self.dataset, config, share, separate_sessions=self.splits_sessions)
        counted = [(counts.forward + counts.simultaneous).tocoo(), counts.forward.T.tocoo()]
        if counts.cross_session is not None:
            counted += [counts.cross_session.tocoo(), counts.cross_session.T.tocoo()]
        parts = [self._pairs(found.row, found.col) for found in counted]
        parts += [pairs for pairs, _ in self.scaled.values()]
        distinct, position = np.unique(np.concatenate(parts), return_inverse=True)
        positions = iter(np.split(position, np.cumsum([len(part) for part in parts])))

        def aligned(weights: np.ndarray, dtype: type[np.floating]) -> np.ndarray:
            data = np.zeros(len(distinct), dtype)
            data[next(positions)] = weights
            return data

        self.forward, self.backward, *self.across = (aligned(found.data, np.float64) for found in counted)
        self.aligned = {name: aligned(weights, np.float32) for name, (_, weights) in self.scaled.items()}
        self.sources, self.neighbors = np.divmod(distinct, max(self.items, 1))
        self.begins = np.searchsorted(self.sources, np.arange(self.items + 1))
        self.strength = self.dataset.strengths(self.history.event_type_bits, named_weights(config.event_weights))
        self.counted = config.event_weights

    def _behavior(self, config: GraphConfig) -> np.ndarray:
        """Return the weights of :func:`~mmsql.models.graph.behavior.behavior_edges`, of all of an item's edges."""
        weight = self.forward + config.reverse_share * self.backward
        if self.across:
            forward, backward = self.across
            weight += config.cross_session_weight * (forward + config.reverse_share * backward)
        weight = normalised(weight, self.sources, self.neighbors, config).astype(np.float32)
        strongest = np.zeros(self.items, np.float32)
        filled = np.flatnonzero(np.diff(self.begins))
        strongest[filled] = np.maximum.reduceat(weight, self.begins[filled]) if len(filled) else 0
        scale = strongest[strongest > 0].mean() if np.any(strongest > 0) else 1.0
        return np.float32(config.behavior_weight) * weight / np.float32(scale)

    def _gains(self, scores: sp.csr_matrix, seen: sp.csr_matrix) -> np.ndarray:
        """Rank the held-out item among the items a user has not seen; items that no edge reaches come last."""
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        own = np.asarray(scores[np.arange(len(self.targets)), self.targets]).ravel()
        rank = np.bincount(row[scores.data >= own[row]], minlength=len(own))
        had = seen.multiply(scores).tocoo()
        rank -= np.bincount(had.row[had.data >= own[had.row]], minlength=len(own))
        return ndcg_gains(np.where((own > 0) & (rank <= K), np.maximum(rank, 1), 0))
