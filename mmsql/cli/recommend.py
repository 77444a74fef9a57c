"""``mmsql recommend``."""

from __future__ import annotations

from typing import Annotated

import typer

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
    category: Annotated[
        str | None,
        typer.Option(
            help="Only this category and the categories below it: Kitchen finds Kitchen > Knives.",
            show_default=False,
        ),
    ] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.", show_default=False)] = None,
    min_price: Annotated[float | None, typer.Option(help="Only from this price.", show_default=False)] = None,
    max_price: Annotated[float | None, typer.Option(help="Only up to this price.", show_default=False)] = None,
    include_unavailable: Annotated[
        bool, typer.Option("--include-unavailable", help="Include items that are not available.")
    ] = False,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Include items that the user had before.")
    ] = False,
    exclude_events: Annotated[
        str | None,
        typer.Option(
            metavar="EVENT,EVENT,…",
            help="Exclude only items that the user had such an event with, such as buy.",
            show_default=False,
        ),
    ] = None,
    per_category: Annotated[
        int | None, typer.Option(help="Largest number of items of one category.", show_default=False)
    ] = None,
    per_brand: Annotated[
        int | None, typer.Option(help="Largest number of items of one brand.", show_default=False)
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="ITEM,ITEM,…",
            help="Only these items; put an id with a comma in double quotes.",
            show_default=False,
        ),
    ] = None,
    diversity: Annotated[
        float, typer.Option(help="From 0, ranking by score alone, to 1, the least similar items.")
    ] = 0,
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
