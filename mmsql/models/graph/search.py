"""A quick search for the options of the item graph, on what users did last."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse as sp

from mmsql import columns
from mmsql.config import GraphConfig
from mmsql.config.named_weights import named_weights, weights_text
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import popularity_bias
from mmsql.models.graph.behavior import count_pairs, ease_edges, normalised
from mmsql.models.graph.content import similar_items

K = 10
USERS = 2000  # looked at, at most
EVENTS = 400_000  # pairs are counted of about so many
INAUDIBLE = 1e-5  # weight of an event that is too old to be heard
SURE = 0.5  # standard errors that a better setting must be better by
SURE_TO_LEAVE = 2.0  # the same on other users, of all that a search changes in what serves, whose lists people know
SURE_OF_EASE = 1.0  # the same for the linear model, which takes as long to train as all else
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
ALIKE = {
    "comment_weight": columns.COMMENT,
    "text_weight": columns.TEXT,
    "image_weight": columns.IMAGE,
    "attribute_weight": columns.ATTRIBUTE,
    "relation_weight": columns.RELATION,
}


def search_options(dataset: Dataset, content: Content, config: GraphConfig, holdout: Holdout) -> GraphConfig:
    """Climb from the options given, one at a time along its grid, while NDCG@10 on what is held back gets better.

    A setting is taken when it is better by half a standard error of the mean difference, so that chance alone
    moves little. Options that ``config.fixed`` names stay.

    Where the options given are not the defaults, but those of what serves, the climb begins at the defaults if they
    are better. Of so many settings, some are better by chance on the users they are tried on: so the climb sees one
    half of the users, and what it ends at is taken if it is better on the other half, by two standard errors (Cox, A
    note on data-splitting for the evaluation of significance levels, Biometrika 1975).

    What sessions count is asked only where the data tell them. Where nearly all pairs are of one session, as of
    MovieLens, it changes little; where a user comes back for something else, as in the demo shop, much.

    Parameters
    ----------
    dataset, content, config, held
        As of :meth:`~mmsql.models.base.Model.search`.

    Returns
    -------
    GraphConfig
        With the options found.
    """
    plain = continued(config, GraphConfig(), dataset.items)
    bench = Bench(dataset, content, config, holdout)
    if plain == config:
        return Climb(bench, config, np.ones(len(bench.users), bool)).best_of_all()
    seen = np.random.default_rng(config.seed).permutation(len(bench.users)) % 2 == 0
    climb = Climb(bench, config, seen)
    served = climb.figures
    climb.consider(plain)
    found = climb.best_of_all()
    return found if surely_better((climb.figures - served)[~seen], SURE_TO_LEAVE) else config


def surely_better(gain: np.ndarray, sure: float) -> bool:
    """Tell whether users gain by more than chance.

    Parameters
    ----------
    gain : ndarray, float64, (users,)
        What each gains.
    sure : float
        Standard errors that the mean must be above 0.
    """
    return len(gain) > 1 and bool(gain.mean() > sure * gain.std() / np.sqrt(len(gain)))


def continued(config: GraphConfig, served: GraphConfig, items: int) -> GraphConfig:
    """Take over what another search found, so that small changes of the data do not change lists for nothing.

    Parameters
    ----------
    config : GraphConfig
        Whose options named in ``fixed`` stay.
    served : GraphConfig
        Whose others are taken over, but for those that were given by name there.
    items : int
        Of the catalog: the linear model goes on only where its size lets the search try it.
    """
    if not config.search_steps:
        return config
    dropped = {*config.fixed, *served.fixed, *(("ease_weight",) if items > config.ease_items else ())}
    found: dict[str, Any] = {name: getattr(served, name) for name in (*GRIDS, "event_weights") if name not in dropped}
    return dataclasses.replace(config, **found)


class Climb:
    """The best setting so far, and what has been tried.

    Parameters
    ----------
    bench : Bench
        What settings are tried with.
    config : GraphConfig
        Where to begin; ``search_steps`` says how many settings may be tried.
    seen : ndarray, bool, (users,)
        Those of the bench that settings are compared on.

    Attributes
    ----------
    figures : ndarray, float64, (users,)
        NDCG@10 of each user of the bench under the best setting.
    """

    def __init__(self, bench: Bench, config: GraphConfig, seen: np.ndarray) -> None:
        self.bench, self.start, self.best, self.steps, self.seen = bench, config, config, config.search_steps, seen
        self.figures = bench.ndcg(config)
        self.tried = {config}

    def best_of_all(self) -> GraphConfig:
        """Go along one option after the other until nothing gets better or the steps are used up."""
        while self.steps:
            before = self.best
            for name in self.bench.knobs(self.start):
                self.along(name)
            if self.best == before:
                break
        return self.best

    def consider(self, config: GraphConfig) -> None:
        """Begin at another setting, if it is better."""
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
        self.steps -= 1
        self.tried.add(config)
        found = self.bench.ndcg(config)
        sure = SURE_OF_EASE if config.ease_weight > self.best.ease_weight == 0 else SURE
        if not surely_better((found - self.figures)[self.seen], sure):
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


class Bench:
    """Everything that settings are tried with: counted once, combined for each.

    Parameters
    ----------
    dataset, content, config, held
        As of :func:`search_options`.
    """

    def __init__(self, dataset: Dataset, content: Content, config: GraphConfig, holdout: Holdout) -> None:
        self.dataset, self.items = dataset, dataset.items
        few = np.sort(np.random.default_rng(config.seed).permutation(len(holdout.users))[:USERS])
        self.users, self.wanted = holdout.users[few], holdout.items[few]
        self.history = dataset.aged_histories(self.users, config.history_length)
        ones = np.ones(len(self.history.row))
        self.seen = self._rows(ones.astype(np.float32), ones.astype(bool))
        self.popularity = popularity_bias(dataset.item_counts(), 1.0)
        self.alike = self._alike(content, config)
        self.look = "cross_session_weight" not in config.fixed
        self._count(config)

    def knobs(self, config: GraphConfig) -> list[str]:
        """Name what there is to choose, in the order it is tried in."""
        missing = {*ALIKE, "ease_weight"} - set(self.alike)
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
        edges = sp.csr_matrix((data, self.to, self.begins), shape=(self.items, self.items))
        weight = np.where(self.history.active, config.decay**self.history.age * self.strength, 0).astype(np.float32)
        return self._gains(
            self._rows(weight, weight > INAUDIBLE) @ edges, np.float32(config.popularity_weight) * self.popularity
        )

    def _alike(self, content: Content, config: GraphConfig) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return the edges that only one weight scales, by its option: places and weights."""
        found = {}
        near = similar_items(content, config.content_neighbors, dict.fromkeys(ALIKE.values(), 1.0))
        for name, modality in ALIKE.items():
            if modality in near:
                pairs = near[modality]
                found[name] = (self._places(pairs.item_index, pairs.neighbor_index), pairs.similarity)
        if config.ease_weight > 0 or (self.items <= config.ease_items and "ease_weight" not in config.fixed):
            edges = ease_edges(self.dataset, content, dataclasses.replace(config, ease_weight=1.0))
            item, neighbor = edges["item_index"].to_numpy(), edges["neighbor_index"].to_numpy()
            found["ease_weight"] = (self._places(item, neighbor), edges["weight"].to_numpy())
        return found

    def _places(self, item: np.ndarray, neighbor: np.ndarray) -> np.ndarray:
        return item.astype(np.int64) * self.items + neighbor

    def _rows(self, weights: np.ndarray, kept: np.ndarray) -> sp.csr_matrix:
        where = (self.history.row[kept], self.history.item_index[kept])
        return sp.csr_matrix((weights[kept], where), shape=(len(self.users), self.items))

    def _count(self, config: GraphConfig) -> None:
        """Count pairs, and lay all edges over each other: one place for each pair that any modality joins."""
        share = min(1.0, EVENTS / max(self.dataset.events, 1))
        pairs = count_pairs(self.dataset, config, share, separate_sessions=self.look)
        counted = [(pairs.forward + pairs.simultaneous).tocoo(), pairs.forward.T.tocoo()]
        if pairs.cross_session is not None:
            counted += [pairs.cross_session.tocoo(), pairs.cross_session.T.tocoo()]
        parts = [self._places(found.row, found.col) for found in counted]
        parts += [place for place, _ in self.alike.values()]
        places, found = np.unique(np.concatenate(parts), return_inverse=True)
        where = iter(np.split(found, np.cumsum([len(part) for part in parts])))

        def aligned(weights: np.ndarray, kind: type[np.floating]) -> np.ndarray:
            data = np.zeros(len(places), kind)
            data[next(where)] = weights
            return data

        self.forward, self.backward, *self.across = (aligned(found.data, np.float64) for found in counted)
        self.aligned = {name: aligned(weights, np.float32) for name, (_, weights) in self.alike.items()}
        row, self.to = np.divmod(places, max(self.items, 1))
        self.begins = np.searchsorted(row, np.arange(self.items + 1))
        self.leaves = row
        self.strength = self.dataset.strengths(self.history.event_type_bits, named_weights(config.event_weights))
        self.counted = config.event_weights

    def _behavior(self, config: GraphConfig) -> np.ndarray:
        """Return what :func:`~mmsql.models.graph.behavior.behavior_edges` does, but keep all of an item's edges."""
        weight = self.forward + config.reverse_share * self.backward
        if self.across:
            forward, backward = self.across
            weight += config.cross_session_weight * (forward + config.reverse_share * backward)
        weight = normalised(weight, self.leaves, self.to, config).astype(np.float32)
        strongest = np.zeros(self.items, np.float32)
        filled = np.flatnonzero(np.diff(self.begins))
        strongest[filled] = np.maximum.reduceat(weight, self.begins[filled]) if len(filled) else 0
        scale = strongest[strongest > 0].mean() if np.any(strongest > 0) else 1.0
        return np.float32(config.behavior_weight) * weight / np.float32(scale)

    def _gains(self, scores: sp.csr_matrix, bias: np.ndarray) -> np.ndarray:
        """Rank what was held back among what a user has not had; what no edge reaches comes last."""
        scores.data += bias[scores.indices]
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        own = np.asarray(scores[np.arange(len(self.wanted)), self.wanted]).ravel()
        above = np.bincount(row[scores.data >= own[row]], minlength=len(own))
        had = self.seen.multiply(scores).tocoo()
        above -= np.bincount(had.row[had.data >= own[had.row]], minlength=len(own))
        return np.where((own > 0) & (above <= K), 1 / np.log2(np.maximum(above, 1) + 1), 0.0)
