"""What the columns of items and users are: from their types and values, or as an analyst says."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb

from mmsql import columns
from mmsql.attributes.bins import BINS, bounds_of
from mmsql.attributes.counting import MANY, Look, Spread, Values, aggregates, counted, is_text
from mmsql.attributes.paths import SEPARATORS, lists_are_paths, split_kind
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, Described
from mmsql.attributes.statements import LEAVES, NUMBERS, leaves
from mmsql.config.kinds import BOOLEAN, CATEGORY, DATE, HIERARCHY, IGNORED, LIST, NUMBER, named_kinds
from mmsql.errors import unknown_option

DATES = ("DATE", "TIMESTAMP")
FREE_TEXT_SHARE = 0.5  # of rows with a value: a column with more different values than this is not an attribute
LIST_SHARE = 0.8  # of the entries of lists, likewise: those of a list are shared more rarely, and say enough
SENTENCE = 60  # letters: texts that are longer on average are no names of categories
MOSTLY = 0.9  # of the values must be numbers, dates or JSON for a text to be read as such
NUMBERED = 100  # rows from which whole numbers that never come twice, and leave few out, are those of rows
FIELDS = 200  # of a JSON column, those that most rows have
TOGETHER = 8  # columns whose values are counted in one pass: of more, planning takes longer than the passes do
CODE = re.compile(r"(?i:(^|_|\.)(id|ids|code|zip|zip_?code|postcode|sku|ean|upc|gtin|asin|isbn)$)|[a-z](Id|ID|Code)$")

UNSHARED = "nearly all its values differ"


def infer_schema(con: duckdb.DuckDBPyConnection, kinds: str = "") -> AttributeSchema:
    """Infer what models read of items and of users.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema; what is counted in between lies in its temp tables.
    kinds : str
        Kinds by name that go before what is inferred, as :func:`~mmsql.config.kinds.kinds_text` writes them. A name
        may say of which source it is: ``users.age``.

    Returns
    -------
    AttributeSchema
        The same for the same rows, in whatever order they lie.

    Raises
    ------
    OptionError
        When ``kinds`` names what neither source has.
    """
    given = named_kinds(kinds)
    if given:  # to look costs two statements, and mostly nothing is said
        there = kinds_there(con, given)
        for name in given:
            if name not in there:
                raise unknown_option("attribute in attribute_kinds:", name, attributes_of(con))
    return AttributeSchema(*(tuple(infer_columns(con, described, given)) for described in (ITEMS, USERS)))


def kinds_there(con: duckdb.DuckDBPyConnection, given: dict[str, str]) -> dict[str, str]:
    """Return those of kinds by name whose column items or users have; of a field, that of its document."""
    known = attributes_of(con)
    return {
        name: kind
        for name, kind in given.items()
        if any(name == column or name.startswith(f"{column}.") for column in known)
    }


def attributes_of(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of columns that are attributes, alone and after that of their source."""
    found = {described.source: _typed(con, described) for described in (ITEMS, USERS)}
    alone = dict.fromkeys(name for typed in found.values() for name, _ in typed)
    return [*alone, *(f"{source}.{name}" for source, typed in found.items() for name, _ in typed)]


def infer_columns(
    con: duckdb.DuckDBPyConnection, described: Described, given: dict[str, str] | None = None
) -> list[AttributeColumn]:
    """Infer what each attribute of a source is, in the order of the columns, fields of a JSON by name."""
    said = _said(given or {}, described)
    typed = _typed(con, described)
    found: dict[str, list[AttributeColumn]] = {}
    (total,) = con.execute(f"SELECT count(*) FROM mmsql.{described.source}").fetchall()[0]
    nested = []
    for start in range(0, len(typed), TOGETHER):
        some = typed[start : start + TOGETHER]
        for (name, kind), values in zip(some, counted(con, described, some), strict=True):
            look = Look(con, described, name, kind, total, values)
            if _is_nested(look, said):
                nested.append(name)
            else:
                found[name] = [_decided(look, said.get(name))]
    found |= _nested_columns(con, described, {name: kind for name, kind in typed if name in nested}, total, said)
    return [column for name, _ in typed for column in found[name]]


def _typed(con: duckdb.DuckDBPyConnection, described: Described) -> list[tuple[str, str]]:
    rows = con.execute(f"DESCRIBE SELECT * FROM mmsql.{described.source}").fetchall()
    return [(name, kind) for name, kind, *_ in rows if name not in described.without]


