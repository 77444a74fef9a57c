"""From a dataset to factors and back: fitting ``ials``, ``jmf`` and ``mvmf``, and bringing them up to date."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql import columns
from mmsql.config import MvmfConfig
from mmsql.config.classic import FactorConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.device import resolve_device
from mmsql.models.base import EpochLog, FittedModel
from mmsql.models.factors.consensus import Consensus, View
from mmsql.models.factors.folding import USER_LEVEL
from mmsql.models.factors.joint import Joint, Side, Weights
from mmsql.models.factors.least_squares import half_the_cores, initial_factors
from mmsql.models.fusion.features import aligned_attributes
from mmsql.models.vectors import fitted_vectors

ITEMS = "items"  # names of what is stored
USER_VALUES = "user_values"
VIEW_VALUES = "values."  # and the name of the view
NAMES = "names."  # of attribute values, as JSON
USER_NAMES = NAMES + "user"
ITEM_NAMES = NAMES + "item"
VIEWS = (columns.ATTRIBUTE, columns.COMMENT, columns.TEXT, columns.IMAGE)


class Alternating(Protocol):
    """What is fitted epoch by epoch."""

    def epoch(self) -> None:
        """Solve for everything once."""
        ...

    def objective(self) -> float:
        """Return what every epoch makes smaller."""
        ...


@half_the_cores()
def fit_joint(
    dataset: Dataset,
    content: Content,
    config: FactorConfig,
    attribute_weight: float,
    log: Callable[[EpochLog], None],
) -> FittedModel:
    """Fit ``ials`` or ``jmf``.

    Parameters
    ----------
    dataset, content, config, log
        As of :class:`~mmsql.models.base.Model`.
    attribute_weight : float
        γ of :mod:`mmsql.models.factors.joint`; with 0, content does not matter.
    """
    weights = _weights(config, attribute_weight)
    users, items = _sides(dataset, content, config, weights)
    _run(Joint(users, items), config, dataset, log)
    stored = {ITEMS: _array(items.factors), **_stored_values(users, items, content)}
    return _fitted(dataset, config, users, items, stored)


@half_the_cores()
def update_joint(
    dataset: Dataset,
    content: Content,
    config: FactorConfig,
    attribute_weight: float,
    weights: dict[str, np.ndarray],
    known: np.ndarray,
) -> FittedModel:
    """Bring ``ials`` or ``jmf`` up to date: known items stay, users and new items are solved for.

    Parameters
    ----------
    dataset, content, config, weights, known
        As of :class:`~mmsql.models.base.Model`.
    attribute_weight : float
        As of :func:`fit_joint`.
    """
    content = _aligned(content, weights)
    users, items = _sides(dataset, content, config, _weights(config, attribute_weight))
    _remember(users, items, weights, known)
    users.factors = users.solve(items)
    fresh = torch.from_numpy(known < 0).to(items.factors.device)
    items.factors = torch.where(fresh[:, None], items.solve(users), items.factors)
    return _fitted(dataset, config, users, items, {**weights, ITEMS: _array(items.factors)})


@half_the_cores()
def fit_consensus(
    dataset: Dataset, content: Content, config: MvmfConfig, log: Callable[[EpochLog], None]
) -> FittedModel:
    """Fit ``mvmf``; parameters as of :class:`~mmsql.models.base.Model`."""
    weights = _weights(config, config.content_weight)
    users, items = _sides(dataset, dataclasses.replace(content, attribute=None), config, weights)
    views = _views(content, weights, items)
    model = Consensus(users, items, list(views.values()), config.consensus_weight)
    _run(model, config, dataset, log)
    items.factors = model.mean
    stored = {
        ITEMS: _array(model.mean),
        **{VIEW_VALUES + name: _array(view.values) for name, view in views.items()},
        **_stored_values(users, items, content),
    }
    return _fitted(dataset, config, users, items, stored)


@half_the_cores()
def update_consensus(
    dataset: Dataset, content: Content, config: MvmfConfig, weights: dict[str, np.ndarray], known: np.ndarray
) -> FittedModel:
    """Bring ``mvmf`` up to date: known items stay, users and new items are solved for.

    A new item is where its views, each on its own, say on average. Parameters as of
    :class:`~mmsql.models.base.Model`.
    """
    content = _aligned(content, weights)
    terms = _weights(config, config.content_weight)
    users, items = _sides(dataset, dataclasses.replace(content, attribute=None), config, terms)
    _remember(users, items, weights, known)
    users.factors = users.solve(items)
    fresh = torch.from_numpy(known < 0).to(items.factors.device)
    views = _views(content, terms, items)
    trained = {name: view for name, view in views.items() if VIEW_VALUES + name in weights}
    for name, view in trained.items():
        view.values = _tensor(weights[VIEW_VALUES + name], items.factors.device)
        view.factors = view.solve(0.0, view.factors, fresh)
    mean = Consensus(users, items.placed(items.solve(users)), list(trained.values()), config.consensus_weight).mean
    items.factors = torch.where(fresh[:, None], mean, items.factors)
    return _fitted(dataset, config, users, items, {**weights, ITEMS: _array(items.factors)})


def recent_events(dataset: Dataset, decay: float, length: int) -> sp.csr_matrix:
    """Return what users' vectors are made of: decay^age of their latest events, ``length`` at most.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (users, items)
    """
    found = dataset.aged_histories(np.arange(dataset.users), length)
    weight = (decay ** found.age.astype(np.float64)).astype(np.float32)
    active = found.active & (weight > 0)
    where = (found.row[active], found.item_index[active])
    return sp.csr_matrix((weight[active], where), shape=(dataset.users, dataset.items))


def _weights(config: FactorConfig, attribute_weight: float) -> Weights:
    return Weights(
        regularization=config.regularization, unobserved=config.unobserved_weight, attribute=attribute_weight
    )


def _sides(dataset: Dataset, content: Content, config: FactorConfig, weights: Weights) -> tuple[Side, Side]:
    device, size = resolve_device(config.device), config.embedding_size
    events = dataset.interactions()
    zeros = torch.zeros((dataset.users, size), device=device)
    drawn = initial_factors(dataset.items, size, config.seed, device)
    users = Side(events, content.user_attribute, weights, zeros)
    return users, Side(sp.csr_matrix(events.T), content.attribute, weights, drawn)


def _views(content: Content, weights: Weights, items: Side) -> dict[str, View]:
    """Return the views of content that know an item, by name; none of them where they weigh nothing."""
    found = {name: getattr(content, name) for name in VIEWS} if weights.attribute > 0 else {}
    return {
        name: View(matrix, weights, items)
        for name, matrix in found.items()
        if matrix is not None and (matrix.nnz if sp.issparse(matrix) else np.any(matrix))
    }


def _run(model: Alternating, config: FactorConfig, dataset: Dataset, log: Callable[[EpochLog], None]) -> None:
    for epoch in range(1, config.epochs + 1):
        started = perf_counter()
        model.epoch()
        loss = model.objective() / dataset.events
        log(EpochLog(epoch=epoch, loss=loss, seconds=perf_counter() - started))


def _stored_values(users: Side, items: Side, content: Content) -> dict[str, np.ndarray]:
    """Return the factors of attribute values with their names, for users and items that have them."""
    found = {}
    if users.attribute is not None:
        found[USER_VALUES] = _array(users.values)
    if items.attribute is not None:
        found[VIEW_VALUES + columns.ATTRIBUTE] = _array(items.values)
    for name, values in ((USER_NAMES, content.user_attribute_values), (ITEM_NAMES, content.attribute_values)):
        found[name] = np.frombuffer(json.dumps(values).encode(), dtype=np.uint8).copy()
    return found


def _aligned(content: Content, weights: dict[str, np.ndarray]) -> Content:
    """Bring attributes into the columns of training; those that training had none of are left out."""

    def moved(matrix: sp.csr_matrix | None, values: tuple[str, ...], name: str) -> sp.csr_matrix | None:
        trained = json.loads(weights[name].tobytes())
        return aligned_attributes(matrix, values, trained) if matrix is not None and trained else None

    return dataclasses.replace(
        content,
        attribute=moved(content.attribute, content.attribute_values, ITEM_NAMES),
        user_attribute=moved(content.user_attribute, content.user_attribute_values, USER_NAMES),
    )


def _remember(users: Side, items: Side, weights: dict[str, np.ndarray], known: np.ndarray) -> None:
    """Put the factors of training in their places; 0 for items that are new."""
    device = items.factors.device
    placed = np.zeros((len(known), weights[ITEMS].shape[1]), np.float32)
    placed[known >= 0] = weights[ITEMS][known[known >= 0]]
    items.factors = _tensor(placed, device)
    if items.attribute is not None:
        items.values = _tensor(weights[VIEW_VALUES + columns.ATTRIBUTE], device)
    if users.attribute is not None:
        users.values = _tensor(weights[USER_VALUES], device)


def _fitted(
    dataset: Dataset, config: FactorConfig, users: Side, items: Side, weights: dict[str, np.ndarray]
) -> FittedModel:
    recent = recent_events(dataset, config.decay, config.history_length)
    listeners = users.hearing(recent)
    user_vectors, item_vectors = _array(listeners.solve(items)), _array(items.factors)
    level = np.array([listeners.level()], np.float64)
    return fitted_vectors(dataset, config, item_vectors, user_vectors, {**weights, USER_LEVEL: level})


def _array(factors: Tensor) -> np.ndarray:
    return factors.cpu().numpy()


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.require(values, np.float32, ["C", "W"])).to(device)
