"""Edges that items without events are lent by those like them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from mmsql import columns
from mmsql.content import Content
from mmsql.models.base import EDGE_SCHEMA, as_edges
from mmsql.models.graph import fresh
from mmsql.models.graph.fresh import fresh_edges


def edges(*triples: tuple[int, int, float]) -> pa.Table:
    item, neighbor, weight = zip(*triples, strict=True)
    return as_edges(list(item), list(neighbor), list(weight), columns.BEHAVIOR)


def found(table: pa.Table) -> dict[tuple[int, int], float]:
    assert table.schema == EDGE_SCHEMA
    assert set(table["modality"].to_pylist()) <= {columns.ALIKE}
    pairs = zip(table["item_index"].to_pylist(), table["neighbor_index"].to_pylist(), strict=True)
    return dict(zip(pairs, table["weight"].to_pylist(), strict=True))


LEARNED = edges((0, 1, 1.0), (1, 0, 0.5), (2, 1, 0.25), (0, 2, 0.75))
EVENTS = np.array([5, 5, 5, 0])


def test_shares_of_similarity_by_hand():
    # Item 3 is three parts like item 1 and one part like item 2.
    text = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.9, 0.3]], dtype=np.float32)
    lent = found(fresh_edges(LEARNED, Content(text=text), EVENTS, 0.5))
    assert lent == {(0, 3): pytest.approx(0.5 * (0.75 * 1.0 + 0.25 * 0.75)), (2, 3): pytest.approx(0.5 * 0.75 * 0.25)}


def test_a_modality_counts_by_how_well_it_knows_what_belongs_together():
    rng = np.random.default_rng(1)
    group = np.arange(40) % 2
    learned = edges(*((i, j, 1.0) for i in range(39) for j in range(39) if i != j and group[i] == group[j]))
    noise = rng.random((40, 8)).astype(np.float32)
    attribute = sp.csr_matrix(np.eye(2, dtype=np.float32)[group])
    lent = found(fresh_edges(learned, Content(text=noise, attribute=attribute), np.append(np.ones(39), 0), 1.0))
    own = [weight for (item, _), weight in lent.items() if group[item] == group[39]]
    other = [weight for (item, _), weight in lent.items() if group[item] != group[39]]
    assert min(own) > 2 * max(other, default=0)


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (Content(), EVENTS),
        (Content(text=np.ones((4, 2), np.float32)), np.ones(4)),
        (Content(text=np.ones((4, 2), np.float32)), np.zeros(4)),
        (Content(text=np.eye(4, dtype=np.float32)), EVENTS),
    ],
    ids=["no content", "no new item", "nothing but new items", "like nothing"],
)
def test_nothing_to_lend(content, events):
    assert found(fresh_edges(LEARNED, content, events, 1.0)) == {}


def test_without_any_edge():
    text = np.ones((4, 2), np.float32)
    assert found(fresh_edges(EDGE_SCHEMA.empty_table(), Content(text=text, comment=text), EVENTS, 1.0)) == {}


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    learned = edges(*((i, j, float(rng.random())) for i in range(20) for j in range(20) if i != j))
    content, events = Content(text=rng.random((50, 5)).astype(np.float32)), np.repeat([1, 0], [20, 30])
    whole = found(fresh_edges(learned, content, events, 1.0))
    monkeypatch.setattr(fresh, "BLOCK_CELLS", 60)
    assert found(fresh_edges(learned, content, events, 1.0)) == pytest.approx(whole)
    monkeypatch.setattr(fresh, "LENDING", 5)
    monkeypatch.setattr(fresh, "KEPT", 2)
    few = found(fresh_edges(learned, content, events, 1.0))
    assert np.bincount([item for _, item in few])[20:].tolist() == [2] * 30
