"""Fits and updates ``ials``, ``jmf`` and ``mvmf``: from a dataset to factors."""

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

from mmsql import columns, interrupts
from mmsql.config import MvmfConfig
from mmsql.config.factors import FactorConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.device import resolve_device
from mmsql.models.base import EpochLog, FittedModel
from mmsql.models.factors.consensus import ConsensusFactorization, View
from mmsql.models.factors.folding import USER_MEAN_WEIGHT
from mmsql.models.factors.joint import EntityFactors, JointFactorization, TermWeights
from mmsql.models.factors.least_squares import half_the_cores, initial_factors
from mmsql.models.fusion.features import aligned_attributes
from mmsql.models.vectors import fitted_vectors

ITEMS = "items"  # entry of the weights: item factors
USER_VALUES = "user_values"
VIEW_VALUES = "values."  # prefix, before the name of the view: factors of the view's columns
NAMES = "names."  # prefix: names of attribute values, as JSON bytes
USER_NAMES = NAMES + "user"
ITEM_NAMES = NAMES + "item"
VIEWS = (columns.ATTRIBUTE, columns.COMMENT, columns.TEXT, columns.IMAGE)


class AlternatingModel(Protocol):
    """A model that is fitted one epoch at a time."""

    def epoch(self) -> None:
        """Solve once for each set of factors."""
        ...

    def objective(self) -> float:
        """Return the objective, which every epoch lowers."""
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
        As in :class:`~mmsql.models.base.Model`.
    attribute_weight : float
        γ of :mod:`mmsql.models.factors.joint`. With 0, content is ignored.
    """
    weights = _weights(config, attribute_weight)
    users, items = _users_and_items(dataset, content, config, weights)
    _run_epochs(JointFactorization(users, items), config, dataset, log)
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
    """Update ``ials`` or ``jmf``: keep the factors of known items; solve for users and new items.

    Parameters
    ----------
    dataset, content, config, weights, known
        As in :class:`~mmsql.models.base.Model`.
    attribute_weight : float
        As in :func:`fit_joint`.
    """
    content = _align_attributes(content, weights)
    users, items = _users_and_items(dataset, content, config, _weights(config, attribute_weight))
    _restore_factors(users, items, weights, known)
    users.factors = users.solve(items)
    is_new = torch.from_numpy(known < 0).to(items.factors.device)
    items.factors = torch.where(is_new[:, None], items.solve(users), items.factors)
    return _fitted(dataset, config, users, items, {**weights, ITEMS: _array(items.factors)})


@half_the_cores()
def fit_consensus(
    dataset: Dataset, content: Content, config: MvmfConfig, log: Callable[[EpochLog], None]
) -> FittedModel:
    """Fit ``mvmf``; parameters as in :class:`~mmsql.models.base.Model`."""
    weights = _weights(config, config.content_weight)
    users, items = _users_and_items(dataset, dataclasses.replace(content, attribute=None), config, weights)
    views = _views(content, weights, items)
    model = ConsensusFactorization(users, items, list(views.values()), config.consensus_weight)
    _run_epochs(model, config, dataset, log)
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
    """Update ``mvmf``: keep the factors of known items; solve for users and new items.

    A new item gets the mean of its factors in each view, each solved independently. Parameters as in
    :class:`~mmsql.models.base.Model`.
    """
    content = _align_attributes(content, weights)
    terms = _weights(config, config.content_weight)
    users, items = _users_and_items(dataset, dataclasses.replace(content, attribute=None), config, terms)
    _restore_factors(users, items, weights, known)
    users.factors = users.solve(items)
    is_new = torch.from_numpy(known < 0).to(items.factors.device)
    views = _views(content, terms, items)
    trained = {name: view for name, view in views.items() if VIEW_VALUES + name in weights}
    for name, view in trained.items():
        view.values = _tensor(weights[VIEW_VALUES + name], items.factors.device)
        view.factors = view.solve(0.0, view.factors, is_new)
    mean = ConsensusFactorization(
        users, items.with_factors(items.solve(users)), list(trained.values()), config.consensus_weight
    ).mean
    items.factors = torch.where(is_new[:, None], mean, items.factors)
    return _fitted(dataset, config, users, items, {**weights, ITEMS: _array(items.factors)})


def recent_events(dataset: Dataset, decay: float, length: int) -> sp.csr_matrix:
    """Return the events that user vectors are computed from: decay^age of each user's latest events.

    Parameters
    ----------
    dataset : Dataset
        Source of the events.
    decay : float
        Decay per timestamp of the user.
    length : int
        Maximum number of events per user.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (users, items)
    """
    found = dataset.aged_histories(np.arange(dataset.users), length)
    weight = (decay ** found.age.astype(np.float64)).astype(np.float32)
    active = found.active & (weight > 0)
    where = (found.row[active], found.item_index[active])
    return sp.csr_matrix((weight[active], where), shape=(dataset.users, dataset.items))


def _weights(config: FactorConfig, attribute_weight: float) -> TermWeights:
    return TermWeights(
        regularization=config.regularization, unobserved=config.unobserved_weight, attribute=attribute_weight
    )


def _users_and_items(
    dataset: Dataset, content: Content, config: FactorConfig, weights: TermWeights
) -> tuple[EntityFactors, EntityFactors]:
    device, size = resolve_device(config.device), config.embedding_size
    events = dataset.interactions()
    zeros = torch.zeros((dataset.users, size), device=device)
    drawn = initial_factors(dataset.items, size, config.seed, device)
    users = EntityFactors(events, content.user_attribute, weights, zeros)
    return users, EntityFactors(sp.csr_matrix(events.T), content.attribute, weights, drawn)


def _views(content: Content, weights: TermWeights, items: EntityFactors) -> dict[str, View]:
    """Return the content views with data, by name; none if their weight is 0."""
    found = {name: getattr(content, name) for name in VIEWS} if weights.attribute > 0 else {}
    return {
        name: View(matrix, weights, items)
        for name, matrix in found.items()
        if matrix is not None and (matrix.nnz if sp.issparse(matrix) else np.any(matrix))
    }


def _run_epochs(
    model: AlternatingModel, config: FactorConfig, dataset: Dataset, log: Callable[[EpochLog], None]
) -> None:
    for epoch in range(1, config.epochs + 1):
        interrupts.check()
        started = perf_counter()
        model.epoch()
        loss = model.objective() / dataset.events
        log(EpochLog(epoch=epoch, loss=loss, seconds=perf_counter() - started))


def _stored_values(users: EntityFactors, items: EntityFactors, content: Content) -> dict[str, np.ndarray]:
    """Return the factors and names of the attribute values of users and items, as entries of the weights."""
    found = {}
    if users.attribute is not None:
        found[USER_VALUES] = _array(users.values)
    if items.attribute is not None:
        found[VIEW_VALUES + columns.ATTRIBUTE] = _array(items.values)
    for name, values in ((USER_NAMES, content.user_attribute_values), (ITEM_NAMES, content.attribute_values)):
        found[name] = np.frombuffer(json.dumps(values).encode(), dtype=np.uint8).copy()
    return found


def _align_attributes(content: Content, weights: dict[str, np.ndarray]) -> Content:
    """Reorder attribute columns as in training. Values that were unknown in training are left out."""

    def reordered(matrix: sp.csr_matrix | None, values: tuple[str, ...], name: str) -> sp.csr_matrix | None:
        trained = json.loads(weights[name].tobytes())
        return aligned_attributes(matrix, values, trained) if matrix is not None and trained else None

    return dataclasses.replace(
        content,
        attribute=reordered(content.attribute, content.attribute_values, ITEM_NAMES),
        user_attribute=reordered(content.user_attribute, content.user_attribute_values, USER_NAMES),
    )


def _restore_factors(
    users: EntityFactors, items: EntityFactors, weights: dict[str, np.ndarray], known: np.ndarray
) -> None:
    """Restore the factors of training; new items get 0."""
    device = items.factors.device
    factors = np.zeros((len(known), weights[ITEMS].shape[1]), np.float32)
    factors[known >= 0] = weights[ITEMS][known[known >= 0]]
    items.factors = _tensor(factors, device)
    if items.attribute is not None:
        items.values = _tensor(weights[VIEW_VALUES + columns.ATTRIBUTE], device)
    if users.attribute is not None:
        users.values = _tensor(weights[USER_VALUES], device)


def _fitted(
    dataset: Dataset, config: FactorConfig, users: EntityFactors, items: EntityFactors, weights: dict[str, np.ndarray]
) -> FittedModel:
    recent = recent_events(dataset, config.decay, config.history_length)
    recent_users = users.with_events(recent)
    user_vectors, item_vectors = _array(recent_users.solve(items)), _array(items.factors)
    mean_weight = np.array([recent_users.mean_weight()], np.float64)
    return fitted_vectors(dataset, config, item_vectors, user_vectors, {**weights, USER_MEAN_WEIGHT: mean_weight})


def _array(factors: Tensor) -> np.ndarray:
    return factors.cpu().numpy()


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.require(values, np.float32, ["C", "W"])).to(device)
