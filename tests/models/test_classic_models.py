"""The classic models end to end: options, cold items, new users, refresh."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pytest
import scipy.sparse as sp

from mmsql.config import EaseConfig, IalsConfig, JmfConfig, MvmfConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, prepare
from mmsql.jobs import training
from mmsql.models.base import EpochLog, no_log
from mmsql.models.factors.algorithms import Ials, Jmf, Mvmf
from mmsql.models.factors.fit import recent_events
from mmsql.models.linear.ease import Ease

pytestmark = pytest.mark.usefixtures("counting_encoder")

SMALL = {"embedding_size": 8, "epochs": 6, "device": "cpu"}
FACTORISED = (
    (Ials(), IalsConfig(**SMALL)),
    (Jmf(), JmfConfig(**SMALL)),
    (Mvmf(), MvmfConfig(**SMALL)),
)


@contextmanager
def dataset_of(con: duckdb.DuckDBPyConnection) -> Iterator[Dataset]:
    with prepare(con.cursor(), seed=1) as dataset:
        yield dataset


def parity(items: int, odd: int | None = None) -> Content:
    """Return the parity of items as an attribute; the catalog order is i0, i1, i10, i11, i12, i2 …."""
    order = sorted(range(items), key=lambda n: f"i{n}")
    matrix = np.zeros((items, 2), np.float32)
    matrix[np.arange(items), [n % 2 for n in order]] = 1
    return Content(attribute=sp.csr_matrix(matrix), attribute_values=("parity=even", "parity=odd"))


def parity_shop(con: duckdb.DuckDBPyConnection, items: int = 13) -> None:
    """Make a dataset in which even users have even items and odd users odd ones; the last item has no event."""
    con.execute(
        f"""
        DELETE FROM interactions; DELETE FROM items; DELETE FROM comments;
        INSERT INTO items (item_id) SELECT 'i' || i FROM range({items}) t(i);
        INSERT INTO interactions
        SELECT 'u' || u, 'i' || i, 'view', 1, TIMESTAMP '2025-01-01' + to_hours(i)
        FROM range(40) t(u), range({items - 1}) s(i)
        WHERE u % 2 = i % 2 AND hash(u * 100 + i) % 3 <> 0
        """
    )


def test_ease_is_served_by_edges_of_its_own_modality(shop):
    training.train(shop.cursor(), "ease", options={"decay": 0.5})
    assert shop.execute("SELECT DISTINCT modality FROM mmsql.item_edges").fetchall() == [("ease",)]
    assert shop.execute("SELECT decay FROM mmsql.models").fetchall() == [(0.5,)]
    reasons = shop.execute(
        "SELECT evidence FROM explain('u3', (SELECT item_id FROM recommend('u3', k := 1))) WHERE modality = 'ease'"
    ).fetchall()
    assert reasons
    assert all(reason.startswith("wanted together with ") for (reason,) in reasons)


def test_ease_connects_items_without_events_by_content_only(shop):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        plain = Ease().fit(dataset, parity(13), EaseConfig(content_weight=0), no_log)
        pulled = Ease().fit(dataset, parity(13), EaseConfig(content_weight=0.5), no_log)
        cold = 4  # i12
        assert dataset.item_counts()[cold] == 0
    assert cold not in plain.edges["neighbor_index"].to_pylist()
    sources = pulled.edges.filter(pulled.edges["neighbor_index"].to_numpy() == cold)["item_index"].to_pylist()
    assert sources
    order = sorted(range(13), key=lambda n: f"i{n}")
    assert all(order[item] % 2 == 0 for item in sources)


@pytest.mark.parametrize(("model", "config"), FACTORISED)
def test_the_loss_decreases_and_is_logged_once_per_epoch(shop, model, config):
    parity_shop(shop)
    rows: list[EpochLog] = []
    with dataset_of(shop) as dataset:
        model.fit(dataset, parity(13), config, rows.append)
    assert [row.epoch for row in rows] == [1, 2, 3, 4, 5, 6]
    losses = [row.loss for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("model", "config"), FACTORISED)
def test_users_get_items_of_their_parity(shop, model, config):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        fitted = model.fit(dataset, parity(13), config, no_log)
        events = dataset.interactions().toarray()
        users = [int(user[1:]) for (user,) in dataset.con.execute("SELECT user_id FROM train_users").fetchall()]
    order = np.array(sorted(range(13), key=lambda n: f"i{n}"))
    scores = np.where(events > 0, -np.inf, fitted.user_vectors @ fitted.item_vectors.T)
    incomplete = np.flatnonzero(events.sum(axis=1) < 6)  # users who do not have all items of their parity
    right = [order[np.argmax(scores[user])] % 2 == users[user] % 2 for user in incomplete]
    assert len(right) > 20
    assert np.mean(right) > 0.9


def test_without_content_the_others_are_ials(shop):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        ials, jmf, mvmf = (model.fit(dataset, Content(), config, no_log) for model, config in FACTORISED)
        ignored = Jmf().fit(dataset, parity(13), JmfConfig(**SMALL, attribute_weight=0), no_log)
    for other in (jmf, mvmf, ignored):
        assert np.array_equal(other.item_vectors, ials.item_vectors)
        assert np.array_equal(other.user_vectors, ials.user_vectors)


@pytest.mark.parametrize(("model", "config"), FACTORISED[1:])
def test_an_item_without_events_is_scored_by_its_content(shop, model, config):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        fitted = model.fit(dataset, parity(13), config, no_log)
        users = [int(user[1:]) for (user,) in dataset.con.execute("SELECT user_id FROM train_users").fetchall()]
    cold = fitted.user_vectors @ fitted.item_vectors[4]  # i12, an even one
    even = np.array(users) % 2 == 0
    assert cold[even].min() > cold[~even].max()


def test_attributes_of_users_are_features(shop):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        users = [int(user[1:]) for (user,) in dataset.con.execute("SELECT user_id FROM train_users").fetchall()]
        matrix = np.zeros((len(users), 2), np.float32)
        matrix[np.arange(len(users)), np.array(users) % 2] = 1
        described = Content(user_attribute=sp.csr_matrix(matrix), user_attribute_values=("side=even", "side=odd"))
        for model, config in FACTORISED[1:]:
            plain = model.fit(dataset, Content(), config, no_log)
            found = model.fit(dataset, described, config, no_log)
            assert not np.array_equal(plain.user_vectors, found.user_vectors)
            assert found.weights["user_values"].shape == (2, 8)
            again = model.update(dataset, described, config, found.weights, np.arange(dataset.items))
            assert np.array_equal(again.item_vectors, found.item_vectors)
            assert again.user_vectors == pytest.approx(found.user_vectors, abs=1e-6)


@pytest.mark.parametrize(("model", "config"), FACTORISED)
def test_an_update_without_new_data_changes_nothing(shop, model, config):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        fitted = model.fit(dataset, parity(13), config, no_log)
        again = model.update(dataset, parity(13), config, fitted.weights, np.arange(dataset.items))
    assert np.array_equal(again.item_vectors, fitted.item_vectors)
    assert np.array_equal(again.user_vectors, fitted.user_vectors)
    assert again.serving == fitted.serving
    assert again.edges.equals(fitted.edges)


@pytest.mark.parametrize(("model", "config"), FACTORISED)
def test_an_update_matches_items_by_index_and_attributes_by_name(shop, model, config):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        fitted = model.fit(dataset, parity(13), config, no_log)
        content = parity(13)
        turned = dataclasses.replace(
            content,
            attribute=sp.csr_matrix(content.attribute[:, ::-1]),
            attribute_values=("parity=odd", "parity=even"),
        )
        known = np.arange(13)
        known[[4, 5]] = -1  # i12, without an event, and i2, with some, are new
        again = model.update(dataset, turned, config, fitted.weights, known)
    rest = known >= 0
    assert np.array_equal(again.item_vectors[rest], fitted.item_vectors[rest])
    new = again.item_vectors[~rest]
    assert np.isfinite(new).all()
    if model.name == "ials":
        assert not new[0].any()  # it has neither events nor content
    else:
        like_i0, like_i1 = new @ again.item_vectors[0], new @ again.item_vectors[1]
        assert (like_i0 > like_i1).all()
    assert new[1] @ again.item_vectors[0] > new[1] @ again.item_vectors[1]


@pytest.mark.parametrize(("model", "config"), FACTORISED)
def test_content_may_be_added_and_removed(shop, model, config):
    parity_shop(shop)
    text = np.eye(13, 4, dtype=np.float32)
    with dataset_of(shop) as dataset:
        known = np.arange(13)
        known[4] = -1
        bare = model.fit(dataset, Content(), config, no_log)
        for content in (parity(13), Content(text=text), Content(text=np.zeros((13, 4), np.float32))):
            again = model.update(dataset, content, config, bare.weights, known)
            assert np.isfinite(again.item_vectors).all()
        rich = model.fit(dataset, dataclasses.replace(parity(13), text=text), config, no_log)
        again = model.update(dataset, Content(), config, rich.weights, known)
        assert np.isfinite(again.item_vectors).all()


def test_recent_events_weigh_more(shop):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        found = recent_events(dataset, 0.5, 3)
        counts = np.diff(found.indptr)
        everything = recent_events(dataset, 1.0, 10_000)
        last_only = recent_events(dataset, 0.0, 10)
        events = dataset.interactions()
    assert counts.max() == 3
    assert sorted(found.data[found.indptr[0] : found.indptr[1]].tolist())[-1] == 1
    assert set(found.data.tolist()) <= {1, 0.5, 0.25}
    assert (everything != events).nnz == 0
    assert set(last_only.data.tolist()) == {1}


def test_decay_changes_user_vectors_only(shop):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        slow = Ials().fit(dataset, Content(), IalsConfig(**SMALL, decay=1), no_log)
        quick = Ials().fit(dataset, Content(), IalsConfig(**SMALL, decay=0.3), no_log)
    assert np.array_equal(slow.item_vectors, quick.item_vectors)
    assert not np.array_equal(slow.user_vectors, quick.user_vectors)
    assert (slow.serving.decay, quick.serving.decay) == (1, 0.3)
    assert slow.serving.edge_weight == 0


@pytest.mark.parametrize("name", ["ials", "jmf", "mvmf"])
def test_a_new_event_counts_before_the_next_training(shop, name):
    training.train(shop.cursor(), name, options=dict(SMALL))
    query = "SELECT item_id, score FROM recommend('u3', k := 20)"
    before = dict(shop.execute(query).fetchall())
    shop.execute("INSERT INTO interactions VALUES ('u3', 'i10', 'buy', NULL, TIMESTAMP '2026-05-01')")
    after = dict(shop.execute(query).fetchall())
    assert "i10" in before
    assert "i10" not in after
    lifted = [item for item, score in after.items() if score > before[item] + 1e-6]
    assert lifted
    reasons = shop.execute(
        "SELECT contribution FROM explain('u3', ?) WHERE evidence_item = 'i10'", [lifted[0]]
    ).fetchall()
    assert reasons == [(pytest.approx(after[lifted[0]] - before[lifted[0]], abs=1e-6),)]


@pytest.mark.parametrize("model", [Ials(), Jmf(), Mvmf()])
@pytest.mark.parametrize(
    "extreme",
    [
        {"embedding_size": 1},
        {"embedding_size": 40},
        {"epochs": 1},
        {"regularization": 1e6},
        {"regularization": 1e-3, "unobserved_weight": 0},
        {"unobserved_weight": 1},
        {"decay": 0},
        {"history_length": 1},
    ],
    ids=lambda extreme: ",".join(extreme),
)
def test_extreme_options_give_finite_vectors(shop, model, extreme):
    parity_shop(shop)
    config = model.config_type(**{**SMALL, **extreme})
    with dataset_of(shop) as dataset:
        fitted = model.fit(dataset, parity(13), config, no_log)
    assert fitted.item_vectors.shape == (13, config.embedding_size)
    assert np.isfinite(fitted.item_vectors).all()
    assert np.isfinite(fitted.user_vectors).all()
    assert np.isfinite(fitted.serving.vector_weight)


@pytest.mark.parametrize(
    "extreme", [{"regularization": 1e9}, {"regularization": 1e-3}, {"content_weight": 1}, {"decay": 0}]
)
def test_extreme_options_of_ease_give_finite_edges(shop, extreme):
    parity_shop(shop)
    with dataset_of(shop) as dataset:
        fitted = Ease().fit(dataset, parity(13), EaseConfig(**extreme), no_log)
    weight = fitted.edges["weight"].to_numpy()
    assert len(weight)
    assert np.isfinite(weight).all()
    assert (weight > 0).all()
