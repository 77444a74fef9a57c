"""Load one file of any shop into one source: CSV, TSV, JSON, JSON lines or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.loading import target
from mmsql.loading.images import read_pictures
from mmsql.loading.merging import keep_rows, load_rows, load_transaction
from mmsql.loading.reading import Raw, open_file
from mmsql.loading.report import LoadReport
from mmsql.loading.shape import ATTRIBUTED, make_shape, match_columns


def load_file(
    con: duckdb.DuckDBPyConnection, source: str, file: Path, mapping: Mapping[str, str] | None = None
) -> LoadReport:
    """Load a file into a source table. Loading it again changes nothing.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A writable connection that is not in a transaction.
    source : str
        ``interactions``, ``items``, ``comments``, ``images``, ``users`` or ``relations``.
    file : Path
        ``.csv``, ``.tsv``, ``.json``, ``.jsonl`` (each also ``.gz``) or ``.parquet``. Text files are UTF-8.
        Ids are texts and stay exactly as they are (``00123``), save that whole-number ids of a Parquet
        file stay whole numbers when no source holds a row yet. Times may be ISO texts or seconds, milli-,
        micro- or nanoseconds since 1970; prices may be texts such as ``$1,299.00`` or ``12,50 €``.
    mapping : mapping of str to str, optional
        The file's column → our column, for those whose names differ.

    Returns
    -------
    LoadReport
        What happened. Columns that items and users have besides ours become attribute columns.

    Raises
    ------
    OptionError
        When there is no such source.
    SourceError
        When the file as a whole cannot be loaded. The database is as it was then.
    """
    path = Path(file)
    with load_transaction(con, path, source):
        opened = open_file(con, path, typed=source in ATTRIBUTED)
        ours = target.table_columns(con, source)
        matches = match_columns(path, source, opened, mapping or {}, ours)
        notes = _adopt_ids(con, source, opened, matches.found)
        keep_rows(con, numbered=source in ATTRIBUTED)
        shape = make_shape(con, source, opened, matches)
        if source == "images":
            kind = opened.columns[matches.found[columns.IMAGE]]
            opened, shape = read_pictures(con, path, opened, shape, kind)
        report = load_rows(con, source, path, opened, shape)
    return replace(report, notes=(*notes, *report.notes))


def _adopt_ids(
    con: duckdb.DuckDBPyConnection, source: str, opened: Raw, matched: Mapping[str, str]
) -> tuple[str, ...]:
    """Make ids whole numbers where a Parquet file has them so and nothing is loaded yet."""
    notes = []
    for id_column in target.ID_COLUMNS:
        kind = opened.columns.get(matched.get(id_column, ""), "")
        held = target.table_columns(con, source).get(id_column)
        wanted = opened.kind == "parquet" and kind in target.INTEGERS and held == target.TEXT
        if wanted and target.adopt_integer_ids(con, id_column):
            notes.append(f"{id_column} is BIGINT in all sources now, as in the file")
    return tuple(notes)
