"""``mmsql similar``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql import columns
from mmsql.cli.connections import reading
from mmsql.cli.options import Database, ListLength, OutputFormat, one_of
from mmsql.cli.output import Format, emit, query, say

MODALITIES = (
    columns.FUSED,
    columns.BEHAVIOR,
    columns.COMMENT,
    columns.TEXT,
    columns.IMAGE,
    columns.ATTRIBUTE,
    columns.RELATION,
)


def similar(
    database: Database,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item id.", show_default=False)],
    k: ListLength = 10,
    modality: Annotated[
        str,
        typer.Option(
            metavar="|".join(MODALITIES),
            callback=one_of(MODALITIES),
            help="Edges to use: all, or those of behavior, comments, texts, images, attributes or relations.",
        ),
    ] = columns.FUSED,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """List the items most similar to an item, or most often wanted after it.

    Popular items fill the list where the item has too few edges; the column source shows this.

    Example: `mmsql similar shop.duckdb P0001 --modality comment`
    """
    statement = "FROM mmsql.similar_items($item, k := $k, modality := $modality)"
    with reading(database) as con:
        rows = query(con, statement, {"item": item, "k": k, "modality": modality})
    emit(rows, output_format)
    if not rows.values:
        say("The catalog has no other item.")
