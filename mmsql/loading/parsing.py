"""Open CSV, JSON and Parquet files as the view ``load_opened``, with their own columns."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mmsql.db import sqlfiles
from mmsql.db.sqlfiles import quote_literal
from mmsql.errors import SourceError
from mmsql.loading import file_checks

LINE_BYTES = 1 << 24  # longest line that is read
BUFFER_BYTES = 1 << 25
SAMPLE_LINES = 10_000  # lines read for the fields of a JSON file that are known by name
ALL_LINES = 2**62
NO_DELIMITER = "\x01\x02\x01\x02"  # does not occur, so that lines are read as a whole
ERRORS, SCANS = "load_csv_errors", "load_csv_scans"


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """A file as the view ``load_opened``.

    Attributes
    ----------
    kind : str
        ``csv``, ``json`` or ``parquet``.
    columns : dict of str to str
        Columns of the file and their SQL types.
    has_errors : bool
        Whether the view has ``load_line`` (the row as JSON) and ``load_error`` (the reason why it cannot be read).
    notes : tuple of str
        Remarks on the file, for the report.
    """

    kind: str
    columns: dict[str, str]
    has_errors: bool = False
    notes: tuple[str, ...] = ()


def open_file(con: duckdb.DuckDBPyConnection, path: Path, *, typed: bool) -> ParsedFile:
    """Open a file as ``load_opened``, by its ending.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    path : Path
        The file.
    typed : bool
        Whether the columns of JSON get types, which needs a pass over the file. Otherwise they are texts.

    Raises
    ------
    SourceError
        When the content of the file does not fit its ending, or there is no row.
    """
    kind = file_checks.kind_of(file_checks.check_file(path))
    if kind == file_checks.PARQUET:
        return open_parquet(con, path)
    compression = file_checks.compression_of(path)
    if kind == file_checks.JSON:
        open_json_lines(con, path, compression)
        return _open_json_fields(con, path, typed)
    return open_csv(con, path, delimiter="\t" if kind == file_checks.TSV else None)


def open_csv(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    delimiter: str | None = None,
    quote: str = '"',
    names: list[str] | None = None,
    encoding: str = "utf-8",
) -> ParsedFile:
    """Open a file of delimited lines as ``load_opened``, with every column as text.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    path : Path
        The file.
    delimiter : str, optional
        Delimiter of the fields; by default the most frequent of ``, ; tab |`` in the header.
    quote : str
        Quotation mark, or an empty text without one.
    names : list of str, optional
        Names of the columns, where the file has no header.
    encoding : str
        ``utf-8`` or ``latin-1``.
    """
    compression = file_checks.compression_of(file_checks.check_file(path))
    notes: tuple[str, ...] = ()
    header = names is None
    if names is None:
        delimiter, names, notes = _header(path, compression, delimiter, quote)
    columns = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in names)
    drop_errors(con)
    name = quote_literal(file_checks.exact(path))
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW load_opened AS SELECT * FROM read_csv({name}, columns = {{{columns}}}, "
        f"delim = {quote_literal(delimiter or ',')}, quote = {quote_literal(quote)}, "
        f"escape = {quote_literal(quote)}, header = {header}, strict_mode = true, "
        f"encoding = {quote_literal(encoding)}, {_reader_options(compression)})"
    )
    return ParsedFile(kind=file_checks.CSV, columns=dict.fromkeys(names, "VARCHAR"), notes=notes)


def _reader_options(compression: str) -> str:
    return (
        f"auto_detect = false, compression = {quote_literal(compression)}, hive_partitioning = false, "
        f"max_line_size = {LINE_BYTES}, buffer_size = {BUFFER_BYTES}, store_rejects = true, "
        f"rejects_table = '{ERRORS}', rejects_scan = '{SCANS}'"
    )


def _header(
    path: Path, compression: str, delimiter: str | None, quote: str
) -> tuple[str, list[str], tuple[str, ...]]:
    line = file_checks.head_of(path, compression).splitlines()[:1]
    text = line[0].decode("utf-8", errors="replace") if line else ""
    if "\ufffd" in text or "\x00" in text:
        raise SourceError(
            f"{path} is not UTF-8 text: its header cannot be read. "
            f"Convert it first, for example with `iconv -f GB18030 -t UTF-8 {path.name} > utf8.csv`."
        )
    if not text.strip():
        raise SourceError(f"{path} has no header line. Its first line must name the columns.")
    if delimiter is None:
        delimiter = max(",;\t|", key=text.count)
    fields = next(csv.reader([text], delimiter=delimiter, quotechar=quote)) if quote else text.split(delimiter)
    names, notes, seen = [], [], set()
    for position, field in enumerate(fields):
        name = field.strip() or f"column {position + 1}"
        if name.lower() in seen:
            notes.append(f"the header has {name!r} twice")
            name = f"{name}_{position + 1}"
        seen.add(name.lower())
        names.append(name)
    return delimiter, names, tuple(notes)


def open_parquet(con: duckdb.DuckDBPyConnection, path: Path) -> ParsedFile:
    """Open a Parquet file as ``load_opened``; columns keep their types."""
    with file_checks.check_file(path).open("rb") as stream:
        if stream.read(4) != b"PAR1":
            raise SourceError(f"{path} is not a Parquet file, despite its name.")
    try:
        con.execute(
            "CREATE OR REPLACE TEMP VIEW load_opened AS "
            f"SELECT * FROM read_parquet({quote_literal(file_checks.exact(path))}, hive_partitioning = false)"
        )
    except duckdb.Error as error:
        raise SourceError(
            f"{path} is a damaged or truncated Parquet file. Write or download it again. ({_first_line(error)})"
        ) from error
    return ParsedFile(kind=file_checks.PARQUET, columns=_columns(con))


def open_json_lines(con: duckdb.DuckDBPyConnection, path: Path, compression: str) -> None:
    """Open a JSON file as the view ``load_lines`` with ``line``, a row as JSON, and ``load_error``, its error.

    It may have one object a line, an array of objects, or objects one after another.

    Raises
    ------
    SourceError
        When the file is not JSON.
    """
    form = _json_form(file_checks.head_of(path, compression))
    name = quote_literal(file_checks.exact(path))
    if form is None:
        raise SourceError(
            f'{path} is not JSON: it must hold an object like {{"user_id": …}} on each line. '
            f"For other formats type `mmsql load file DB SOURCE FILE`: the ending of the file names its format."
        )
    drop_errors(con)
    if form == "lines":
        rows = (
            f"SELECT line FROM read_csv({name}, columns = {{'line': 'VARCHAR'}}, header = false, "
            f"delim = {quote_literal(NO_DELIMITER)}, quote = '', escape = '', strict_mode = false, "
            f"{_reader_options(compression)})"
        )
    else:
        packing = "uncompressed" if compression == file_checks.PLAIN else compression
        rows = (
            f"SELECT CAST(json AS VARCHAR) AS line FROM read_json_objects({name}, format = '{form}', "
            f"compression = '{packing}', hive_partitioning = false)"
        )
    con.execute(f"CREATE OR REPLACE TEMP VIEW load_file AS {rows}")
    con.execute(sqlfiles.query("loading", "json_lines"))


def _json_form(head: bytes) -> str | None:
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if any(_is_object(line) for line in lines[:1000]):
        return "lines"
    first = lines[0][:2] if lines else b""
    if first.startswith(b"["):
        return "array"
    if first.startswith((b"{'", b'{"')) and len(lines) == 1:
        return "lines"  # the first line is longer than the head
    return "unstructured" if first.startswith(b"{") else None


def _is_object(line: bytes) -> bool:
    if line.startswith((b"{'", b"{u'")) and line.endswith(b"}"):
        return True
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _open_json_fields(con: duckdb.DuckDBPyConnection, path: Path, typed: bool) -> ParsedFile:
    sample = ALL_LINES if typed else SAMPLE_LINES
    try:
        found = con.execute(sqlfiles.query("loading", "json_structure"), {"sample": sample}).fetchone()
    except duckdb.InvalidInputException as error:
        raise SourceError(f"{path} is not valid JSON. ({_first_line(error)})") from error
    structure = json.loads(found[0]) if found and found[0] else {}
    if not structure or not isinstance(structure, dict):
        raise SourceError(f"{path} holds no JSON object with a field, so there is nothing to load.")
    types, notes, seen = {}, [], set()
    for name, kind in structure.items():
        if name.lower() in seen:
            notes.append(f"field {name!r} is ignored: another one differs only in case")
            continue
        seen.add(name.lower())
        types[name] = _json_type(kind, typed)
    shape = quote_literal(json.dumps(types, ensure_ascii=False))
    con.execute(
        "CREATE OR REPLACE TEMP VIEW load_opened AS "
        "SELECT f.load_line, f.load_error, unnest(f.fields) FROM ("
        "SELECT CAST(l.line AS JSON) AS load_line, l.load_error, "
        f"json_transform(CASE WHEN l.load_error IS NULL THEN l.line END, {shape}) AS fields "
        "FROM load_lines l) f"
    )
    columns = {name: kind for name, kind in _columns(con).items() if name not in ("load_line", "load_error")}
    return ParsedFile(kind=file_checks.JSON, columns=columns, has_errors=True, notes=tuple(notes))


def _json_type(kind: object, typed: bool) -> object:
    """Return the SQL type of a merged JSON structure, in the spelling of ``json_transform``."""
    if isinstance(kind, list):
        inner = kind[0] if kind else "VARCHAR"
        return [_json_type(inner, typed) if isinstance(inner, str) else "VARCHAR"]
    if not typed:
        return "VARCHAR"
    scalars = {
        "BIGINT": "BIGINT",
        "UBIGINT": "BIGINT",
        "DOUBLE": "DOUBLE",
        "BOOLEAN": "BOOLEAN",
        "JSON": "JSON",
    }
    return scalars.get(kind, "VARCHAR") if isinstance(kind, str) else "JSON"


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute("DESCRIBE load_opened").fetchall()}


def drop_errors(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the errors that DuckDB's CSV reader has stored."""
    for table in (ERRORS, SCANS):
        con.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
