"""Inference of the attribute schema from column types and values, or as attribute_kinds says."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from mmsql import columns
from mmsql.attributes.bins import BINS, bounds_of
from mmsql.attributes.category_paths import SEPARATORS, join_names, lists_are_paths, split_kind
from mmsql.attributes.profiles import (
    MAX_DISTINCT,
    ColumnProfile,
    NumberRange,
    ValueCounts,
    count_struct_sql,
    count_values,
    is_text,
)
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, AttributeSource
from mmsql.attributes.value_sql import LEAVES, NUMBERS, leaves_sql
from mmsql.config.attribute_kinds import BOOLEAN, CATEGORY, DATE, HIERARCHY, IGNORED, LIST, NUMBER, named_kinds
from mmsql.errors import unknown_option

DATES = ("DATE", "TIMESTAMP")
MAX_DISTINCT_SHARE = 0.5  # of the rows with a value: a column with more different values is not an attribute
MAX_LIST_DISTINCT_SHARE = 0.8  # the same for entries of lists, which rows share more rarely
MAX_CATEGORY_LENGTH = 60  # characters: longer texts, on average, are not names of categories
MOSTLY = 0.9  # smallest share of numbers, dates or JSON among the values of a text that is read as such
MIN_NUMBERED_ROWS = 100  # rows from which different whole numbers with few gaps are row numbers
MAX_FIELDS = 200  # fields read of a JSON column: those that most rows have
COLUMNS_PER_QUERY = 8  # columns count_values in one query: planning more takes longer than further queries
CODE = re.compile(r"(?i:(^|_|\.)(id|ids|code|zip|zip_?code|postcode|sku|ean|upc|gtin|asin|isbn)$)|[a-z](Id|ID|Code)$")

UNSHARED = "nearly all its values differ"


def infer_schema(con: duckdb.DuckDBPyConnection, kinds: str = "") -> AttributeSchema:
    """Infer the attributes of items and of users that models read.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema. Temp tables hold intermediate counts.
    kinds : str
        Kinds by name, as :func:`~mmsql.config.attribute_kinds.kinds_text` writes them. They replace inferred kinds. A
        name may include its source: ``users.age``.

    Returns
    -------
    AttributeSchema
        Always the same for the same rows, in any order.

    Raises
    ------
    OptionError
        When ``kinds`` names an attribute that neither source has.
    """
    given = named_kinds(kinds)
    if given:  # the check costs two statements, and mostly no kinds are given
        known = known_kinds(con, given)
        for name in given:
            if name not in known:
                raise unknown_option("attribute in attribute_kinds:", name, attributes_of(con))
    return AttributeSchema(*(tuple(infer_columns(con, source, given)) for source in (ITEMS, USERS)))


def known_kinds(con: duckdb.DuckDBPyConnection, given: dict[str, str]) -> dict[str, str]:
    """Return the given kinds whose column items or users have; for a field, the column of its document."""
    known = attributes_of(con)
    return {
        name: kind
        for name, kind in given.items()
        if any(name == column or name.startswith(f"{column}.") for column in known)
    }


def attributes_of(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of attribute columns, each with and without the name of its source."""
    found = {source.name: _typed(con, source) for source in (ITEMS, USERS)}
    names = dict.fromkeys(name for typed in found.values() for name, _ in typed)
    return [*names, *(f"{source}.{name}" for source, typed in found.items() for name, _ in typed)]


def infer_columns(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, given: dict[str, str] | None = None
) -> list[AttributeColumn]:
    """Infer each attribute of a source, in the order of the columns; fields of a JSON column by name."""
    kinds = _kinds_of_source(given or {}, source)
    typed = _typed(con, source)
    found: dict[str, list[AttributeColumn]] = {}
    (total,) = con.execute(f"SELECT count(*) FROM mmsql.{source.name}").fetchall()[0]
    nested = []
    for start in range(0, len(typed), COLUMNS_PER_QUERY):
        some = typed[start : start + COLUMNS_PER_QUERY]
        for (name, sql_type), counts in zip(some, count_values(con, source, some), strict=True):
            profile = ColumnProfile(con, source, name, sql_type, total, counts)
            if _is_nested(profile, kinds):
                nested.append(name)
            else:
                found[name] = [_infer_column(profile, kinds.get(name))]
    types = {name: sql_type for name, sql_type in typed if name in nested}
    found |= _nested_columns(con, source, types, total, kinds)
    return [column for name, _ in typed for column in found[name]]


def _typed(con: duckdb.DuckDBPyConnection, source: AttributeSource) -> list[tuple[str, str]]:
    rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{source.name}").fetchall()
    return [(name, kind) for name, kind, *_ in rows if name not in source.excluded]


def _kinds_of_source(given: dict[str, str], source: AttributeSource) -> dict[str, str]:
    prefix = source.name + "."
    own = {name.removeprefix(prefix): kind for name, kind in given.items() if name.startswith(prefix)}
    return given | own


