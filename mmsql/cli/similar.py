"""``mmsql similar``."""

from __future__ import annotations

from typing import Annotated

import typer

from mmsql import columns
from mmsql.cli.opening import reading
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
            help="What counts: all together, what users did, comments, descriptions, images, attributes, relations.",
        ),
    ] = columns.FUSED,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """List the items most like an item, or most often wanted after it.

    Where nothing leads from the item, what is popular fills the list; the column source says so.

    Example: `mmsql similar shop.duckdb P0001 --modality comment`
    """
    statement = "FROM mmsql.similar_items($item, k := $k, modality := $modality)"
    with reading(database) as con:
        rows = query(con, statement, {"item": item, "k": k, "modality": modality})
    emit(rows, output_format)
    if not rows.values:
        say("The catalog has no other item.")
