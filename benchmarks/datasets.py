"""Loaders of the real data sets of the benchmarks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from mmsql.loading.amazon import load_amazon_reviews
from mmsql.loading.movielens import load_movielens

DATA = Path(os.environ.get("MMSQL_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def load_instruments(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    load_amazon_reviews(con, folder / "Musical_Instruments_5.json.gz")


def load_gift_cards(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    load_amazon_reviews(con, folder / "Gift_Cards_5.json.gz", folder / "meta_Gift_Cards.json.gz", relations=False)


def load_beauty(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Load events that are ordered by position without a timestamp, and attributes as a list of numbers."""
    lines = [line.split() for line in (folder / "Beauty.txt").read_text().splitlines()]
    events = pa.table(
        {
            "user_id": [int(user) for user, *items in lines for _ in items],
            "item_id": [int(item) for _, *items in lines for item in items],
            "position": [position for _, *items in lines for position in range(len(items))],
        }
    )
    attributes = json.loads((folder / "Beauty_item2attributes.json").read_text())
    listed = pa.table({"item_id": [int(item) for item in attributes], "tags": list(attributes.values())})
    con.register("loaded_events", events)
    con.register("loaded_items", listed)
    con.execute(
        "DROP TABLE mmsql.interactions; CREATE TABLE mmsql.interactions AS "
        "SELECT user_id, item_id, 'buy' AS event, NULL::DOUBLE AS weight, "
        "TIMESTAMP '2014-01-01' + to_days(loaded_events.position::INTEGER) AS ts FROM loaded_events; "
        "DROP TABLE mmsql.items; CREATE TABLE mmsql.items AS "
        "SELECT item_id, NULL::VARCHAR AS title, NULL::VARCHAR AS description, NULL::VARCHAR AS category, "
        "NULL::VARCHAR AS brand, NULL::DOUBLE AS price, true AS available, tags::VARCHAR[] AS tags FROM loaded_items"
    )
    con.unregister("loaded_events")
    con.unregister("loaded_items")


LOADERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Path], object]] = {
    "amazon_musical_instruments": load_instruments,
    "amazon_gift_cards": load_gift_cards,
    "movielens_100k": load_movielens,
    "s3rec_beauty": load_beauty,
}


def load(con: duckdb.DuckDBPyConnection, data: Path, name: str) -> None:
    """Load one data set into a file."""
    LOADERS[name](con, data / name)
