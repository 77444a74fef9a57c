"""The mapping of a file's columns to the columns of a source, as SQL expressions over a row of ``load_raw``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from mmsql import columns
from mmsql.db.sqlfiles import quote_identifier, quote_literal
from mmsql.errors import SourceError
from mmsql.loading import file_checks
from mmsql.loading.markup import without_markup
from mmsql.loading.parsed_file import ParsedFile

ATTRIBUTE_SOURCES = ("items", "users")  # sources whose further columns are attributes
ROW = "load_row"  # alias of load_raw
IDS = (columns.USER, columns.ITEM, columns.RELATED)
LONG_TEXTS = (columns.BODY, columns.DESCRIPTION)  # of several lines
TEXTS = (*LONG_TEXTS, columns.TITLE, columns.CATEGORY, columns.BRAND)  # that may have markup
SEPARATORS = {columns.CATEGORY: " > "}  # joins the elements of a list; otherwise a new line does
TYPES = {(1,): "BIGINT", (2,): "DOUBLE", (1, 2): "DOUBLE", (3,): "BOOLEAN"}  # by the codes of load_value_type


@dataclass(frozen=True, kw_only=True)
class RowMapping:
    """The mapping of a row of a file to a row of a source.

    Attributes
    ----------
    fields : dict of str to str
        Declared columns of the source that the file has, each with the SQL text of its value.
    attributes : dict of str to tuple of (str, str)
        Further columns of items or users, each with SQL expression and type.
    checked : dict of str to str
        Attributes whose values may be unreadable, each with the SQL text of its value.
    notes : tuple of str
        Remarks for the report, for example on ignored columns.
    """

    fields: dict[str, str]
    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def column(name: str) -> str:
    """Return SQL for a column of ``load_raw``."""
    return f"{ROW}.{quote_identifier(name)}"


@dataclass(frozen=True, kw_only=True)
class Matches:
    """The columns of a file that match columns of the source.

    Attributes
    ----------
    found : dict of str to str
        Our column → the file's column.
    rest : tuple of str
        The file's other columns.
    notes : tuple of str
        Remarks for the report.
    """

    found: dict[str, str]
    rest: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def match_columns(
    path: Path, source: str, parsed: ParsedFile, mapping: Mapping[str, str], ours: Mapping[str, str]
) -> Matches:
    """Match the columns of a file to the columns of a source.

    Parameters
    ----------
    path : Path
        The file, for messages.
    source : str
        The source to load into.
    parsed : ParsedFile
        The opened file.
    mapping : mapping of str to str
        Their column → our column. Other columns match by name, in any case.
    ours : mapping of str to str
        Columns of the source table.

    Raises
    ------
    SourceError
        When the mapping names a column that the file or the source lacks, or a required column is missing.
    """
    theirs = {name.lower(): name for name in parsed.columns}
    _check_header(path, source, parsed)
    allowed = list(dict.fromkeys([*columns.SOURCES[source], *ours]))
    found = _mapped(path, source, theirs, mapping, allowed)
    used, notes = set(found.values()), []
    for name in columns.SOURCES[source]:
        their = theirs.get(name)
        if their is None or their in used:
            continue
        if name in found:
            notes.append(f"column {their} is ignored, since --map gives {found[name]} for {name}")
        else:
            found[name] = their
        used.add(their)
    _check_needed(path, source, parsed, found)
    rest = tuple(name for name in parsed.columns if name not in used)
    return Matches(found=found, rest=rest, notes=tuple(notes))


def _check_header(path: Path, source: str, parsed: ParsedFile) -> None:
    """Raise where the first line is data, so that a mapping of its "names" would lose a row."""
    named = {name.lower() for name in parsed.columns}
    if parsed.first_line and not named.intersection(columns.REQUIRED[source]):
        ours = ", ".join(columns.SOURCES[source])
        raise SourceError(
            f"The first line of {path.name} looks like data, and does not name the columns: "
            f"{parsed.first_line[:200]}. Name its {len(parsed.columns)} columns in their order: "
            f"`--columns name,name,…`. mmsql.{source} reads {ours}; give any other name to the rest."
        )


def _mapped(
    path: Path, source: str, theirs: Mapping[str, str], mapping: Mapping[str, str], allowed: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for their, our in mapping.items():
        if their.lower() not in theirs:
            raise SourceError(
                f"--map {their}={our}: {path.name} has no column {their!r}. It has: {', '.join(theirs.values())}."
            )
        target = next((name for name in allowed if name.lower() == our.lower()), None)
        if target is None:
            further = " Further columns keep their own names." if source in ATTRIBUTE_SOURCES else ""
            raise SourceError(
                f"--map {their}={our}: mmsql.{source} has no column {our!r}. Allowed: {', '.join(allowed)}.{further}"
            )
        if target in found:
            raise SourceError(f"--map names {target} twice, for {found[target]!r} and {their!r}. Keep one.")
        found[target] = theirs[their.lower()]
    return found


def _check_needed(path: Path, source: str, parsed: ParsedFile, found: Mapping[str, str]) -> None:
    missing = [name for name in columns.REQUIRED[source] if name not in found]
    if missing:
        free = next((name for name in parsed.columns if name not in found.values()), "their_column")
        raise SourceError(
            f"{path.name} has no column {' and no column '.join(missing)}, which mmsql.{source} needs. "
            f"It has: {', '.join(parsed.columns)}. Name the right column with "
            f"`--map {free}={missing[0]}`."
        )


def make_row_mapping(
    con: duckdb.DuckDBPyConnection, source: str, parsed: ParsedFile, matches: Matches, *, keep_na: bool = False
) -> RowMapping:
    """Make the mapping of a file. The types of text columns are inferred from all their values.

    Ids that stand for no value, such as ``NA`` or ``NULL``, are missing unless ``keep_na``.
    """
    found, notes = matches.found, list(matches.notes)
    declared = [name for name in found if name in columns.SOURCES[source]]
    fields = {
        our: text_of(column(found[our]), parsed.columns[found[our]], SEPARATORS.get(our, "\n"), our)
        for our in declared
    }
    if not keep_na:
        fields |= {our: f"load_non_null({fields[our]})" for our in IDS if our in fields}
    if source not in ATTRIBUTE_SOURCES:
        if matches.rest:
            notes.append(f"ignored columns: {', '.join(matches.rest)}")
        return RowMapping(fields=fields, notes=tuple(notes))
    further = {our: their for our, their in found.items() if our not in declared} | {n: n for n in matches.rest}
    attributes = attributes_of(con, parsed, further)
    empty = [name for name in further if name not in attributes]
    if empty:
        notes.append(f"ignored columns, which hold nothing that can be loaded: {', '.join(empty)}")
    return RowMapping(fields=fields, attributes=attributes, notes=tuple(notes))


def text_of(expression: str, kind: str, separator: str = "\n", our: str = "") -> str:
    """Return SQL that turns a value of any type into the text that the loaders parse."""
    joiner = "'" + separator + "'"
    if kind == "VARCHAR" or our == columns.IMAGE:
        return expression
    if kind == "JSON":
        return f"load_joined_list({expression}, {joiner})"
    if kind.endswith("[]"):
        return f"load_joined_list(CAST(to_json({expression}) AS JSON), {joiner})"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(make_timestamp(epoch_us({expression})) AS VARCHAR)"
    text = f"CAST({expression} AS VARCHAR)"
    if our in IDS and (kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")):
        whole = f"TRY_CAST({expression} AS HUGEINT)"
        text = f"CASE WHEN {expression} = {whole} THEN CAST({whole} AS VARCHAR) ELSE {text} END"
    return f"CASE WHEN NOT isnan({expression}) THEN {text} END" if kind in ("FLOAT", "DOUBLE") else text


def attributes_of(
    con: duckdb.DuckDBPyConnection, parsed: ParsedFile, names: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return the attribute columns with their SQL and type: our name → (expression, type), without empty columns.

    A text column becomes whole numbers, numbers or booleans where all its values are; otherwise it stays text.
    """
    if not names:
        return {}
    kinds = _value_types(con, list(names.values())) if parsed.kind == file_checks.TEXT else {}
    filled = set() if kinds else _filled(con, [name for name in names.values() if parsed.columns[name] != "BLOB"])
    result = {}
    for our, their in names.items():
        value, kind = column(their), parsed.columns[their]
        if their in kinds:
            if kinds[their]:
                kind = TYPES.get(kinds[their], "VARCHAR")
                value = f"load_text({value})" if kind == "VARCHAR" else f"TRY_CAST({value} AS {kind})"
                result[our] = (value, kind)
        elif their in filled:
            result[our] = _attribute(value, kind)
    return result


