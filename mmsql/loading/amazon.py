"""Load Amazon reviews as they are published: the files of 2014, 2018 and 2023, packed or not.

A review becomes an event ``rate`` with weight rating / 5, and a comment: headline and text in one. In the
2023 files an item is its ``parent_asin``, by which the metadata goes. The product metadata of 2014 are
Python dicts rather than JSON; they are read too. What they say of other products, such as ``also_buy``,
becomes relations. It was counted over all time and knows some of the events that an evaluation keeps back: the
report says so, ``relations=False`` leaves it out, and the benchmarks do. ``average_rating`` is never loaded.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.errors import SourceError
from mmsql.loading import files_on_disk as disk
from mmsql.loading import target
from mmsql.loading.merging import explained, keep_rows, load_rows, load_transaction
from mmsql.loading.reading import Raw, open_json_lines
from mmsql.loading.report import LoadReport
from mmsql.loading.shape import Matches, Shape, column, make_shape

BEST_RATING = 5.0
LOOKED_AT = 1000  # lines whose fields tell whether a file is what it should be
REVIEW_IDS = (("reviewerID", "user_id"), ("asin", "parent_asin"))
PRODUCT_IDS = (("asin", "parent_asin"),)
EVENT_COLUMNS = columns.SOURCES["interactions"]
COMMENT_COLUMNS = columns.SOURCES["comments"]
ITEM_COLUMNS = (
    columns.ITEM,
    columns.TITLE,
    columns.DESCRIPTION,
    columns.CATEGORY,
    columns.BRAND,
    columns.PRICE,
    "main_category",
)
RELATION_COLUMNS = (columns.ITEM, columns.RELATED, columns.RELATION)
COUNTED_OVER_ALL_TIME = (
    "what was also bought or viewed was counted over all time, so an evaluation on these reviews sees a little of "
    "what it keeps back; without relations it does not"
)


def load_amazon_reviews(
    con: duckdb.DuckDBPyConnection, reviews: Path, meta: Path | None = None, *, relations: bool = True
) -> list[LoadReport]:
    """Load a file of reviews into interactions and comments, and one of product metadata into items and relations.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A writable connection that is not in a transaction.
    reviews : Path
        ``.json``, ``.jsonl``, packed with gzip or not.
    meta : Path, optional
        Product metadata of the same year.
    relations : bool
        Whether to load what the metadata say of other products: also bought, also viewed, bought together, bought
        after viewing. Turn it off to evaluate on the reviews.

    Returns
    -------
    list of LoadReport
        For interactions, comments and, with ``meta``, items, and relations where it has any. Loading the same files
        again changes nothing.

    Raises
    ------
    SourceError
        When a file as a whole cannot be loaded: it is missing, truncated, not JSON, or about something
        else. The database is as it was then.
    """
    reviews = Path(reviews)
    sources = ("interactions", "comments", *(("items",) if meta else ()))
    with load_transaction(con, reviews, *sources):
        reports = _load_reviews(con, reviews)
        if meta:
            with explained(Path(meta)):
                reports.append(_load_products(con, Path(meta)))
                if relations:
                    reports += _load_relations(con, Path(meta))
    return reports


def _load_reviews(con: duckdb.DuckDBPyConnection, path: Path) -> list[LoadReport]:
    _open(con, path, REVIEW_IDS, "reviews")
    target.make_id_macros(con, "interactions")
    con.execute(sqlfiles.query("loading", "amazon_reviews"))
    reports = []
    for source, view, names, scale in (
        ("interactions", "amazon_events", EVENT_COLUMNS, BEST_RATING),
        ("comments", "amazon_comments", COMMENT_COLUMNS, 1.0),
    ):
        con.execute(sqlfiles.query("loading", view))
        keep_rows(con, numbered=False)
        shape = Shape(fields={name: column(name) for name in names})
        raw = Raw(kind=disk.JSON, columns=dict.fromkeys(names, "VARCHAR"), bad=True)
        reports.append(load_rows(con, source, path, raw, shape, scale=scale, optional=source == "comments"))
    return reports


def _load_products(con: duckdb.DuckDBPyConnection, path: Path) -> LoadReport:
    _open(con, path, PRODUCT_IDS, "products")
    con.execute(sqlfiles.query("loading", "amazon_items"))
    keep_rows(con, numbered=True)
    raw = Raw(kind=disk.JSON, columns=dict.fromkeys(ITEM_COLUMNS, "VARCHAR"), bad=True)
    matches = Matches(found={name: name for name in ITEM_COLUMNS[:-1]}, rest=ITEM_COLUMNS[-1:])
    return load_rows(con, "items", path, raw, make_shape(con, "items", raw, matches))


def _load_relations(con: duckdb.DuckDBPyConnection, path: Path) -> list[LoadReport]:
    """Load relations from the products that :func:`_load_products` has opened; no report where there are none."""
    con.execute(sqlfiles.query("loading", "amazon_relations"))
    if not con.execute("SELECT 1 FROM load_opened LIMIT 1").fetchone():
        return []
    target.table_columns(con, "relations")
    keep_rows(con, numbered=False)
    shape = Shape(fields={name: column(name) for name in RELATION_COLUMNS}, notes=(COUNTED_OVER_ALL_TIME,))
    raw = Raw(kind=disk.JSON, columns=dict.fromkeys(RELATION_COLUMNS, "VARCHAR"), bad=True)
    return [load_rows(con, "relations", path, raw, shape, optional=True)]


def _open(con: duckdb.DuckDBPyConnection, path: Path, needed: tuple[tuple[str, ...], ...], what: str) -> None:
    """Make ``load_lines`` and check that the objects in it have the fields they should."""
    open_json_lines(con, path, disk.compression_of(disk.check_file(path)))
    (names,) = con.execute(sqlfiles.query("loading", "json_fields"), {"sample": LOOKED_AT}).fetchall()[0]
    for alternatives in needed:
        if not set(alternatives) & set(names):
            raise SourceError(
                f"{path} does not look like Amazon {what}: it has no field {' or '.join(alternatives)}. "
                f"It has: {', '.join(names)}. {_advice(names)}"
            )


def _advice(names: list[str]) -> str:
    if {"asin", "parent_asin"} & set(names):
        return "Product metadata go behind --meta: `mmsql load amazon-reviews DB REVIEWS --meta META`."
    return "Load other files with `mmsql load file DB SOURCE FILE --map their_column=our_column`."
