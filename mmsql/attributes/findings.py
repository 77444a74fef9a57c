"""What ``mmsql check`` says about attributes: how each is read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from mmsql import columns
from mmsql.attributes.inference import UNSHARED
from mmsql.attributes.matrix import read_paths
from mmsql.attributes.paths import contradictions
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, Described
from mmsql.config.kinds import HIERARCHY, IGNORED, LIST

OK, NOTE, WARNING = "ok", "note", "warning"
MOST_TOLD = 40  # attributes of a source that have a line each; the others are told by number

Told = tuple[str, str, str, str]  # source, level, finding, advice


def tell_attributes(con: duckdb.DuckDBPyConnection, schema: AttributeSchema) -> list[Told]:
    """Say how each attribute is read, why one is not, and which paths contradict each other.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema.
    schema : AttributeSchema
        Of its tables.

    Returns
    -------
    list of (str, str, str, str)
        Source, level, finding and advice.
    """
    told: list[Told] = []
    for described in (ITEMS, USERS):
        found = schema.of(described)
        told += [_line(described, column) for column in found[:MOST_TOLD] if column.values]
        if len(found) > MOST_TOLD:
            told.append(_others(described, found[MOST_TOLD:]))
        empty = [column.name for column in found if not column.values and column.name not in columns.SOURCES["items"]]
        if empty:
            told.append((described.source, NOTE, f"Without any value: {_some(empty)}.", ""))
        told += _wrong_paths(con, described, found)
    return told


def _line(described: Described, column: AttributeColumn) -> Told:
    many = f"{column.values} value{'' if column.values == 1 else 's'}, in {column.filled:.0%} of the rows".replace(
        "%", " %"
    )
    if column.kind == IGNORED:
        advice = ""
        if column.reason == UNSHARED:
            advice = (
                "Texts help as title or description; a code may hold a part that rows share. To read it as it is: "
                f"attribute_kinds := {{'{column.name}': 'category'}}."
            )
        return described.source, NOTE, f"Attribute {column.name}: ignored, since {column.reason} ({many}).", advice
    how = column.kind
    if column.binned:
        how += f" in {len(column.bounds) + 1} bins, near ones alike"
    elif column.separator and column.kind in (HIERARCHY, LIST):
        how += f" separated by {column.separator}"
    return described.source, OK, f"Attribute {column.name}: {how}; {many}.", _advice(described, column)


def _advice(described: Described, column: AttributeColumn) -> str:
    if described is ITEMS and column.name == columns.CATEGORY and column.separator not in ("", ">"):
        return (
            f"Filters such as category := 'A' find what lies below in 'A > B': write it so, in a view "
            f"replace(category, '{column.separator}', ' > ') AS category."
        )
    return ""


def _others(described: Described, others: tuple[AttributeColumn, ...]) -> Told:
    used = sum(column.kind != IGNORED for column in others)
    return (
        described.source,
        OK,
        f"{len(others)} further attributes, of which {used} are read and {len(others) - used} ignored.",
        "FROM mmsql.attribute_schema lists those of each model.",
    )


def _wrong_paths(
    con: duckdb.DuckDBPyConnection, described: Described, found: tuple[AttributeColumn, ...]
) -> Iterator[Told]:
    for column in found:
        if column.kind != HIERARCHY:
            continue
        pairs = contradictions(read_paths(con, described, column))
        if pairs:
            listed = _some([f"'{upper}' is above and below '{lower}'" for upper, lower in pairs])
            yield (
                described.source,
                WARNING,
                f"Paths of {column.name} contradict each other: {listed}.",
                "Each is read from its own root. Is one of them the wrong way round?",
            )


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