def _value_types(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the codes of ``load_value_type`` that occur in each text column.

    One column after another is a row, since a query with an expression a column takes long to bind.
    """
    listed = ", ".join(quote_identifier(name) for name in names)
    rows = con.execute(
        f"SELECT u.name, list_sort(list(DISTINCT load_value_type(u.value))) FROM (SELECT {listed} FROM load_raw) "
        f"UNPIVOT (value FOR name IN ({listed})) u GROUP BY u.name"
    ).fetchall()
    found = {name: tuple(code for code in codes if code is not None) for name, codes in rows}
    return {name: found.get(name, ()) for name in names}


def _filled(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> set[str]:
    """Return the columns with a value."""
    if not names:
        return set()
    counts = con.execute(
        f"SELECT {', '.join(f'count({column(name)})' for name in names)} FROM load_raw {ROW}"
    ).fetchall()
    return {name for name, count in zip(names, counts[0], strict=True) if count}


def _attribute(value: str, kind: str) -> tuple[str, str]:
    if kind == "JSON":
        return f"({value} ->> '$')", "VARCHAR"
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN NOT isnan({value}) THEN {value} END", kind
    if kind == "VARCHAR":
        return f"load_text({value})", kind
    return value, kind


def define_source(con: duckdb.DuckDBPyConnection, source: str, parsed: ParsedFile, row_mapping: RowMapping) -> None:
    """Make the view ``load_source`` that the staging statements read, with our declared columns as texts."""
    if parsed.has_errors:
        row, bad = f"{ROW}.load_line", f"{ROW}.load_error"
    else:
        shown = [name for name, kind in parsed.columns.items() if "BLOB" not in kind]
        row = "{" + ", ".join(f"{quote_identifier(name)}: {column(name)}" for name in shown) + "}"
        bad = "CAST(NULL AS VARCHAR)"
    parts = [f"{row} AS load_raw", f"{bad} AS load_error"]
    if source in ATTRIBUTE_SOURCES:
        parts += [f"{ROW}.load_number AS load_line", f"{_flaws(row_mapping)} AS load_unreadable_attributes"]
    for name in columns.SOURCES[source]:
        value = row_mapping.fields.get(name, "CAST(NULL AS VARCHAR)")
        if name in row_mapping.fields and name in TEXTS:
            value = without_markup(value, inline=name not in LONG_TEXTS)
        parts.append(f"{value} AS {quote_identifier(name)}")
    for name, (value, _) in row_mapping.attributes.items():
        parts.append(f"{value} AS {quote_identifier(name)}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW load_source AS SELECT {', '.join(parts)} FROM load_raw {ROW}")


def _flaws(row_mapping: RowMapping) -> str:
    """Return SQL for the list of checked attributes that a row has in an unreadable form."""
    flaws = [
        f"CASE WHEN {row_mapping.attributes[name][0]} IS NULL AND load_non_null({text}) IS NOT NULL "
        f"THEN {quote_literal(name)} END"
        for name, text in row_mapping.checked.items()
    ]
    return f"list_filter(CAST([{', '.join(flaws)}] AS VARCHAR[]), lambda field: field IS NOT NULL)"
