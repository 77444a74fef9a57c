"""The rows of the demo shop in the source tables of a file."""

from __future__ import annotations

from contextlib import ExitStack

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.db.queries import transaction
from mmsql.db.sqlfiles import quote_identifier
from mmsql.demo.catalog import Catalog, make_catalog
from mmsql.demo.comments import Comments, make_comments
from mmsql.demo.events import EVENTS, START, WEIGHTS, Events, make_events
from mmsql.demo.images import draw_images
from mmsql.demo.users import Users, make_users
from mmsql.errors import OptionError, SourceError

ATTRIBUTES = {
    "items": ("colour", "material", "style", "collection", "size"),
    "users": ("age_group", "city", "language"),
}
MAX_SIZE = 1_000_000


def make_shop(con: duckdb.DuckDBPyConnection, *, items: int = 600, users: int = 1500, seed: int = 7) -> None:
    """Fill the source tables with a synthetic shop: products, users, eighteen months of events, comments, images.

    Preferences are stable. Purchases lead to follow-up purchases in one direction: from a tent to a sleeping bag, not
    back. Popularity is skewed, some products have no events, and a few users have one event. Comments are true about
    their product; three users in twenty write in Chinese.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a file with the mmsql schema, whose source tables are tables and empty. ``items`` and
        ``users`` get attribute columns.
    items, users : int
        Number of products and of users, at least 1.
    seed : int
        Not negative. Same seed and sizes, same shop.

    Raises
    ------
    OptionError
        When a size or the seed is out of range.
    SourceError
        When a source is a view or has rows already.
    """
    _check_options(items, users, seed)
    _check_sources(con)
    catalog = make_catalog(items, seed)
    people = make_users(catalog, users, seed)
    events = make_events(catalog, people, seed)
    comments = make_comments(catalog, people, events, seed)
    sources = {
        "items": items_table(catalog),
        "users": users_table(people),
        "interactions": interactions_table(catalog, people, events),
        "comments": comments_table(catalog, people, comments),
        "images": images_table(catalog, draw_images(catalog, seed)),
    }
    with transaction(con), ExitStack() as views:
        for source, table in sources.items():
            for attribute in ATTRIBUTES.get(source, ()):
                con.execute(
                    f"ALTER TABLE mmsql.{quote_identifier(source)} "
                    f"ADD COLUMN IF NOT EXISTS {quote_identifier(attribute)} VARCHAR"
                )
            con.register(f"demo_{source}", table)
            views.callback(con.unregister, f"demo_{source}")
            con.execute(f"INSERT INTO mmsql.{quote_identifier(source)} BY NAME SELECT * FROM demo_{source}")


def _check_options(items: int, users: int, seed: int) -> None:
    for name, value in (("items", items), ("users", users)):
        if not isinstance(value, int) or not 1 <= value <= MAX_SIZE:
            raise OptionError(f"{name} must be a whole number from 1 to {MAX_SIZE}; {value!r} was given.")
    if not isinstance(seed, int) or seed < 0:
        raise OptionError(f"seed must be a whole number of at least 0; {seed!r} was given.")


def _check_sources(con: duckdb.DuckDBPyConnection) -> None:
    views = con.execute(
        "SELECT v.view_name FROM duckdb_views() v "
        "WHERE v.schema_name = 'mmsql' AND v.database_name = current_database()"
    ).fetchall()
    for source in ("items", "users", "interactions", "comments", "images"):
        if (source,) in views:
            raise SourceError(
                f"mmsql.{source} is a view over your own tables, but the demo shop fills tables. "
                f"Run `mmsql demo demo.duckdb` to create it in a new file."
            )
        if con.execute(f"SELECT count(*) FROM mmsql.{quote_identifier(source)}").fetchall()[0][0]:
            raise SourceError(
                f"mmsql.{source} already has rows, and the demo shop would mix with them. "
                f"Run `mmsql demo demo.duckdb` to create it in a new file."
            )


def items_table(catalog: Catalog) -> pa.Table:
    """Return the rows of ``mmsql.items``: one row a product, with its attributes."""
    goods = catalog.items
    return pa.table(
        {
            "item_id": [item.item_id for item in goods],
            "title": [item.title for item in goods],
            "description": pa.array([item.description for item in goods], pa.string()),
            "category": [item.category.path for item in goods],
            "brand": [item.brand.name for item in goods],
            "price": pa.array([item.price for item in goods], pa.float64()),
            "available": [item.available for item in goods],
            "colour": [item.colour for item in goods],
            "material": [item.material for item in goods],
            "style": [item.style for item in goods],
            "collection": [item.series for item in goods],
            "size": pa.array([item.size or None for item in goods], pa.string()),
        }
    )


def users_table(users: Users) -> pa.Table:
    """Return the rows of ``mmsql.users``."""
    return pa.table(
        {
            "user_id": users.ids,
            "age_group": users.age_group,
            "city": users.city,
            "language": users.language,
        }
    )


def interactions_table(catalog: Catalog, users: Users, events: Events) -> pa.Table:
    """Return the rows of ``mmsql.interactions``, oldest first."""
    order = np.argsort(events.timestamp, kind="stable")
    event_type = events.event_type[order]
    return pa.table(
        {
            "user_id": pa.array(np.array(users.ids, dtype=object)[events.user[order]], pa.string()),
            "item_id": pa.array(_item_ids(catalog)[events.item[order]], pa.string()),
            "event": pa.array(np.array(EVENTS, dtype=object)[event_type], pa.string()),
            "weight": np.array(WEIGHTS)[event_type],
            "ts": _timestamps(events.timestamp[order]),
        }
    )


def comments_table(catalog: Catalog, users: Users, comments: Comments) -> pa.Table:
    """Return the rows of ``mmsql.comments``, oldest first."""
    timestamps = np.array(comments.timestamp, dtype=np.int64)
    order = np.argsort(timestamps, kind="stable")
    return pa.table(
        {
            "item_id": pa.array(_item_ids(catalog)[[comments.item[n] for n in order]], pa.string()),
            "user_id": pa.array([users.ids[comments.user[n]] for n in order], pa.string()),
            "body": pa.array([comments.body[n] for n in order], pa.string()),
            "rating": pa.array([comments.rating[n] for n in order], pa.float64()),
            "ts": _timestamps(timestamps[order]),
        }
    )


def images_table(catalog: Catalog, pictures: list[bytes]) -> pa.Table:
    """Return the rows of ``mmsql.images``: one PNG a product."""
    return pa.table({"item_id": _item_ids(catalog), "image": pa.array(pictures, pa.binary())})


def _item_ids(catalog: Catalog) -> np.ndarray:
    return np.array([item.item_id for item in catalog.items], dtype=object)


def _timestamps(timestamps: np.ndarray) -> pa.Array:
    """Convert seconds from the start of the simulation to timestamps."""
    return pa.array(np.datetime64(START, "us") + timestamps.astype("timedelta64[s]"), pa.timestamp("us"))
