"""Alternating least squares: half steps against literal normal equations, and objectives that fall."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from mmsql.errors import OptionError
from mmsql.models.factors import least_squares
from mmsql.models.factors.consensus import ConsensusFactorization, View
from mmsql.models.factors.joint import FREQUENCY_EXPONENT, EntityFactors, JointFactorization, TermWeights
from mmsql.models.factors.least_squares import (
    LeastSquaresTerm,
    half_step,
    half_the_cores,
    initial_factors,
    shared_step,
    squared_error,
)

USERS, ITEMS, VALUES, SIZE = 30, 20, 7, 5
CPU = torch.device("cpu")


def made_events(seed: int = 0) -> sp.csr_matrix:
    events = (np.random.default_rng(seed).random((USERS, ITEMS)) < 0.3).astype(np.float32)
    events[:, 4] = 0  # an item without events
    events[7] = 0  # and a user
    return sp.csr_matrix(events)


def made_attributes(rows: int, seed: int = 1) -> sp.csr_matrix:
    matrix = sp.random(rows, VALUES, 0.4, format="csr", random_state=seed, dtype=np.float32).tolil()
    matrix[2] = 0  # a row without attributes
    matrix[4, 1] = 1
    return sp.csr_matrix(matrix)


def made_joint(attribute_weight: float = 0.7) -> JointFactorization:
    weights = TermWeights(regularization=0.9, unobserved=0.2, attribute=attribute_weight)
    events = made_events()
    users = EntityFactors(events, made_attributes(USERS, 5), weights, torch.zeros(USERS, SIZE))
    drawn = initial_factors(ITEMS, SIZE, 42, CPU)
    return JointFactorization(users, EntityFactors(sp.csr_matrix(events.T), made_attributes(ITEMS), weights, drawn))


def made_consensus(consensus_weight: float = 2.0) -> ConsensusFactorization:
    weights = TermWeights(regularization=0.9, unobserved=0.2, attribute=0.7)
    events, drawn = made_events(), initial_factors(ITEMS, SIZE, 42, CPU)
    users = EntityFactors(events, made_attributes(USERS, 5), weights, torch.zeros(USERS, SIZE))
    text = np.random.default_rng(8).standard_normal((ITEMS, 9)).astype(np.float32)
    text[6] = 0
    items = EntityFactors(sp.csr_matrix(events.T), None, weights, drawn)
    views = [View(made_attributes(ITEMS), weights, items), View(text, weights, items)]
    return ConsensusFactorization(users, items, views, consensus_weight)


def test_a_half_step_is_the_literal_normal_equations():
    events, other = made_events(), initial_factors(ITEMS, SIZE, 0, CPU) * 10
    events.data = np.random.default_rng(3).random(events.nnz).astype(np.float32) + 0.5
    unobserved, own = 0.2 * other.T @ other, torch.linspace(0, 1, USERS)
    ridge = torch.linspace(0.5, 2, USERS)
    right = torch.ones(USERS, SIZE)
    found = half_step(events, other, [LeastSquaresTerm(unobserved, own)], ridge, right)
    vectors = other.double().numpy()
    for user in range(USERS):
        weight = events[user].toarray()[0].astype(np.float64)
        system = (vectors.T * weight) @ vectors + float(own[user]) * unobserved.double().numpy()
        system += float(ridge[user]) * np.eye(SIZE)
        expected = np.linalg.solve(system, vectors.T @ weight + 1) if weight.any() else np.zeros(SIZE)
        assert found[user].numpy() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("cells", [1, 40, 300])
def test_batches_do_not_matter(cells, monkeypatch):
    events, other = made_events(), initial_factors(ITEMS, SIZE, 0, CPU) * 10
    expected = half_step(events, other, [], torch.ones(USERS))
    error = squared_error(events, expected, other)
    monkeypatch.setattr(least_squares, "CELLS", cells)
    assert half_step(events, other, [], torch.ones(USERS)).numpy() == pytest.approx(expected.numpy(), abs=1e-6)
    assert squared_error(events, expected, other) == pytest.approx(error, rel=1e-6)


def test_rows_without_events_are_zero():
    events = sp.csr_matrix((3, ITEMS), dtype=np.float32)
    assert not half_step(events, initial_factors(ITEMS, SIZE, 0, CPU), [], torch.ones(3)).any()
    assert squared_error(events, torch.zeros(3, SIZE), torch.zeros(ITEMS, SIZE)) == 0


def test_a_shared_step_solves_all_rows_at_once():
    other, right = initial_factors(9, SIZE, 0, CPU) * 10, initial_factors(4, SIZE, 1, CPU) * 10
    matrix = other.T @ other
    found = shared_step(matrix, 0.5, right)
    expected = np.linalg.solve(matrix.double().numpy() + 0.5 * np.eye(SIZE), right.double().numpy().T).T
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


def test_a_system_that_cannot_be_solved_is_explained():
    singular = torch.ones(SIZE, SIZE)
    with pytest.raises(OptionError, match=r"The regularization is too small .* Type a larger one, such as"):
        shared_step(singular, 0.0, torch.ones(1, SIZE))


def test_the_squared_error_is_over_events_only():
    events, left = made_events(), initial_factors(USERS, SIZE, 0, CPU) * 10
    right = initial_factors(ITEMS, SIZE, 1, CPU) * 10
    dense = events.toarray()
    expected = (dense * (1 - (left @ right.T).numpy()) ** 2).sum()
    assert squared_error(events, left, right) == pytest.approx(expected, rel=1e-5)


def test_the_seed_determines_the_initial_factors():
    assert torch.equal(initial_factors(3, SIZE, 7, CPU), initial_factors(3, SIZE, 7, CPU))
    assert not torch.equal(initial_factors(3, SIZE, 7, CPU), initial_factors(3, SIZE, 8, CPU))


def test_the_number_of_threads_is_restored_after_an_error():
    before = torch.get_num_threads()

    @half_the_cores()
    def fail() -> None:
        assert torch.get_num_threads() == max(1, before // 2)
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert torch.get_num_threads() == before


def literal_objective(joint: JointFactorization) -> float:
    """Evaluate the objective cell by cell, with the formula in the docstring of ``joint``."""
    found, (u, v) = 0.0, (side.factors.double().numpy() for side in (joint.users, joint.items))
    terms = joint.users.weights
    events = joint.users.events.toarray()
    score = u @ v.T
    active, known = events.any(axis=1), events.any(axis=0)
    found += (events * (1 - score) ** 2).sum() + terms.unobserved * (score[np.ix_(active, known)] ** 2).sum()
    for side, other_rows, factor in ((joint.users, known.sum(), u), (joint.items, active.sum(), v)):
        counts = np.diff(side.events.indptr)
        attribute, values = side.attribute.toarray(), side.values.double().numpy()
        described = attribute.any(axis=1)
        found += terms.attribute * ((attribute - factor @ values.T)[described] ** 2).sum()
        weight = counts + terms.unobserved * other_rows * (counts > 0) + terms.attribute * described
        mean_weight = counts[counts > 0].mean() + terms.unobserved * other_rows
        ridge = (np.maximum(weight, 1e-3) / mean_weight) ** FREQUENCY_EXPONENT
        ridge_values = (terms.attribute * described.sum() / mean_weight) ** FREQUENCY_EXPONENT
        found += terms.regularization * ((ridge * (factor**2).sum(axis=1)).sum() + ridge_values * (values**2).sum())
    return found


def test_the_objective_is_the_formula_and_falls_with_every_epoch():
    joint, figures = made_joint(), []
    for _ in range(8):
        joint.epoch()
        figures.append(joint.objective())
        assert figures[-1] == pytest.approx(literal_objective(joint), rel=1e-5)
    assert all(later < earlier + 1e-4 for earlier, later in itertools.pairwise(figures))
    assert figures[-1] < 0.9 * figures[0]


@pytest.mark.parametrize("side", ["users", "items"])
def test_every_step_is_the_minimum_of_the_objective(side):
    joint = made_joint()
    for _ in range(2):
        joint.epoch()
    solved, other = (joint.users, joint.items) if side == "users" else (joint.items, joint.users)
    solved.factors = solved.solve(other)
    best, where = literal_objective(joint), solved.factors
    random = np.random.default_rng(0)
    for _ in range(5):
        nudge = 0.02 * random.standard_normal(where.shape).astype(np.float32)
        solved.factors = where + torch.from_numpy(nudge)
        assert literal_objective(joint) > best


def test_without_attributes_the_joint_model_is_that_of_events():
    joint, events_only = made_joint(0.0), made_joint()
    assert joint.users.attribute is None
    for side in (events_only.users, events_only.items):
        side.attribute = None
    for _ in range(3):
        joint.epoch()
        events_only.epoch()
    assert torch.equal(joint.users.factors, events_only.users.factors)
    assert torch.equal(joint.items.factors, events_only.items.factors)


def test_an_item_without_events_has_the_factors_of_its_attributes():
    joint = made_joint()
    for _ in range(5):
        joint.epoch()
    cold = joint.items.factors[4]
    values, attribute = joint.items.values, torch.from_numpy(joint.items.attribute[[4]].toarray()[0])
    # An epoch ends with the attribute values, so the factors are solved once more.
    cold = joint.items.solve(joint.users)[4]
    ridge = 0.9 * (0.7 / joint.items.mean_weight()) ** FREQUENCY_EXPONENT
    expected = np.linalg.solve(
        (0.7 * values.T @ values).numpy() + ridge * np.eye(SIZE), (0.7 * values.T @ attribute).numpy()
    )
    assert cold.numpy() == pytest.approx(expected, abs=1e-5)
    assert np.abs(expected).max() > 0.01


def literal_consensus(model: ConsensusFactorization) -> float:
    views = model.views
    terms, known = model.items.weights, np.diff(model.items.events.indptr) > 0
    u, v = (side.factors.double().numpy() for side in (model.users, model.items))
    events = model.users.events.toarray()
    scores = (u @ v.T)[np.ix_(events.any(axis=1), known)]
    found = (events * (1 - u @ v.T) ** 2).sum() + terms.unobserved * (scores**2).sum()
    found += model.users.penalty() + model.items.penalty()
    mean = model.mean.double().numpy()
    found += model.consensus_weight * ((v - mean)[known] ** 2).sum()
    for view in views:
        matrix = view.matrix.toarray() if sp.issparse(view.matrix) else view.matrix
        own, values = view.factors.double().numpy(), view.values.double().numpy()
        there = np.abs(matrix).sum(axis=1) > 0
        found += terms.attribute * ((matrix - own @ values.T)[there] ** 2).sum()
        found += model.consensus_weight * ((own - mean)[there] ** 2).sum()
        ridge = terms.regularization * (terms.attribute / model.items.mean_weight()) ** FREQUENCY_EXPONENT
        found += ridge * ((own**2).sum() + there.sum() ** FREQUENCY_EXPONENT * (values**2).sum())
    return found


def test_the_consensus_objective_is_the_formula_and_falls():
    model, figures = made_consensus(), []
    for _ in range(8):
        model.epoch()
        figures.append(model.objective())
        assert figures[-1] == pytest.approx(literal_consensus(model), rel=1e-5)
    assert all(later < earlier + 1e-4 for earlier, later in itertools.pairwise(figures))


def test_the_consensus_is_the_mean_over_the_views_of_an_item():
    model = made_consensus()
    model.epoch()
    behavior, attribute, text = model.items.factors, model.views[0].factors, model.views[1].factors
    assert torch.allclose(model.mean[0], (behavior[0] + attribute[0] + text[0]) / 3)
    assert torch.allclose(model.mean[2], (behavior[2] + text[2]) / 2)
    assert torch.allclose(model.mean[4], (attribute[4] + text[4]) / 2)
    assert torch.allclose(model.mean[6], (behavior[6] + attribute[6]) / 2)


def test_a_large_consensus_weight_makes_the_views_agree():
    def disagreement(model: ConsensusFactorization) -> float:
        for _ in range(20):
            model.epoch()
        return float((model.items.factors[0] - model.views[1].factors[0]).norm() / model.mean[0].norm())

    assert disagreement(made_consensus(1000.0)) < 0.05 < disagreement(made_consensus(0.1))
