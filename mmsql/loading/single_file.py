"""Load one file into one source: CSV, TSV, JSON, JSON lines or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db.id_columns import widen_ids
from mmsql.db.sqlfiles import quote_identifier
from mmsql.loading import source_tables
from mmsql.loading.image_files import read_pictures
from mmsql.loading.merging import keep_rows, load_rows, load_transaction
from mmsql.loading.parsed_file import ParsedFile
from mmsql.loading.parsing import open_file
from mmsql.loading.property_files import load_properties
from mmsql.loading.report import LoadReport
from mmsql.loading.row_mapping import ATTRIBUTE_SOURCES, IDS, RowMapping, make_row_mapping, match_columns
from mmsql.loading.time_forms import settle_times

BIGINT_END = 2**63


def load_file(
    con: duckdb.DuckDBPyConnection,
    source: str,
    file: Path,
    mapping: Mapping[str, str] | None = None,
    *,
    names: Sequence[str] | None = None,
    keep_na: bool = False,
    day_first: bool | None = None,
    properties: bool = False,
) -> LoadReport:
    """Load a file into a source table. Loading it again changes nothing.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A writable connection that is not in a transaction.
    source : str
        ``interactions``, ``items``, ``comments``, ``images``, ``users`` or ``relations``.
    file : Path
        Delimited lines (``.csv``, ``.tsv``, ``.txt``, ``.dat``, ``.log`` …), JSON (``.json``, ``.jsonl``), each also
        ``.gz``, or ``.parquet``. Text files are UTF-8. The delimiter (comma, semicolon, tab, ``|``, ``::`` or
        Ctrl-A), the line ends and the quoting are found by looking at the whole file.
        Ids are texts and keep their form (``00123``). Only whole-number ids of a Parquet file stay whole numbers,
        where no source holds a row yet; they become texts as soon as a file has other ids. Times may be ISO texts, or
        seconds, milli-, micro- or nanoseconds since 1970.
        Prices may be texts such as ``$1,299.00`` or ``12,50 €``.
    mapping : mapping of str to str, optional
        The file's column → our column, where the names differ.
    names : sequence of str, optional
        Names of the columns in their order, where a text file has no header line.
    keep_na : bool
        Whether words such as ``NA``, ``NULL`` or ``nan`` are ids. By default, such an id is missing.
    day_first : bool, optional
        Whether the day comes before the month in dates such as ``03/04/2024``; by default the file decides.
    properties : bool
        Whether the file has one property a row: ``item_id`` or ``user_id``, ``property``, ``value``, and ``ts`` if
        values change. Each property becomes a column, with its latest value.

    Returns
    -------
    LoadReport
        The counts of the load. Further columns of items and users become attribute columns.

    Raises
    ------
    OptionError
        When there is no such source.
    SourceError
        When the file cannot be loaded at all. The database is unchanged then.
    """
    path = Path(file)
    with load_transaction(con, path, source):
        opened = open_file(con, path, typed=source in ATTRIBUTE_SOURCES and not properties, names=names)
        if properties:
            return load_properties(con, source, path, opened, mapping or {}, keep_na=keep_na)
        ours = source_tables.table_columns(con, source)
        matches = match_columns(path, source, opened, mapping or {}, ours)
        notes = _adopt_ids(con, source, opened, matches.found)
        keep_rows(con, numbered=source in ATTRIBUTE_SOURCES)
        row_mapping = make_row_mapping(con, source, opened, matches, keep_na=keep_na)
        notes += _widen_ids(con, source, row_mapping)
        row_mapping, forms = settle_times(con, path, row_mapping, day_first)
        if source == "images":
            kind = opened.columns[matches.found[columns.IMAGE]]
            opened, row_mapping = read_pictures(con, path, opened, row_mapping, kind)
        report = load_rows(con, source, path, opened, row_mapping)
    return replace(report, notes=(*notes, *forms, *report.notes))


def _adopt_ids(
    con: duckdb.DuckDBPyConnection, source: str, opened: ParsedFile, matched: Mapping[str, str]
) -> tuple[str, ...]:
    """Make ids whole numbers where they are whole numbers in a Parquet file and no source has a row yet."""
    notes = []
    for id_column in source_tables.ID_COLUMNS:
        their = matched.get(id_column, "")
        kind = opened.columns.get(their, "")
        held = source_tables.table_columns(con, source).get(id_column)
        wanted = opened.kind == "parquet" and kind in source_tables.INTEGERS and held == source_tables.TEXT
        if wanted and _fits_bigint(con, their) and source_tables.adopt_integer_ids(con, id_column):
            notes.append(f"{id_column} is now BIGINT in all sources, as in the file")
    return tuple(notes)


def _fits_bigint(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    highest = con.execute(f"SELECT max({quote_identifier(name)}) FROM load_opened").fetchall()[0][0]
    return highest is None or int(highest) < BIGINT_END


def _widen_ids(con: duckdb.DuckDBPyConnection, source: str, row_mapping: RowMapping) -> tuple[str, ...]:
    """Turn whole-number ids into texts where the file has others and all sources are tables."""
    notes = []
    for field in IDS:
        id_column = columns.ITEM if field == columns.RELATED else field
        example = source_tables.find_unfit_id(con, source, field, row_mapping.fields.get(field))
        if example is not None and source_tables.are_tables(con, id_column):
            widen_ids(con, id_column)
            notes.append(f"{id_column} was BIGINT and is now VARCHAR in all sources, to hold {example!r}")
    return tuple(notes)
