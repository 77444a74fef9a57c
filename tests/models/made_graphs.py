"""Histories by hand, and the pairs and edges that are counted in them."""

from __future__ import annotations

import duckdb

from mmsql.config import GraphConfig
from mmsql.data.dataset import Dataset
from mmsql.models.graph.behavior import PairCounts, behavior_edges, count_pairs

FLAT = GraphConfig(source_exponent=0, target_exponent=0, search_steps=0)


def add(con: duckdb.DuckDBPyConnection, user: str, items: str, event: str = "view", day: int = 0) -> None:
    """Add a history of one item a day; items in brackets have the same timestamp: ``"a b (c d)"``."""
    simultaneous = False
    for name in items.replace("(", "( ").replace(")", " )").split():
        if name in "()":
            simultaneous = name == "("
            day += 1
            continue
        day += not simultaneous
        con.execute(
            "INSERT INTO interactions VALUES (?, ?, ?, 1, TIMESTAMP '2025-01-01' + to_days(?::INTEGER))",
            [user, name, event, day],
        )


def pairs(dataset: Dataset, config: GraphConfig, share: float = 1.0) -> dict[tuple[str, str], tuple[float, float]]:
    names = item_names(dataset)
    found = count_pairs(dataset, config, share)
    forward, simultaneous = found.forward + found.simultaneous, found.simultaneous.toarray()
    forward = forward.tocoo()
    return {
        (names[a], names[b]): (weight, simultaneous[a, b])
        for a, b, weight in zip(forward.row, forward.col, forward.data, strict=True)
    }


def item_names(dataset: Dataset) -> list[str]:
    return [
        name for (name,) in dataset.con.execute("SELECT item_id FROM train_catalog ORDER BY item_index").fetchall()
    ]


def edges(dataset: Dataset, config: GraphConfig) -> dict[tuple[str, str], float]:
    names = item_names(dataset)
    table = behavior_edges(count_pairs(dataset, config), config)
    return {(names[row["item_index"]], names[row["neighbor_index"]]): row["weight"] for row in table.to_pylist()}


def visit(con: duckdb.DuckDBPyConnection, user: str, items: str, minutes: list[float | None]) -> None:
    """Add a history with the given minutes of its events."""
    for name, minute in zip(items.split(), minutes, strict=True):
        con.execute(
            "INSERT INTO interactions VALUES (?, ?, 'view', 1, TIMESTAMP '2025-01-01' + to_microseconds(?::BIGINT))",
            [user, name, None if minute is None else int(minute * 60e6)],
        )


def named(dataset: Dataset, counted: PairCounts) -> dict[str, dict[str, float]]:
    """Return the counts of each kind, by the two item names."""
    names = item_names(dataset)
    found = {}
    for kind in ("forward", "simultaneous", "cross_session"):
        matrix = getattr(counted, kind).tocoo()
        found[kind] = {
            names[a] + names[b]: weight for a, b, weight in zip(matrix.row, matrix.col, matrix.data, strict=True)
        }
    return found
