"""``mmsql recommend``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli import options
from mmsql.cli.connections import reading
from mmsql.cli.options import Database, ListLength, OutputFormat, id_list
from mmsql.cli.output import Format, emit, query, say

QUERY = """
FROM mmsql.recommend(
    $user, k := $k, exclude_seen := $exclude_seen, category := $category, brand := $brand,
    min_price := $min_price, max_price := $max_price, only_available := $only_available,
    exclude_events := $exclude_events, per_category := $per_category, per_brand := $per_brand,
    candidates := $candidates, diversity := $diversity
)
"""


def recommend(
    database: Database,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user id.", show_default=False)],
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
    """Recommend the items that a user is most likely to want next.

    Events after training count at once. Filters apply before the list is cut, so that k items come back whenever k
    qualify. An unknown user gets popular items; the column source shows this. The same in SQL:
    `FROM mmsql.recommend('U0001', k := 5)`.

    Example: `mmsql recommend shop.duckdb U0001 -k 5 --max-price 50 --format json`
    """
    parameters = {
        "user": user,
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
        rows = query(con, QUERY, parameters)
    emit(rows, output_format)
    if not rows.values:
        say("No item qualifies.")
