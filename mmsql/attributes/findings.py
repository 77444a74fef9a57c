"""Findings of ``mmsql check`` about attributes: how each is read, and contradictions in paths."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from mmsql import columns
from mmsql.attributes.category_paths import FILTERED, contradictions
from mmsql.attributes.inference import UNSHARED
from mmsql.attributes.matrix import read_paths
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, AttributeSource
from mmsql.config.attribute_kinds import HIERARCHY, IGNORED, LIST

OK, NOTE, WARNING = "ok", "note", "warning"
MAX_LINES = 40  # attributes of a source with a line of their own; the others are counted

AttributeFinding = tuple[str, str, str, str]  # source, level, finding, advice


def attribute_findings(con: duckdb.DuckDBPyConnection, schema: AttributeSchema) -> list[AttributeFinding]:
    """Report how each attribute is read, why one is ignored, and which paths contradict each other.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema.
    schema : AttributeSchema
        The schema of its tables.

    Returns
    -------
    list of (str, str, str, str)
        Source, level, finding and advice.
    """
    findings: list[AttributeFinding] = []
    for source in (ITEMS, USERS):
        found = schema.of(source)
        findings += [_line(source, column) for column in found[:MAX_LINES] if column.values]
        if len(found) > MAX_LINES:
            findings.append(_others(source, found[MAX_LINES:]))
        empty = [column.name for column in found if not column.values and column.name not in columns.SOURCES["items"]]
        if empty:
            findings.append((source.name, NOTE, f"Without any value: {_shortened(empty)}.", ""))
        findings += _wrong_paths(con, source, found)
    return findings


def _line(source: AttributeSource, column: AttributeColumn) -> AttributeFinding:
    many = f"{column.values} value{'' if column.values == 1 else 's'}, in {column.filled:.0%} of the rows".replace(
        "%", " %"
    )
    if column.kind == IGNORED:
        advice = ""
        if column.reason == UNSHARED:
            advice = (
                "Texts help as title or description. A code may contain a part that rows share. To read it as it is: "
                f"attribute_kinds := {{'{column.name}': 'category'}}."
            )
        return source.name, NOTE, f"Attribute {column.name}: ignored, since {column.reason} ({many}).", advice
    how = column.kind
    if column.binned:
        how += f" in {len(column.bounds) + 1} bins, near ones similar"
    elif column.separator and column.kind in (HIERARCHY, LIST):
        how += f" separated by {column.separator}"
    return source.name, OK, f"Attribute {column.name}: {how}; {many}.", _advice(source, column)


def _advice(source: AttributeSource, column: AttributeColumn) -> str:
    if source is ITEMS and column.name == columns.CATEGORY and column.separator not in ("", *FILTERED):
        return (
            f"Filters such as category := 'A' find 'A > B' too. For that, write in a view "
            f"replace(category, '{column.separator}', ' > ') AS category."
        )
    return ""


def _others(source: AttributeSource, others: tuple[AttributeColumn, ...]) -> AttributeFinding:
    used = sum(column.kind != IGNORED for column in others)
    return (
        source.name,
        OK,
        f"{len(others)} further attributes, of which {used} are read and {len(others) - used} ignored.",
        "FROM mmsql.attribute_schema lists the attributes of each model.",
    )


def _wrong_paths(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, found: tuple[AttributeColumn, ...]
) -> Iterator[AttributeFinding]:
    for column in found:
        if column.kind != HIERARCHY:
            continue
        pairs = contradictions(read_paths(con, source, column))
        if pairs:
            listed = _shortened([f"'{upper}' is above and below '{lower}'" for upper, lower in pairs])
            yield (
                source.name,
                WARNING,
                f"Paths of {column.name} contradict each other: {listed}.",
                "Each path is read from its own root. Check whether one of them is reversed.",
            )


def _shortened(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
