"""Open CSV, JSON and Parquet files as the view ``load_opened``, with their own columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from mmsql.db import sqlfiles
from mmsql.db.sqlfiles import quote_literal
from mmsql.errors import SourceError
from mmsql.loading import file_checks
from mmsql.loading.delimited.lines import count_texts
from mmsql.loading.delimited.reading import open_delimited, store_lines
from mmsql.loading.parsed_file import ParsedFile, define_opened, drop_errors, reader_options

SAMPLE_LINES = 10_000  # lines read for the fields of a JSON file that are known by name
ALL_LINES = 2**62
NO_DELIMITER = "\x01\x02\x01\x02"  # does not occur, so that lines are read as a whole


def open_file(
    con: duckdb.DuckDBPyConnection, path: Path, *, typed: bool, names: Sequence[str] | None = None
) -> ParsedFile:
    """Open a file as ``load_opened``, by its ending and its content.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    path : Path
        The file.
    typed : bool
        Whether the columns of JSON get types, which needs a pass over the file. Otherwise they are texts.
    names : sequence of str, optional
        Names of the columns of a text file without a header.

    Raises
    ------
    SourceError
        When the content of the file does not fit its ending, or there is no row.
    """
    kind = file_checks.kind_of(file_checks.check_file(path))
    if names is not None and kind != file_checks.TEXT:
        raise SourceError(
            f"--columns is for text files without a header line, and {path.name} is {kind}, which names its columns: "
            f"rename them with `--map THEIR_COLUMN=OUR_COLUMN`."
        )
    if kind == file_checks.PARQUET:
        return open_parquet(con, path)
    compression = file_checks.compression_of(path)
    if kind == file_checks.JSON:
        return _open_json_fields(con, path, typed, open_json_lines(con, path, compression))
    return open_delimited(con, path, names)


def open_parquet(con: duckdb.DuckDBPyConnection, path: Path) -> ParsedFile:
    """Open a Parquet file as ``load_opened``; columns keep their types."""
    with file_checks.check_file(path).open("rb") as stream:
        if stream.read(4) != b"PAR1":
            raise SourceError(f"{path} is not a Parquet file, despite its name.")
    try:
        define_opened(
            con, f"SELECT * FROM read_parquet({quote_literal(file_checks.exact(path))}, hive_partitioning = false)"
        )
    except duckdb.Error as error:
        raise SourceError(
            f"{path} is a damaged or truncated Parquet file. Write or download it again. ({_first_line(error)})"
        ) from error
    return ParsedFile(kind=file_checks.PARQUET, columns=_columns(con))


def open_json_lines(con: duckdb.DuckDBPyConnection, path: Path, compression: str) -> int | None:
    """Open a JSON file as the view ``load_lines`` with ``line``, a row as JSON, and ``load_error``, its error.

    It may have one object a line, an array of objects, or objects one after another.

    Returns
    -------
    int, optional
        Lines that are not blank, where the file has an object a line.

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
    lines, simple = count_texts(path, compression) if form == "lines" else (None, True)
    if not simple:
        store_lines(con, path, compression)
        rows = "FROM load_file_lines"
    elif form == "lines":
        rows = (
            f"SELECT line FROM read_csv({name}, columns = {{'line': 'VARCHAR'}}, header = false, "
            f"delim = {quote_literal(NO_DELIMITER)}, quote = '', escape = '', strict_mode = false, "
            f"{reader_options(compression)})"
        )
    else:
        packing = "uncompressed" if compression == file_checks.PLAIN else compression
        rows = (
            f"SELECT CAST(json AS VARCHAR) AS line FROM read_json_objects({name}, format = '{form}', "
            f"compression = '{packing}', hive_partitioning = false)"
        )
    con.execute(f"CREATE OR REPLACE TEMP VIEW load_file AS {rows}")
    con.execute(sqlfiles.query("loading", "json_lines"))
    return lines


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
    except RecursionError:  # deeply nested; DuckDB decides whether it can be read
        return line.startswith(b"{")


def _open_json_fields(con: duckdb.DuckDBPyConnection, path: Path, typed: bool, lines: int | None) -> ParsedFile:
    structure = _json_structure(con, path, ALL_LINES if typed else SAMPLE_LINES)
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
    define_opened(
        con,
        "SELECT f.load_line, f.load_error, unnest(f.fields) FROM ("
        "SELECT CAST(l.line AS JSON) AS load_line, l.load_error, "
        f"json_transform(CASE WHEN l.load_error IS NULL THEN l.line END, {shape}) AS fields "
        "FROM load_lines l) f",
    )
    columns = {name: kind for name, kind in _columns(con).items() if name not in ("load_line", "load_error")}
    return ParsedFile(kind=file_checks.JSON, columns=columns, has_errors=True, notes=tuple(notes), records=lines)


def _json_structure(con: duckdb.DuckDBPyConnection, path: Path, sample: int) -> object:
    """Return the merged structure of the objects; every field as a text where they are nested too deeply."""
    try:
        found = con.execute(sqlfiles.query("loading", "json_structure"), {"sample": sample}).fetchone()
        return json.loads(found[0]) if found and found[0] else {}
    except duckdb.InvalidInputException as error:
        raise SourceError(f"{path} is not valid JSON. ({_first_line(error)})") from error
    except RecursionError:
        (names,) = con.execute(sqlfiles.query("loading", "json_fields"), {"sample": sample}).fetchall()[0]
        return dict.fromkeys(names, "VARCHAR")


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


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
