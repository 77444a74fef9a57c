"""``mmsql recommend``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql.cli.opening import reading
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
            help="Only this category, or what lies below it: Kitchen finds Kitchen > Knives.",
            show_default=False,
        ),
    ] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.", show_default=False)] = None,
    min_price: Annotated[float | None, typer.Option(help="Only from this price on.", show_default=False)] = None,
    max_price: Annotated[float | None, typer.Option(help="Only up to this price.", show_default=False)] = None,
    include_unavailable: Annotated[
        bool, typer.Option("--include-unavailable", help="Also what cannot be had at the moment.")
    ] = False,
    include_seen: Annotated[bool, typer.Option("--include-seen", help="Also what the user has had already.")] = False,
    exclude_events: Annotated[
        str | None,
        typer.Option(
            metavar="EVENT,EVENT,…",
            help="Leave out only what the user had such an event with, such as buy.",
            show_default=False,
        ),
    ] = None,
    per_category: Annotated[
        int | None, typer.Option(help="At most so many items of one category.", show_default=False)
    ] = None,
    per_brand: Annotated[
        int | None, typer.Option(help="At most so many items of one brand.", show_default=False)
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="ITEM,ITEM,…",
            help="Only these items; an id that has a comma stands in double quotes.",
            show_default=False,
        ),
    ] = None,
    diversity: Annotated[
        float, typer.Option(help="From 0, by score alone, to 1: spread the list over items unlike each other.")
    ] = 0,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Recommend the items a user is most likely to want next.

    Events that came after training count at once. Filters apply before the list is cut, so that k items
    come back whenever k qualify. A user never seen gets what is popular; the column source says so. The same
    in SQL: `FROM mmsql.recommend('U0001', k := 5)`.

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
