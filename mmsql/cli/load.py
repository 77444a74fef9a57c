"""``mmsql load amazon-reviews | movielens | file``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmsql import columns
from mmsql.cli.connections import writing
from mmsql.cli.options import Database, OutputFormat, one_of, pairs, summary
from mmsql.cli.output import Format, emit, rows_of, say
from mmsql.errors import SourceError

if TYPE_CHECKING:
    from mmsql.loading.report import LoadReport

COLUMNS = ("source", "file", "read", "loaded", "unchanged", "updated", "rejected", "flawed")
SOURCES = tuple(columns.SOURCES)

app = typer.Typer(
    name="load",
    no_args_is_help=True,
    short_help="Load files into the sources.",
    help="""Load files into the sources; the database is created where it does not exist.

    Loading a file twice changes nothing. A row that cannot be used goes to the table mmsql.rejects with the reason. A
    file that cannot be read at all changes nothing. The answer has one row a source. It counts each row as loaded,
    unchanged, updated or rejected; flawed rows were loaded without a field that could not be read.""",
)


def amazon_reviews(
    database: Database,
    reviews: Annotated[
        Path,
        typer.Argument(metavar="REVIEWS", help="Reviews: .json or .jsonl, with gzip or without.", show_default=False),
    ],
    meta: Annotated[Path | None, typer.Option(help="Product metadata of the same year.", show_default=False)] = None,
    relations: Annotated[
        bool,
        typer.Option(
            "--relations/--no-relations",
            help="Whether links to other products become relations; leave them out for evaluations.",
        ),
    ] = True,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Load Amazon reviews, as published in 2014, 2018 and 2023.

    A review becomes an event and a comment. With --meta, products become items, and the links also bought, also
    viewed, bought together and bought after viewing become relations.

    Example: `mmsql load amazon-reviews shop.duckdb Gift_Cards.jsonl.gz --meta meta_Gift_Cards.jsonl.gz`
    """
    _must_exist(reviews, meta)
    with writing(database, create=True) as con:
        from mmsql.loading.amazon import load_amazon_reviews

        _answer(load_amazon_reviews(con, reviews, meta, relations=relations), database, output_format)


def movielens(
    database: Database,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The unpacked folder.", show_default=False)],
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Load a folder of MovieLens: .inter, .item and .user files of RecBole, or the files of GroupLens.

    Of GroupLens, the command reads ratings.csv with movies.csv, and the older u.data or ratings.dat. From
    plots.parquet and posters.zip in the folder it reads descriptions and images.

    Example: `mmsql load movielens movies.duckdb ml-100k`
    """
    _must_exist(directory)
    with writing(database, create=True) as con:
        from mmsql.loading.movielens import load_movielens

        _answer(load_movielens(con, directory), database, output_format)


def file(
    database: Database,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help=f"The source to load into: {', '.join(SOURCES)}.",
            callback=one_of(SOURCES),
            show_default=False,
        ),
    ],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Delimited lines, JSON or JSON lines (each also .gz), or Parquet; text is UTF-8.",
            show_default=False,
        ),
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="THEIR_COLUMN=OUR_COLUMN",
            help="A column of the file and our name for it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAME,NAME,…",
            help="The names of the columns, in order, of a text file without a header line.",
            show_default=False,
        ),
    ] = None,
    keep_na: Annotated[
        bool, typer.Option("--keep-na", help="Take ids such as NA, NULL or nan as ids, not as missing.")
    ] = False,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first",
            help="The order of day and month in dates such as 03/04/2024; by default the file decides.",
            show_default=False,
        ),
    ] = None,
    properties: Annotated[
        bool,
        typer.Option(
            "--properties",
            help="The file has one property a row: an id, property, value, and ts where values change.",
        ),
    ] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Load one file of any shop into one source.

    Columns with our names need no --map. Times may be texts of any common form, or seconds, milli-, micro- or
    nanoseconds since 1970. Prices may be texts. Further columns of items and users become attributes.

    Example: `mmsql load file shop.duckdb interactions orders.csv --map customer=user_id --map sku=item_id`
    """
    chosen = pairs(mapping, "--map", "THEIR_COLUMN=OUR_COLUMN")
    listed = None if names is None else [name.strip() for name in names.split(",")]
    _must_exist(path)
    with writing(database, create=True) as con:
        from mmsql.loading.single_file import load_file

        report = load_file(
            con, source, path, chosen, names=listed, keep_na=keep_na, day_first=day_first, properties=properties
        )
        _answer([report], database, output_format)


for name, command in (("amazon-reviews", amazon_reviews), ("movielens", movielens), ("file", file)):
    app.command(name, short_help=summary(command))(command)


def _must_exist(*paths: Path | None) -> None:
    """Raise where a file is missing, before a database is created for it."""
    for path in paths:
        if path is not None and not path.exists():
            raise SourceError(f"There is no {path}. Nothing was loaded; check the name and the folder it is in.")


def _answer(reports: Sequence[LoadReport], database: Path, output_format: Format) -> None:
    emit(rows_of(COLUMNS, reports), output_format)
    for report in reports:
        for note in report.notes:
            say(f"{report.source}: {note}.")
    if any(report.rejected or report.flawed for report in reports):
        say(f"Rows that could not be used are in mmsql.rejects of {database}, each with its reason.")