def _is_vector(sql_type: str) -> bool:
    return sql_type.endswith("]") and (
        sql_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")) or (sql_type[-2] != "[" and sql_type.startswith(NUMBERS))
    )


def _is_nested(profile: ColumnProfile, kinds: dict[str, str]) -> bool:
    if kinds.get(profile.name) == IGNORED or _is_vector(profile.sql_type) or profile.name == columns.BRAND:
        return False
    if (
        profile.sql_type.endswith("]")
        or profile.sql_type.startswith(("STRUCT(", "MAP("))
        or profile.sql_type == "JSON"
    ):
        return True
    return bool(profile.counts.documents) and profile.counts.documents >= MOSTLY * profile.counts.filled


def _infer_column(profile: ColumnProfile, kind: str | None = None) -> AttributeColumn:
    """Read one attribute as the given kind, or else infer its kind."""
    counts = profile.counts
    plain = AttributeColumn(
        name=profile.name,
        kind=CATEGORY,
        column=profile.column or profile.name,
        values=counts.different,
        filled=round(min(counts.filled / profile.entries, profile.rows) / max(profile.rows, 1), 4),
        nested=bool(profile.column),
    )
    if kind is not None:
        return _with_given_kind(profile, plain, kind)
    if not counts.filled:
        return replace(plain, kind=IGNORED, reason="it has no value" if profile.rows else "there are no rows")
    if profile.sql_type == "BLOB" or _is_vector(profile.sql_type):
        what = "bytes" if profile.sql_type == "BLOB" else "a vector of numbers"
        return replace(plain, kind=IGNORED, reason=f"it is {what}")
    if profile.name == columns.CATEGORY and not profile.column:
        return _category(profile, plain)
    if profile.name == columns.BRAND and not profile.column:  # always an attribute, for any number of brands
        return plain
    if counts.different == 1 and counts.filled >= profile.rows:
        return replace(plain, kind=IGNORED, reason="all rows have the same value")
    return _infer_from_values(profile, plain)


def _infer_from_values(profile: ColumnProfile, plain: AttributeColumn) -> AttributeColumn:
    counts, sql_type = profile.counts, profile.sql_type
    if sql_type == "BOOLEAN":
        return replace(plain, kind=BOOLEAN)
    if profile.listed:
        return _list(profile, plain)
    if sql_type.startswith(DATES) or (is_text(sql_type) and counts.dates >= MOSTLY * counts.filled):
        return _number(profile, plain, DATE)
    if _is_number(profile):
        numbers = profile.number_range()
        if _are_row_numbers(profile, numbers):
            return replace(plain, kind=IGNORED, reason="it numbers the rows")
        if not CODE.search(profile.name):
            return _number(profile, plain, NUMBER, numbers)
    if is_text(sql_type):
        split = split_kind(profile.most_frequent(), _shares(counts)) if any(counts.separators) else None
        if split is not None:
            return replace(plain, kind=split[0], separator=split[1])
    return _unless_free_text(profile, plain, MAX_DISTINCT_SHARE)


def _list(profile: ColumnProfile, plain: AttributeColumn) -> AttributeColumn:
    """Read a list as paths, where its entries are paths, or else as values, numbers included."""
    paths = split_kind(profile.most_frequent(), _shares(profile.counts)) if any(profile.counts.separators) else None
    if paths is not None and paths[0] == HIERARCHY:
        return replace(plain, kind=HIERARCHY, separator=paths[1])
    return _unless_free_text(profile, replace(plain, kind=LIST), MAX_LIST_DISTINCT_SHARE)


def _unless_free_text(profile: ColumnProfile, plain: AttributeColumn, most: float) -> AttributeColumn:
    """Ignore a column whose values rows do not share."""
    counts = profile.counts
    if counts.different > max(most * counts.filled, BINS):
        return replace(plain, kind=IGNORED, reason=UNSHARED)
    if counts.length > MAX_CATEGORY_LENGTH:
        return replace(plain, kind=IGNORED, reason="it is text: make it part of title or description")
    return plain


def _is_number(profile: ColumnProfile) -> bool:
    counts = profile.counts
    if profile.sql_type.startswith(NUMBERS):
        return counts.numbers > 0
    mostly = MOSTLY * counts.filled
    return is_text(profile.sql_type) and counts.numbers >= mostly and not counts.zero_led


def _are_row_numbers(profile: ColumnProfile, numbers: NumberRange) -> bool:
    """Return whether numbers are row numbers: whole, all different, and with the name of a code or few gaps."""
    filled = profile.counts.filled
    if not profile.counts.different == filled == numbers.whole or numbers.lowest is None or numbers.highest is None:
        return False
    has_few_gaps = filled >= MIN_NUMBERED_ROWS and numbers.highest - numbers.lowest < 2 * filled
    return bool(CODE.search(profile.name)) or has_few_gaps


def _shares(counts: ValueCounts) -> dict[str, float]:
    return {sep: count / max(counts.filled, 1) for sep, count in zip(SEPARATORS, counts.separators, strict=True)}


def _number(
    profile: ColumnProfile, plain: AttributeColumn, kind: str, numbers: NumberRange | None = None
) -> AttributeColumn:
    """Cut a number or a date into bins, unless it has few values."""
    few = replace(plain, kind=CATEGORY if kind == NUMBER else kind)
    if profile.counts.different <= BINS:
        return few
    date = kind == DATE
    numbers = numbers or profile.number_range(date)
    lowest, second = numbers.lowest, None
    if lowest is not None and not any(bound > lowest for bound in numbers.quantiles):
        second = profile.second_lowest(lowest, date)
    bounds = bounds_of(lowest, numbers.quantiles, second)
    if not bounds:
        return few
    whole = kind == NUMBER and numbers.whole == profile.counts.numbers
    return replace(plain, kind=kind, bounds=bounds, step=1.0 if whole else 0.0)


def _category(profile: ColumnProfile, plain: AttributeColumn) -> AttributeColumn:
    """Read the declared category as a path with its separator, or as single values where it has none."""
    if not is_text(profile.sql_type):
        return replace(plain, kind=CATEGORY)
    values, shares = profile.most_frequent(), _shares(profile.counts)
    if shares[">"] and join_names(values, ">"):
        return replace(plain, kind=HIERARCHY, separator=">")
    split = split_kind(values, shares, declared=True)
    return replace(plain, kind=split[0], separator=split[1]) if split else replace(plain, kind=CATEGORY)


def _with_given_kind(profile: ColumnProfile, plain: AttributeColumn, kind: str) -> AttributeColumn:
    """Read an attribute as the analyst's kind; a value that does not fit the kind counts as missing."""
    if kind in (NUMBER, DATE):
        return _number(profile, plain, kind)
    if kind in (HIERARCHY, LIST) and not profile.listed and is_text(profile.sql_type):
        most = max(_shares(profile.counts).items(), key=lambda share: share[1], default=(">", 0))
        return replace(plain, kind=kind, separator=most[0] if most[1] else ">")
    return replace(plain, kind=kind, reason="attribute_kinds says so" if kind == IGNORED else "")


def _nested_columns(
    con: duckdb.DuckDBPyConnection, source: AttributeSource, types: dict[str, str], rows: int, kinds: dict[str, str]
) -> dict[str, list[AttributeColumn]]:
    """Infer the fields of lists, structs, maps and JSON, each as an attribute."""
    found: dict[str, list[AttributeColumn]] = {}
    for name in types:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves_sql(source, name)}")
        try:
            rows_of_fields = con.execute(
                f"SELECT v.attribute, count(DISTINCT v.line), count(*), "
                f"{count_struct_sql('v.value', 'VARCHAR')} "
                f"FROM {LEAVES} v WHERE v.value IS NOT NULL GROUP BY v.attribute "
                f"ORDER BY count(DISTINCT v.line) DESC, v.attribute"
            ).fetchall()
            profiles = [
                ColumnProfile(
                    con,
                    source,
                    attribute,
                    "VARCHAR",
                    rows,
                    ValueCounts.of(counts),
                    name,
                    entries / filled,
                    entries > filled or (attribute == name and types[name].endswith("]")),
                )
                for attribute, filled, entries, counts in rows_of_fields
            ]
            used = [_nested_column(profile, kinds) for profile in profiles[:MAX_FIELDS]]
            left = [
                replace(
                    _infer_column(profile, IGNORED), reason=f"only the {MAX_FIELDS} fields most rows have are read"
                )
                for profile in profiles[MAX_FIELDS : 2 * MAX_FIELDS]
            ]
        finally:
            con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")
        none = AttributeColumn(name, IGNORED, name, reason="it has no value", nested=True)
        found[name] = sorted([*used, *left], key=lambda column: column.name) or [none]
    return found


def _nested_column(profile: ColumnProfile, kinds: dict[str, str]) -> AttributeColumn:
    inferred = _infer_column(profile, kinds.get(profile.name))
    if profile.name != profile.column or not profile.listed or profile.name in kinds or inferred.kind != LIST:
        return inferred
    return replace(inferred, kind=HIERARCHY) if lists_are_paths(_lists(profile)) else inferred


def _lists(profile: ColumnProfile) -> list[list[str]]:
    rows = profile.con.execute(
        f"SELECT DISTINCT list(v.value ORDER BY v.position) AS parts FROM {LEAVES} v WHERE v.attribute = ? "
        f"AND v.value IS NOT NULL GROUP BY v.line ORDER BY parts LIMIT {MAX_DISTINCT}",
        [profile.name],
    ).fetchall()
    return [parts for (parts,) in rows]