def _said(given: dict[str, str], described: Described) -> dict[str, str]:
    prefix = described.source + "."
    own = {name.removeprefix(prefix): kind for name, kind in given.items() if name.startswith(prefix)}
    return given | own


def _is_vector(sql_type: str) -> bool:
    return sql_type.endswith("]") and (
        sql_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")) or (sql_type[-2] != "[" and sql_type.startswith(NUMBERS))
    )


def _is_nested(look: Look, said: dict[str, str]) -> bool:
    if said.get(look.name) == IGNORED or _is_vector(look.sql_type) or look.name == columns.BRAND:
        return False
    if look.sql_type.endswith("]") or look.sql_type.startswith(("STRUCT(", "MAP(")) or look.sql_type == "JSON":
        return True
    return bool(look.values.documents) and look.values.documents >= MOSTLY * look.values.filled


def _decided(look: Look, said: str | None = None) -> AttributeColumn:
    """Say what one attribute is: as it was said, or else as it looks."""
    values = look.values
    plain = AttributeColumn(
        name=look.name,
        kind=CATEGORY,
        column=look.column or look.name,
        values=values.different,
        filled=round(min(values.filled / look.entries, look.rows) / max(look.rows, 1), 4),
        nested=bool(look.column),
    )
    if said is not None:
        return _as_said(look, plain, said)
    if not values.filled:
        return replace(plain, kind=IGNORED, reason="it has no value" if look.rows else "there are no rows")
    if look.sql_type == "BLOB" or _is_vector(look.sql_type):
        what = "bytes" if look.sql_type == "BLOB" else "a vector of numbers"
        return replace(plain, kind=IGNORED, reason=f"it is {what}")
    if look.name == columns.CATEGORY and not look.column:
        return _category(look, plain)
    if look.name == columns.BRAND and not look.column:  # an attribute by declaration, however many brands there are
        return plain
    if values.different == 1 and values.filled >= look.rows:
        return replace(plain, kind=IGNORED, reason="all rows have the same value")
    return _looked_at(look, plain)


def _looked_at(look: Look, plain: AttributeColumn) -> AttributeColumn:
    values, sql_type = look.values, look.sql_type
    if sql_type == "BOOLEAN":
        return replace(plain, kind=BOOLEAN)
    if look.listed:
        return _list(look, plain)
    if sql_type.startswith(DATES) or (is_text(sql_type) and values.dates >= MOSTLY * values.filled):
        return _number(look, plain, DATE)
    if _is_number(look):
        spread = look.spread()
        if _numbers_rows(look, spread):
            return replace(plain, kind=IGNORED, reason="it numbers the rows")
        if not CODE.search(look.name):
            return _number(look, plain, NUMBER, spread)
    if is_text(sql_type):
        split = split_kind(look.most_frequent(), _shares(values)) if any(values.separators) else None
        if split is not None:
            return replace(plain, kind=split[0], separator=split[1])
    return _unless_free(look, plain, FREE_TEXT_SHARE)


def _list(look: Look, plain: AttributeColumn) -> AttributeColumn:
    """Read a list: of paths, where its entries are; or else of values, numbers too."""
    paths = split_kind(look.most_frequent(), _shares(look.values)) if any(look.values.separators) else None
    if paths is not None and paths[0] == HIERARCHY:
        return replace(plain, kind=HIERARCHY, separator=paths[1])
    return _unless_free(look, replace(plain, kind=LIST), LIST_SHARE)


def _unless_free(look: Look, plain: AttributeColumn, most: float) -> AttributeColumn:
    """Leave out what rows do not share."""
    values = look.values
    if values.different > max(most * values.filled, BINS):
        return replace(plain, kind=IGNORED, reason=UNSHARED)
    if values.length > SENTENCE:
        return replace(plain, kind=IGNORED, reason="it is text: make it part of title or description")
    return plain


def _is_number(look: Look) -> bool:
    values = look.values
    if look.sql_type.startswith(NUMBERS):
        return values.numbers > 0
    mostly = MOSTLY * values.filled
    return is_text(look.sql_type) and values.numbers >= mostly and not values.led_by_zero


def _numbers_rows(look: Look, spread: Spread) -> bool:
    """Tell whether numbers are those of rows: whole, none twice, and called so or leaving few out."""
    filled = look.values.filled
    if not look.values.different == filled == spread.whole or spread.lowest is None or spread.highest is None:
        return False
    leaves_few_out = filled >= NUMBERED and spread.highest - spread.lowest < 2 * filled
    return bool(CODE.search(look.name)) or leaves_few_out


def _shares(values: Values) -> dict[str, float]:
    return {sep: count / max(values.filled, 1) for sep, count in zip(SEPARATORS, values.separators, strict=True)}


def _number(look: Look, plain: AttributeColumn, kind: str, spread: Spread | None = None) -> AttributeColumn:
    """Cut a number or a date into bins, unless it has few values."""
    few = replace(plain, kind=CATEGORY if kind == NUMBER else kind)
    if look.values.different <= BINS:
        return few
    date = kind == DATE
    spread = spread or look.spread(date)
    lowest, second = spread.lowest, None
    if lowest is not None and not any(bound > lowest for bound in spread.quantiles):
        second = look.second_lowest(lowest, date)
    bounds = bounds_of(lowest, spread.quantiles, second)
    if not bounds:
        return few
    whole = kind == NUMBER and spread.whole == look.values.numbers
    return replace(plain, kind=kind, bounds=bounds, step=1.0 if whole else 0.0)


def _category(look: Look, plain: AttributeColumn) -> AttributeColumn:
    """Read the declared category, which is a path, whatever separates it; ``>`` where nothing speaks for another."""
    shares = _shares(look.values) if is_text(look.sql_type) else {}
    split = split_kind(look.most_frequent(), shares, declared=True) if shares and not shares[">"] else None
    return replace(plain, kind=split[0] if split else HIERARCHY, separator=split[1] if split else ">")


def _as_said(look: Look, plain: AttributeColumn, said: str) -> AttributeColumn:
    """Read an attribute as the analyst says; what cannot be read so has no value then."""
    if said in (NUMBER, DATE):
        return _number(look, plain, said)
    if said in (HIERARCHY, LIST) and not look.listed and is_text(look.sql_type):
        most = max(_shares(look.values).items(), key=lambda share: share[1], default=(">", 0))
        return replace(plain, kind=said, separator=most[0] if most[1] else ">")
    return replace(plain, kind=said, reason="attribute_kinds says so" if said == IGNORED else "")


def _nested_columns(
    con: duckdb.DuckDBPyConnection, described: Described, types: dict[str, str], rows: int, said: dict[str, str]
) -> dict[str, list[AttributeColumn]]:
    """Look into lists, structs, maps and JSON: their fields are attributes."""
    found: dict[str, list[AttributeColumn]] = {}
    for name in types:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {LEAVES} AS {leaves(described, name)}")
        try:
            counted = con.execute(
                f"SELECT v.attribute, count(DISTINCT v.line), count(*), "
                f"{aggregates('v.value', 'VARCHAR')} "
                f"FROM {LEAVES} v WHERE v.value IS NOT NULL GROUP BY v.attribute "
                f"ORDER BY count(DISTINCT v.line) DESC, v.attribute"
            ).fetchall()
            looks = [
                Look(
                    con,
                    described,
                    attribute,
                    "VARCHAR",
                    rows,
                    Values.of(counts),
                    name,
                    entries / filled,
                    entries > filled or (attribute == name and types[name].endswith("]")),
                )
                for attribute, filled, entries, counts in counted
            ]
            used = [_nested_column(look, said) for look in looks[:FIELDS]]
            left = [
                replace(_decided(look, IGNORED), reason=f"only the {FIELDS} fields most rows have are read")
                for look in looks[FIELDS : 2 * FIELDS]
            ]
        finally:
            con.execute(f"DROP TABLE IF EXISTS temp.{LEAVES}")
        none = AttributeColumn(name, IGNORED, name, reason="it has no value", nested=True)
        found[name] = sorted([*used, *left], key=lambda column: column.name) or [none]
    return found


def _nested_column(look: Look, said: dict[str, str]) -> AttributeColumn:
    decided = _decided(look, said.get(look.name))
    if look.name != look.column or not look.listed or look.name in said or decided.kind != LIST:
        return decided
    return replace(decided, kind=HIERARCHY) if lists_are_paths(_lists(look)) else decided


def _lists(look: Look) -> list[list[str]]:
    rows = look.con.execute(
        f"SELECT DISTINCT list(v.value ORDER BY v.place) AS parts FROM {LEAVES} v WHERE v.attribute = ? "
        f"AND v.value IS NOT NULL GROUP BY v.line ORDER BY parts LIMIT {MANY}",
        [look.name],
    ).fetchall()
    return [parts for (parts,) in rows]
