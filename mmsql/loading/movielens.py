"""Load a directory of MovieLens files, in any of the published forms.

* RecBole: ``NAME.inter``, ``NAME.item``, ``NAME.user``, tab-separated, with headers like ``user_id:token``.
* GroupLens: ``ratings.csv``, ``movies.csv``, ``tags.csv``; or, as in ml-1m, ``ratings.dat``, ``movies.dat``,
  ``users.dat`` and ``tags.dat`` with ``::`` between fields; or, as in ml-100k, ``u.data``, ``u.item`` and
  ``u.user``.

A rating becomes an event ``rate`` with weight rating / highest rating of the file; a tag becomes a comment.
The first genre is the item's category, and all genres are the attribute ``genres``. In every form,
``plots.parquet`` has descriptions and ``posters.zip`` has images named ``ITEM_ID.jpg``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db.sqlfiles import quote_literal
from mmsql.errors import SourceError
from mmsql.loading.image_files import read_zip
from mmsql.loading.merging import explained, fit_table, keep_rows, load_rows, load_transaction
from mmsql.loading.movielens_files import GENRE_FLAGS, GENRES, MovieLensFile, find_files, open_movielens_file
from mmsql.loading.parsed_file import ParsedFile
from mmsql.loading.parsing import open_parquet
from mmsql.loading.report import LoadReport
from mmsql.loading.row_mapping import ROW, Matches, RowMapping, attributes_of, column, make_row_mapping

YEAR = "release_year"
# Names that differ between the forms, and our names.
NAMES = {
    "userid": columns.USER,
    "movieid": columns.ITEM,
    "movie_title": columns.TITLE,
    "timestamp": columns.TS,
    "tag": columns.BODY,
    "class": GENRES,
    "genre": GENRES,
}
PLOTS = ("plot", "description", "overview", "summary")


def load_movielens(con: duckdb.DuckDBPyConnection, directory: Path) -> list[LoadReport]:
    """Load a directory of MovieLens files into interactions, items, users, comments and images.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A writable connection that is not in a transaction.
    directory : Path
        The files of one form; ratings are required, the others are optional.

    Returns
    -------
    list of LoadReport
        One for each file. Loading the same directory again changes nothing.

    Raises
    ------
    SourceError
        When there are no ratings, or a file cannot be loaded at all. The database is unchanged then.
    """
    directory = Path(directory)
    files = find_files(directory)
    plots, posters = directory / "plots.parquet", directory / "posters.zip"
    sources = [file.source for file in files]
    sources += ["items"] * plots.exists() + ["images"] * posters.exists()
    reports = []
    with load_transaction(con, directory, *dict.fromkeys(sources)):
        if plots.exists():  # add columns before rows are replaced, see ensure_columns
            with explained(plots):
                _, mapping = _open_plots(con, plots)
                fit_table(con, "items", mapping)
        for file in files:
            with explained(file.path):
                reports.append(_load_file(con, file))
        if plots.exists():
            with explained(plots):
                reports.append(load_rows(con, "items", plots, *_open_plots(con, plots)))
        if posters.exists():
            with explained(posters):
                reports.append(load_rows(con, "images", posters, *read_zip(con, posters)))
    return reports


def _load_file(con: duckdb.DuckDBPyConnection, file: MovieLensFile) -> LoadReport:
    parsed = open_movielens_file(con, file)
    keep_rows(con, numbered=True)
    names = {_our_name(their): their for their in parsed.columns if their not in file.layout.ignored}
    source = file.source
    needed = [name for name in columns.REQUIRED[source] if name not in names]
    if needed:
        raise SourceError(
            f"{file.path} has no column {' and no column '.join(needed)}. It has: {', '.join(parsed.columns)}."
        )
    if file.holds == "ratings":
        return _load_ratings(con, file, parsed, names)
    if file.holds == "movies":
        return load_rows(con, source, file.path, parsed, _movie_mapping(con, file, parsed, names))
    rest = tuple(name for name in names if name not in columns.SOURCES[source])
    found = {name: their for name, their in names.items() if name not in rest}
    if file.holds == "users":
        mapping = make_row_mapping(con, source, parsed, Matches(found=found))
        return load_rows(
            con, source, file.path, parsed, replace(mapping, attributes=_attributes(con, parsed, names, rest))
        )
    return load_rows(
        con, source, file.path, parsed, make_row_mapping(con, source, parsed, Matches(found=found, rest=rest))
    )


def _our_name(their: str) -> str:
    name = their.partition(":")[0].strip().lower()
    return NAMES.get(name, name)


def _load_ratings(
    con: duckdb.DuckDBPyConnection, file: MovieLensFile, parsed: ParsedFile, names: dict[str, str]
) -> LoadReport:
    fields = {name: column(names[name]) for name in (columns.USER, columns.ITEM, columns.TS) if name in names}
    fields[columns.EVENT] = "'view'"
    highest = None
    if columns.RATING in names:
        fields |= {columns.EVENT: "'rate'", columns.WEIGHT: column(names[columns.RATING])}
        (highest,) = con.execute(f"SELECT max(load_number({fields[columns.WEIGHT]})) FROM load_raw {ROW}").fetchall()[
            0
        ]
    rest = [their for name, their in names.items() if name not in (*fields, columns.RATING)]
    notes = (f"ignored columns: {', '.join(rest)}",) if rest else ()
    scale = highest if highest and highest > 0 else 1.0
    mapping = RowMapping(fields=fields, notes=notes)
    return load_rows(con, "interactions", file.path, parsed, mapping, scale=scale)


def _movie_mapping(
    con: duckdb.DuckDBPyConnection, file: MovieLensFile, parsed: ParsedFile, names: dict[str, str]
) -> RowMapping:
    fields = {name: column(names[name]) for name in columns.SOURCES["items"] if name in names}
    flags = {name.lower(): name for name in GENRE_FLAGS if name in parsed.columns}
    further = [name for name in names if name not in (*fields, GENRES, *flags)]
    attributes = _attributes(con, parsed, names, further)
    if columns.TITLE in names and YEAR not in names:
        title = column(names[columns.TITLE])
        fields[columns.TITLE] = f"load_movie_title({title})"
        attributes[YEAR] = (f"load_movie_year({title})", "BIGINT")
    if GENRES in names or flags:
        text = column(names[GENRES]) if GENRES in names else _flagged(flags.values())
        genres = f"load_genres({text}, {quote_literal(file.layout.genre_separator)})"
        fields.setdefault(columns.CATEGORY, f"{genres}[1]")
        attributes[GENRES] = (genres, "VARCHAR[]")
    checked = {YEAR: column(names[YEAR])} if YEAR in attributes and YEAR in names else {}
    attributes |= {name: (f"TRY_CAST({text} AS BIGINT)", "BIGINT") for name, text in checked.items()}
    return RowMapping(fields=fields, attributes=attributes, checked=checked)


def _flagged(names: Iterable[str]) -> str:
    """Return SQL for the names of the columns that hold 1, joined by ``|``."""
    cases = (f"CASE WHEN {column(name)} = '1' THEN {quote_literal(name)} END" for name in names)
    return f"concat_ws('|', {', '.join(cases)})"


def _attributes(
    con: duckdb.DuckDBPyConnection, parsed: ParsedFile, names: dict[str, str], further: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Map further columns to attributes: lists where RecBole's header says so, otherwise typed by their values."""
    lists = [name for name in further if names[name].endswith(":token_seq")]
    others = {name: names[name] for name in further if name not in lists}
    result = attributes_of(con, parsed, others)
    return result | {name: (f"load_genres({column(names[name])}, ' ')", "VARCHAR[]") for name in lists}


def _open_plots(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[ParsedFile, RowMapping]:
    """Make ``load_raw`` of plots.parquet, with a text for each item; return it with the mapping of its columns."""
    parsed = open_parquet(con, path)
    keep_rows(con, numbered=True)
    plot = next((name for name in PLOTS if name in parsed.columns), None)
    if plot is None or columns.ITEM not in parsed.columns:
        raise SourceError(
            f"{path} needs a column item_id and one of {', '.join(PLOTS)}. It has: {', '.join(parsed.columns)}."
        )
    rest = tuple(name for name in parsed.columns if name not in (columns.ITEM, plot, "director"))
    matches = Matches(found={columns.ITEM: columns.ITEM, columns.DESCRIPTION: plot}, rest=rest)
    mapping = make_row_mapping(con, "items", parsed, matches)
    if parsed.columns.get("director") == "VARCHAR":
        directors = {"director": (f"load_genres({column('director')}, ', ')", "VARCHAR[]")}
        mapping = replace(mapping, attributes=directors | mapping.attributes)
    return parsed, mapping
