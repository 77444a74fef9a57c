"""``mmsql recommend-all``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmsql.cli import options
from mmsql.cli.connections import reading
from mmsql.cli.options import Database, ListLength, OutputFormat, id_list
from mmsql.cli.output import Format, columns_of, emit, rows_of
from mmsql.jobs.results import ListFileResult

COLUMNS = columns_of(ListFileResult)


def recommend_all(
    database: Database,
    out: Annotated[
        Path, typer.Argument(metavar="OUT.parquet", help="The file to create or replace.", show_default=False)
    ],
    k: ListLength = 10,
    category: options.Category = None,
    brand: options.Brand = None,
    min_price: options.MinPrice = None,
    max_price: options.MaxPrice = None,
    include_unavailable: options.IncludeUnavailable = False,
    include_seen: options.IncludeSeen = False,
    exclude_events: options.ExcludeEvents = None,
    per_category: options.PerCategory = None,
    per_brand: options.PerBrand = None,
    candidates: options.Candidates = None,
    diversity: options.Diversity = 0,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Write the lists of all users with an event to a Parquet file.

    Columns are user_id, rank, item_id and score, as of `mmsql.recommend_each`. The lists of some thousand users are
    in memory at a time. An earlier file is replaced when the new one is complete.

    Example: `mmsql recommend-all shop.duckdb lists.parquet -k 20`
    """
    from mmsql.jobs.list_files import write_lists

    given = {
        "k": k,
        "exclude_seen": not include_seen,
        "category": category,
        "brand": brand,
        "min_price": min_price,
        "max_price": max_price,
        "only_available": not include_unavailable,
        "exclude_events": id_list(exclude_events),
        "per_category": per_category,
        "per_brand": per_brand,
        "candidates": id_list(candidates),
        "diversity": diversity,
    }
    with reading(database) as con:
        result = write_lists(con, out, given)
    emit(rows_of(COLUMNS, [result]), output_format)
