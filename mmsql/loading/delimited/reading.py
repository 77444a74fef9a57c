"""Open a file of delimited lines: its delimiter, quoting and header are found by looking at it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from mmsql.db.sqlfiles import quote_literal
from mmsql.errors import SourceError
from mmsql.loading import file_checks
from mmsql.loading.delimited.header import is_data, names_of
from mmsql.loading.delimited.lines import ENDS, UNREADABLE, count_lines, count_unfit, open_lines
from mmsql.loading.delimited.records import Opened, Quoting, Record, long_fields, quoting_of, split_records
from mmsql.loading.parsed_file import LINE_BYTES, ParsedFile, define_opened, drop_errors, reader_options

DELIMITERS = ("\t", "\x01", "::", "|", ";", ",")
SAMPLE = 200  # lines that are looked at for the delimiter and the header
BATCH = 20_000  # records
MAX_DIRECT = 3000  # columns of files that DuckDB reads by itself; it crashes on those with many more
BAD_QUOTES = "line has a quote that does not close, or text after a closing quote"
FEWER, MORE = "line has fewer columns than the header", "line has more columns than the header"
NOT_TEXT, TOO_LONG = "line is not UTF-8 text", "line is too long"


def open_delimited(con: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str] | None = None) -> ParsedFile:
    """Open a file of delimited lines as ``load_opened``, with every column as text.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load.
    path : Path
        The file.
    names : sequence of str, optional
        Names of the columns in their order, where the file has no header.

    Raises
    ------
    SourceError
        When the file is not UTF-8 text, or has no line, or the names are not as many as its columns.
    """
    compression = file_checks.compression_of(file_checks.check_file(path))
    opened = partial(open_lines, path, compression)
    counts = count_lines(path, compression)
    with opened() as lines:
        sample = [line.rstrip("\r\n") for line in islice((line for line in lines if line not in ENDS), SAMPLE)]
    with long_fields():
        delimiter = delimiter_of(sample)
        quoting = _quoting(opened, path, compression, delimiter, sample) if counts.quoted else Quoting.NONE
        with opened() as lines:
            head = [record.fields or [] for record in islice(split_records(lines, delimiter, quoting), SAMPLE)]
        if not head or not any(field.strip() for field in head[0]):
            raise SourceError(f"{path} has no header line. Its first line must name the columns.")
        columns, has_header, notes = _columns(path, head, names)
        refused: tuple[tuple[str, str], ...] = ()
        if quoting is Quoting.NONE and counts.simple and 1 < len(columns) <= MAX_DIRECT:
            _define_direct(con, path, compression, delimiter, columns, has_header)
            records = counts.lines
        else:
            records, refused = _store(con, split_records_of(opened, delimiter, quoting), columns, has_header)
    return ParsedFile(
        kind=file_checks.TEXT,
        columns=dict.fromkeys(columns, "VARCHAR"),
        notes=notes,
        records=records - has_header,
        refused=refused,
        first_line=sample[0] if names is None and is_data(head[0], head[1:]) else "",
    )


def open_known(
    con: duckdb.DuckDBPyConnection, path: Path, delimiter: str, names: Sequence[str], encoding: str
) -> ParsedFile:
    """Open a file of a known form as ``load_opened``: no header, no quotation marks, UTF-8 or ``latin-1``."""
    compression = file_checks.compression_of(file_checks.check_file(path))
    _define_direct(con, path, compression, delimiter, names, has_header=False, encoding=encoding)
    return ParsedFile(kind=file_checks.TEXT, columns=dict.fromkeys(names, "VARCHAR"))


def delimiter_of(sample: Sequence[str]) -> str:
    """Return the delimiter that most lines have as often as the first; of several, the most frequent one."""

    def agreement(delimiter: str) -> tuple[float, int]:
        counts = [_count(line, delimiter) for line in sample]
        if not counts or not counts[0]:
            return 0, 0
        return round(counts.count(counts[0]) / len(counts), 1), counts[0]

    best = max(DELIMITERS, key=agreement)
    return best if agreement(best)[1] else ","


def _count(line: str, delimiter: str) -> int:
    """Count a delimiter in a line, outside of quoted fields."""
    if '"' not in line or len(delimiter) > 1:
        return line.count(delimiter)
    return len(next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [""])) - 1


def _quoting(opened: Opened, path: Path, compression: str, delimiter: str, sample: Sequence[str]) -> Quoting:
    unfit, escaped = count_unfit(path, compression, delimiter)
    return quoting_of(opened, delimiter, unfit=unfit, escaped=escaped, width=_count(sample[0], delimiter) + 1)


def _columns(
    path: Path, head: Sequence[Sequence[str]], names: Sequence[str] | None
) -> tuple[list[str], bool, tuple[str, ...]]:
    """Return the columns, whether the first line is a header, and notes."""
    if names is None:
        columns, notes = names_of(head[0])
        return columns, True, notes
    if len(names) != len(head[0]):
        raise SourceError(
            f"--columns names {len(names)} columns, but the first line of {path.name} has {len(head[0])}: "
            f"{' | '.join(head[0])[:200]}. Name each column, in order."
        )
    given, _ = names_of(names)
    same = [field.strip().lower() for field in head[0]] == [name.lower() for name in given]
    if same or (len(head) > 1 and not is_data(head[0], head[1:]) and is_data(head[1], head[2:])):
        return given, True, ("the first line names columns itself, and is not read as data",)
    return given, False, ()


def _define_direct(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    compression: str,
    delimiter: str,
    columns: Sequence[str],
    has_header: bool,
    encoding: str = "utf-8",
) -> None:
    typed = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in columns)
    drop_errors(con)
    define_opened(
        con,
        f"SELECT * FROM read_csv({quote_literal(file_checks.exact(path))}, columns = {{{typed}}}, "
        f"delim = {quote_literal(delimiter)}, quote = '', escape = '', header = {has_header}, strict_mode = true, "
        f"encoding = {quote_literal(encoding)}, {reader_options(compression)})",
    )


def split_records_of(opened: Opened, delimiter: str, quoting: Quoting) -> Iterator[Record]:
    """Yield the records of a file, which is closed after them."""
    with opened() as lines:
        yield from split_records(lines, delimiter, quoting)


def _store(
    con: duckdb.DuckDBPyConnection, records: Iterator[Record], columns: Sequence[str], has_header: bool
) -> tuple[int, tuple[tuple[str, str], ...]]:
    """Store the records as the temp table ``load_opened``; return their number, and those that are refused."""
    schema = pa.schema([(name, pa.string()) for name in columns])
    refused: list[tuple[str, str]] = []
    count = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count
        rows = iter(records)
        if has_header:
            next(rows)
            count += 1
        while block := list(islice(rows, BATCH)):
            count += len(block)
            good = []
            for record in block:
                reason = _flaw(record, len(columns))
                if reason:
                    refused.append((reason, record.text.encode(errors="replace").decode()))
                else:
                    good.append(record.fields)
            texts = zip(*good, strict=True) if good else [()] * len(columns)
            yield pa.record_batch(
                [pa.array([text or None for text in column], pa.string()) for column in texts], schema
            )

    con.register("load_records", pa.RecordBatchReader.from_batches(schema, batches()))
    try:
        define_opened(con, "SELECT * FROM load_records", stored=True)
    finally:
        con.unregister("load_records")
    return count, tuple(refused)


def store_lines(con: duckdb.DuckDBPyConnection, path: Path, compression: str) -> None:
    """Store the lines of a JSON file as the temp table ``load_file_lines``, whatever their line ends."""
    schema = pa.schema([("line", pa.string())])
    with open_lines(path, compression) as stream:
        lines = (_readable(line.strip()) for line in stream)
        blocks = iter(lambda: list(islice(lines, BATCH)), [])
        source = pa.RecordBatchReader.from_batches(schema, (pa.record_batch([block], schema) for block in blocks))
        con.register("load_records", source)
        try:
            con.execute("CREATE OR REPLACE TEMP TABLE load_file_lines AS FROM load_records")
        finally:
            con.unregister("load_records")


def _readable(line: str) -> str:
    """Return a line, or a text that is no JSON where it is not UTF-8."""
    return UNREADABLE.sub("\ufffd", "\ufffd" + line) if not line.isascii() and UNREADABLE.search(line) else line


def _flaw(record: Record, width: int) -> str:
    if record.fields is None:
        return BAD_QUOTES
    if len(record.fields) != width:
        return FEWER if len(record.fields) < width else MORE
    if not record.text.isascii() and UNREADABLE.search(record.text):
        return NOT_TEXT
    return TOO_LONG if len(record.text) > LINE_BYTES else ""
