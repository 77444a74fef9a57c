"""SQL expressions for attribute values: as text, as numbers, and the values inside nested columns."""

from __future__ import annotations

from mmsql.attributes.schema import PATH, AttributeColumn, AttributeSource
from mmsql.config.attribute_kinds import DATE, HIERARCHY
from mmsql.db.sqlfiles import quote_identifier, quote_literal

LEAVES = "attribute_leaves"  # temp table (line, id, attribute, value, position)
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = (*WHOLE_NUMBERS, *("U" + name for name in WHOLE_NUMBERS), "FLOAT", "DOUBLE", "DECIMAL")
MAX_DEPTH = 20  # levels read of a path
MAX_LENGTH = 500  # characters: longer texts are not attribute values


def text_sql(value: str, sql_type: str = "VARCHAR") -> str:
    """Return SQL for a value as trimmed text; NULL where it is empty."""
    return f"nullif(trim({value if sql_type == 'VARCHAR' else f'CAST({value} AS VARCHAR)'}), '')"


def timestamp_sql(value: str, sql_type: str = "VARCHAR") -> str:
    """Return SQL for a value as a timestamp; NULL where it is none."""
    return f"TRY_CAST({value} AS TIMESTAMP)" if sql_type != "DATE" else f"CAST({value} AS TIMESTAMP)"


def number_sql(value: str, sql_type: str, date: bool = False) -> str:
    """Return SQL for a value as a number: a date is its year plus the elapsed part of the year, in 366ths."""
    if date or sql_type.startswith(("DATE", "TIMESTAMP")):
        at = timestamp_sql(value, sql_type)
        return f"CASE WHEN isfinite({at}) THEN year({at}) + (dayofyear({at}) - 1) / 366.0 END"
    return f"TRY_CAST({value if sql_type.startswith(NUMBERS) else text_sql(value, sql_type)} AS DOUBLE)"


def leaves_sql(source: AttributeSource, column: str) -> str:
    """Return the query of the values inside a nested column: one row a value that is neither an object nor a list.

    Returns
    -------
    str
        Columns ``line``, the row of the source; ``id``; ``attribute``, the column and the keys of the value;
        ``value``, as text; ``position``, of the value in the document. The macro ``_attribute_values`` reads
        users likewise.
    """
    name = quote_literal(column)
    value = f"to_json(s.{quote_identifier(column)})"
    text = f"{value} ->> '$'"
    document = (
        f"CASE WHEN json_type({value}) = 'VARCHAR' AND regexp_matches({text}, '^\\s*[\\[{{]') AND json_valid({text}) "
        f"THEN CAST({text} AS JSON) ELSE {value} END"
    )
    # DuckDB versions differ in which keys they quote, so all quotes are removed.
    return (
        f"SELECT d.line, d.id, "
        f"{name} || regexp_replace(substr(t.fullkey, 2), '\\[[0-9]+\\]|\"', '', 'g') AS attribute, "
        f"nullif(trim(t.atom ->> '$'), '') AS value, t.id AS position "
        f"FROM (SELECT row_number() OVER () AS line, s.{source.id_column} AS id, {document} AS document "
        f"FROM mmsql.{source.name} s) d, json_tree(d.document) t "
        f"WHERE t.type NOT IN ('OBJECT', 'ARRAY', 'NULL')"
    )


def values_sql(column: AttributeColumn, text: str) -> str:
    """Return SQL for the list of the values in a text, for an attribute that is not binned.

    A path gives itself and all paths above it, so that items with a common ancestor are similar, and a path with a
    new last part keeps the parts that training has seen.
    """
    if column.kind == DATE:
        return f"[CAST(year({timestamp_sql(text)}) AS VARCHAR)]"
    text = f"CASE WHEN length({text}) <= {MAX_LENGTH} THEN {text} END"
    if not column.separator:
        return f"[{text}]"
    split = f"list_transform(string_split({text}, {quote_literal(column.separator)}), lambda p: trim(p))"
    parts = f"list_filter({split}, lambda p: p <> '')"
    return ancestors_sql(parts) if column.kind == HIERARCHY else parts


def ancestors_sql(parts: str) -> str:
    """Return SQL for the list of the prefixes of a path, the path included."""
    slices = f"lambda n: array_to_string(list_slice(ps, 1, n), {quote_literal(PATH)})"
    paths = f"list_transform(range(1, least(len(ps), {MAX_DEPTH}) + 1), {slices})"
    return f"flatten(list_transform([{parts}], lambda ps: {paths}))"
