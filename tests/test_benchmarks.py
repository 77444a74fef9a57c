"""The evaluator of the benchmarks, by hand, and against the metrics of the file."""

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    import evaluator
    import exporting

    yield evaluator, exporting
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


@pytest.fixture
def split(benchmarks, tmp_path):
    """Three users and five items: user 2 has nothing kept back."""
    return benchmarks[1].Split(
        folder=tmp_path,
        users=3,
        items=5,
        fingerprint="",
        user=np.array([0, 1, 2]),
        item=np.array([0, 0, 1]),
        held_user=np.array([0, 1]),
        held_item=np.array([2, 4]),
    )


def test_metrics_by_hand(benchmarks, split):
    lists = np.array([[1, 2, -1], [3, 1, 4], [0, 2, 4]])
    measured = benchmarks[0].measure(lists, split, k=2)
    # User 0 finds item 2 at rank 2, user 1 finds item 4 only beyond k; items 1, 2, 3 are shown to those asked for.
    assert measured == {
        "recall": 0.5,
        "ndcg": pytest.approx(1 / np.log2(3) / 2),
        "catalog_coverage": pytest.approx(3 / 5),
    }


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1, 2]], r"Lists of shape \(1, 2\) do not fit 3 users and 5 items."),
        ([[1, 5], [1, 2], [0, 2]], "do not fit 3 users and 5 items"),
        ([[1, 1], [1, 2], [0, 2]], "A list names an item twice."),
        ([[0, 1], [1, 2], [0, 2]], "A list names an item that the user has in training."),
    ],
)
def test_lists_that_cannot_be_compared(benchmarks, split, lists, message):
    with pytest.raises(ValueError, match=message):
        benchmarks[0].measure(np.array(lists), split)


def test_configurations_are_the_first_then_a_fixed_draw(benchmarks):
    from peers.catalog import PEERS, configurations

    for peer in PEERS:
        eight, five = configurations(peer, 8), configurations(peer, 5)
        assert eight[:5] == five
        assert eight[0] == {name: values[0] for name, values in peer.grid.items()}
        assert len({str(options) for options in eight}) == len(eight)
