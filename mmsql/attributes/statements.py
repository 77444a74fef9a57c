"""SQL of values: as text, as a number, and what nested values hold."""

from __future__ import annotations

from mmsql.attributes.schema import PATH, AttributeColumn, Described
from mmsql.config.kinds import DATE, HIERARCHY
from mmsql.db.sqlfiles import quote_identifier, quote_literal

LEAVES = "attribute_leaves"  # temp table (line, id, attribute, value, place)
WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
NUMBERS = (*WHOLE_NUMBERS, *("U" + name for name in WHOLE_NUMBERS), "FLOAT", "DOUBLE", "DECIMAL")
DEEPEST = 20  # parts of a path that are read
LONGEST = 500  # letters: what is longer is no value that rows share


def written(value: str, sql_type: str = "VARCHAR") -> str:
    """Write a value as text, without what is around it; NULL where it is empty."""
    return f"nullif(trim({value if sql_type == 'VARCHAR' else f'CAST({value} AS VARCHAR)'}), '')"


def moment(value: str, sql_type: str = "VARCHAR") -> str:
    """Write a value as a moment; NULL where it is none."""
    return f"TRY_CAST({value} AS TIMESTAMP)" if sql_type != "DATE" else f"CAST({value} AS TIMESTAMP)"


def numeric(value: str, sql_type: str, date: bool = False) -> str:
    """Write a value as a number: a date as its year with the part that is over, to a year's 366th."""
    if date or sql_type.startswith(("DATE", "TIMESTAMP")):
        at = moment(value, sql_type)
        return f"CASE WHEN isfinite({at}) THEN year({at}) + (dayofyear({at}) - 1) / 366.0 END"
    return f"TRY_CAST({value if sql_type.startswith(NUMBERS) else written(value, sql_type)} AS DOUBLE)"


def leaves(described: Described, column: str) -> str:
    """Write the query of what a nested column holds: one row a value that is itself neither an object nor a list.

    Returns
    -------
    str
        ``line``, which row of the source; ``id``; ``attribute``, the column with the keys on the way to the value;
        ``value``, as text; ``place``, its place in the document. As ``sql/macros/_attribute_values.sql`` reads users.
    """
    name = quote_literal(column)
    value = f"to_json(s.{quote_identifier(column)})"
    text = f"{value} ->> '$'"
    document = (
        f"CASE WHEN json_type({value}) = 'VARCHAR' AND regexp_matches({text}, '^\\s*[\\[{{]') AND json_valid({text}) "
        f"THEN CAST({text} AS JSON) ELSE {value} END"
    )
    # Which keys stand in quotes differs from one DuckDB to another: none do here.
    return (
        f"SELECT d.line, d.id, "
        f"{name} || regexp_replace(substr(t.fullkey, 2), '\\[[0-9]+\\]|\"', '', 'g') AS attribute, "
        f"nullif(trim(t.atom ->> '$'), '') AS value, t.id AS place "
        f"FROM (SELECT row_number() OVER () AS line, s.{described.id_column} AS id, {document} AS document "
        f"FROM mmsql.{described.source} s) d, json_tree(d.document) t "
        f"WHERE t.type NOT IN ('OBJECT', 'ARRAY', 'NULL')"
    )


def tokens(column: AttributeColumn, text: str) -> str:
    """Write the list of the values that a text stands for, of an attribute that is not binned.

    A path is itself and everything above it, so that items that share an ancestor are alike, and a part that nobody
    had in training leaves what is above it.
    """
    if column.kind == DATE:
        return f"[CAST(year({moment(text)}) AS VARCHAR)]"
    text = f"CASE WHEN length({text}) <= {LONGEST} THEN {text} END"
    if not column.separator:
        return f"[{text}]"
    split = f"list_transform(string_split({text}, {quote_literal(column.separator)}), lambda p: trim(p))"
    parts = f"list_filter({split}, lambda p: p <> '')"
    return ancestors(parts) if column.kind == HIERARCHY else parts


def ancestors(parts: str) -> str:
    """Write the list of paths of which the parts are one, the whole included."""
    slices = f"lambda n: array_to_string(list_slice(ps, 1, n), {quote_literal(PATH)})"
    paths = f"list_transform(range(1, least(len(ps), {DEEPEST}) + 1), {slices})"
    return f"flatten(list_transform([{parts}], lambda ps: {paths}))"
