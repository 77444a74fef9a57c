"""Load Amazon reviews in their published form: the files of 2014, 2018 and 2023, compressed or not.

A review becomes an event ``rate`` with weight rating / 5, and a comment of headline and text. An item of the 2023
files is its ``parent_asin``, as in the metadata. The product metadata of 2014 are Python dicts instead of JSON and
are read too. Their links to other products, such as ``also_buy``, become relations. Amazon counted these links over
all time, so they know some events that an evaluation holds out. The report says so; ``relations=False`` leaves them
out, as the benchmarks do. ``average_rating`` is never loaded.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db import sqlfiles
from mmsql.errors import SourceError
from mmsql.loading import file_checks, source_tables
from mmsql.loading.merging import explained, keep_rows, load_rows, load_transaction
from mmsql.loading.parsed_file import ParsedFile
from mmsql.loading.parsing import open_json_lines
from mmsql.loading.report import LoadReport
from mmsql.loading.row_mapping import Matches, RowMapping, column, make_row_mapping

BEST_RATING = 5.0
SAMPLE_LINES = 1000  # lines whose fields identify the file
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
    "Amazon counted also bought and also viewed over all time, so an evaluation on these reviews knows some of the "
    "events that it holds out; without relations it does not"
)


def load_amazon_reviews(
    con: duckdb.DuckDBPyConnection, reviews: Path, meta: Path | None = None, *, relations: bool = True
) -> list[LoadReport]:
    """Load a file of reviews into interactions and comments, and one of products into items and relations.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A writable connection that is not in a transaction.
    reviews : Path
        ``.json`` or ``.jsonl``, with gzip or without.
    meta : Path, optional
        Product metadata of the same year.
    relations : bool
        Whether to load the links of the metadata to other products: also bought, also viewed, bought together, bought
        after viewing. Turn it off to evaluate on the reviews.

    Returns
    -------
    list of LoadReport
        One report each for interactions and comments, with ``meta`` also for items, and for relations where there are
        any. Loading the same files again changes nothing.

    Raises
    ------
    SourceError
        When a file cannot be loaded at all: it is missing, truncated, not JSON, or not of Amazon. The database is
        unchanged then.
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
    source_tables.make_id_macros(con, "interactions")
    con.execute(sqlfiles.query("loading", "amazon_reviews"))
    reports = []
    for source, view, names, scale in (
        ("interactions", "amazon_events", EVENT_COLUMNS, BEST_RATING),
        ("comments", "amazon_comments", COMMENT_COLUMNS, 1.0),
    ):
        con.execute(sqlfiles.query("loading", view))
        keep_rows(con, numbered=False)
        mapping = RowMapping(fields={name: column(name) for name in names})
        parsed = ParsedFile(kind=file_checks.JSON, columns=dict.fromkeys(names, "VARCHAR"), has_errors=True)
        reports.append(load_rows(con, source, path, parsed, mapping, scale=scale, optional=source == "comments"))
    return reports


def _load_products(con: duckdb.DuckDBPyConnection, path: Path) -> LoadReport:
    _open(con, path, PRODUCT_IDS, "products")
    con.execute(sqlfiles.query("loading", "amazon_items"))
    keep_rows(con, numbered=True)
    parsed = ParsedFile(kind=file_checks.JSON, columns=dict.fromkeys(ITEM_COLUMNS, "VARCHAR"), has_errors=True)
    matches = Matches(found={name: name for name in ITEM_COLUMNS[:-1]}, rest=ITEM_COLUMNS[-1:])
    return load_rows(con, "items", path, parsed, make_row_mapping(con, "items", parsed, matches))


def _load_relations(con: duckdb.DuckDBPyConnection, path: Path) -> list[LoadReport]:
    """Load the relations of the opened products; return no report where there are none."""
    con.execute(sqlfiles.query("loading", "amazon_relations"))
    if not con.execute("SELECT 1 FROM load_opened LIMIT 1").fetchone():
        return []
    source_tables.table_columns(con, "relations")
    keep_rows(con, numbered=False)
    mapping = RowMapping(fields={name: column(name) for name in RELATION_COLUMNS}, notes=(COUNTED_OVER_ALL_TIME,))
    parsed = ParsedFile(kind=file_checks.JSON, columns=dict.fromkeys(RELATION_COLUMNS, "VARCHAR"), has_errors=True)
    return [load_rows(con, "relations", path, parsed, mapping, optional=True)]


def _open(con: duckdb.DuckDBPyConnection, path: Path, needed: tuple[tuple[str, ...], ...], what: str) -> None:
    """Make ``load_lines``, and check that its objects have the fields of the file's kind."""
    open_json_lines(con, path, file_checks.compression_of(file_checks.check_file(path)))
    (names,) = con.execute(sqlfiles.query("loading", "json_fields"), {"sample": SAMPLE_LINES}).fetchall()[0]
    for alternatives in needed:
        if not set(alternatives) & set(names):
            raise SourceError(
                f"{path} does not look like Amazon {what}: it has no field {' or '.join(alternatives)}. "
                f"It has: {', '.join(names)}. {_advice(names)}"
            )


def _advice(names: list[str]) -> str:
    if {"asin", "parent_asin"} & set(names):
        return "Pass product metadata with --meta: `mmsql load amazon-reviews DB REVIEWS --meta META`."
    return "Load other files with `mmsql load file DB SOURCE FILE --map their_column=our_column`."
