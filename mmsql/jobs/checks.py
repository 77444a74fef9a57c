"""``mmsql check``: findings on the sources, and what models will learn from them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from mmsql import columns
from mmsql.config.attribute_kinds import named_kinds
from mmsql.data.sources import ID_SOURCES, READINGS, cast_of, differing_ids, source_types
from mmsql.db import serving, sqlfiles
from mmsql.db.schema import (
    LOG_TABLES,
    MACROS,
    RULE_TABLES,
    SOURCE_TABLES,
    VIEWS,
    has_todays_objects,
    source_views,
)
from mmsql.db.sqlfiles import quote_identifier
from mmsql.errors import SourceError

OK, NOTE, WARNING, PROBLEM = "ok", "note", "warning", "problem"

# In the order of their references.
TEMP_MACROS = ("check_count", "check_share", "check_counts", "check_is_in_category", "check_plain_id")
TABLES = ("check_facts", "check_user_sizes", "check_item_sizes", "check_catalog")
# One query a check. Each returns findings as source, level, finding, advice.
CHECKS = (
    ("interactions", "events_present"),
    ("interactions", "events_by_type"),
    ("interactions", "events_without_ids"),
    ("interactions", "events_without_time"),
    ("interactions", "events_out_of_time"),
    ("interactions", "events_tied"),
    ("interactions", "events_on_one_day"),
    ("interactions", "event_weights"),
    ("interactions", "users_small"),
    ("interactions", "users_large"),
    ("interactions", "users_evaluable"),
    ("items", "items_present"),
    ("items", "items_ids"),
    ("items", "items_unlisted"),
    ("items", "ids_in_two_forms"),
    ("items", "items_values"),
    ("comments", "comments_present"),
    ("comments", "comments_unusable"),
    ("images", "images_present"),
    ("users", "users_present"),
    ("users", "users_ids"),
    ("relations", "relations_present"),
    ("models", "model_inputs"),
    ("models", "rejects_present"),
)
RULES = "rules"
RULE_COLUMNS = ("rule", columns.ITEM, columns.CATEGORY, columns.BRAND, "factor", "starts_at", "ends_at")
SAMPLE_EVENTS = 1_000_000  # approximate number of events in a sample of the users


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding on the sources.

    Attributes
    ----------
    source : str
        The source; ``rules`` for the shop's rules, ``models`` for the inputs of models.
    level : {'ok', 'note', 'warning', 'problem'}
        The severity. With a problem, training stops or has no data.
    finding : str
        The observation, with counts.
    advice : str
        The advice; empty where there is nothing to do.
    """

    source: str
    level: str
    finding: str
    advice: str = ""


def check(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Check the sources, tables or views, before training.

    Nothing in the database changes, so it may be read-only. Only counts leave DuckDB.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to a database with mmsql's schema.

    Returns
    -------
    list of Finding
        By source, in the order of :data:`mmsql.columns.SOURCES`, then ``rules``, and ``models`` last.
    """
    types, findings = _structure(con)
    try:
        _prepare(con, types)
        for source, name in CHECKS:
            with _errors_as_findings(source, findings):
                parameters = {"sample": SAMPLE_EVENTS} if name == "events_tied" else None
                rows = con.execute(sqlfiles.query("checks", name), parameters).fetchall()
                findings += [Finding(source=s, level=v, finding=f, advice=a) for s, v, f, a in rows]
        with _errors_as_findings("items", findings):
            findings += _attributes(con, types)
        findings += _image_packages(con)
        with _errors_as_findings(RULES, findings):
            findings += _rules(con)
        with _errors_as_findings("models", findings):
            findings += _text_encoder(con, types)
            findings += _shadowing_names(con)
    except duckdb.Error as error:
        findings.append(_broken("interactions", error))
    finally:
        _drop(con)
    order = [*columns.SOURCES, RULES, "models"]
    return sorted(findings, key=lambda finding: order.index(finding.source))


@contextmanager
def _errors_as_findings(source: str, findings: list[Finding]) -> Iterator[None]:
    """Turn an error of DuckDB into a finding, such as a failing cast in a view."""
    try:
        yield
    except duckdb.Error as error:
        findings.append(_broken(source, error))


def _broken(source: str, error: duckdb.Error) -> Finding:
    return Finding(
        source=source,
        level=PROBLEM,
        finding=f"A source cannot be read: {str(error).splitlines()[0]}",
        advice="If it is a view, correct it: TRY_CAST gives NULL where a value does not fit.",
    )


def _structure(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Return the column types of each source, and findings on the sources that cannot be read."""
    findings: list[Finding] = []
    types: dict[str, dict[str, str]] = {}
    for source in columns.SOURCES:
        try:
            types[source] = source_types(con, source)
        except SourceError as error:
            types[source] = {}
            findings.append(_unreadable(con, source, error))
            continue
        findings += _missing_columns(source, types[source])
        for name in [name for name in types[source] if not _readable(con, source, name)]:
            wanted, kind = READINGS[name][0], types[source].pop(name)
            findings.append(
                Finding(
                    source=source,
                    level=PROBLEM,
                    finding=f"{name} is {kind} and cannot be read as {wanted}.",
                    advice=f"Change it in the view: {cast_of(name, kind)}.",
                )
            )
    return types, findings + _different_ids(con, types)


def _unreadable(con: duckdb.DuckDBPyConnection, source: str, error: SourceError) -> Finding:
    if source in source_views(con) or has_todays_objects(con):
        return Finding(source=source, level=PROBLEM, finding=str(error))
    return Finding(
        source=source,
        level=NOTE,
        finding=f"This file was made by an earlier mmsql, which had no {source}.",
        advice="Training adds the table. So does `mmsql init DB`.",
    )


def _missing_columns(source: str, types: dict[str, str]) -> list[Finding]:
    missing = [name for name in columns.SOURCES[source] if name not in types]
    needed = [name for name in missing if name in columns.REQUIRED[source]]
    optional = [name for name in missing if name not in needed]
    findings = []
    if needed:
        findings.append(
            Finding(
                source=source,
                level=PROBLEM,
                finding=f"mmsql.{source} lacks the required {', '.join(needed)}.",
                advice=f"Add the column to the view under that name: … AS {needed[0]}.",
            )
        )
    if optional:
        added = ", ".join(f"NULL AS {name}" for name in optional)
        findings.append(
            Finding(
                source=source,
                level=WARNING,
                finding=f"mmsql.{source} lacks {', '.join(optional)}.",
                advice=f"Training needs them. Where your data has none, add to the view: {added}.",
            )
        )
    return findings


def _readable(con: duckdb.DuckDBPyConnection, source: str, name: str) -> bool:
    if name not in READINGS or name not in columns.SOURCES[source]:
        return True
    reading = READINGS[name][1].format(f"s.{quote_identifier(name)}")
    try:
        con.execute(f"DESCRIBE SELECT {reading} FROM mmsql.{quote_identifier(source)} s")
    except duckdb.BinderException:
        return False
    return True


def _different_ids(con: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> list[Finding]:
    findings = []
    for name, found in differing_ids(con, types).items():
        wanted = types["interactions"][name]
        listed = ", ".join(f"{kind} in {source}" for source, kind in {"interactions": wanted, **found}.items())
        findings.append(
            Finding(
                source="interactions",
                level=PROBLEM,
                finding=f"{name} is {listed}.",
                advice=f"Ids need one type: write CAST({name} AS {wanted}) AS {name} in the views that differ.",
            )
        )
    return findings


def _prepare(con: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> None:
    """Create a view of each source with all its declared columns, and the tables that the checks share."""
    different = [
        name
        for name, sources in ID_SOURCES.items()
        if len({types[source][name] for source in sources if name in types.get(source, {})}) > 1
    ]
    for source, declared in columns.SOURCES.items():
        usable = all(name in types[source] for name in columns.REQUIRED[source])
        parts = []
        for name in declared:
            kind = READINGS[name][0] if name in READINGS else "VARCHAR"
            value = f"s.{quote_identifier(name)}"
            if name not in types[source]:
                value = f"CAST(NULL AS {kind})"
            elif name in READINGS or name in different:
                value = f"CAST({value} AS {kind})"
            parts.append(f"{value} AS {quote_identifier(name)}")
        origin = f"mmsql.{quote_identifier(source)}" if types[source] else "(SELECT 1)"
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW check_{source} AS SELECT {', '.join(parts)} FROM {origin} s WHERE {usable}"
        )
    for name in (*TEMP_MACROS, *TABLES):
        con.execute(sqlfiles.query("checks", name))


def _drop(con: duckdb.DuckDBPyConnection) -> None:
    for name in reversed(TABLES):
        con.execute(f"DROP TABLE IF EXISTS temp.{name}")
    for source in columns.SOURCES:
        con.execute(f"DROP VIEW IF EXISTS temp.check_{source}")
    for name in reversed(TEMP_MACROS):
        con.execute(f"DROP MACRO IF EXISTS temp.{name}")


def _attributes(con: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> list[Finding]:
    """Return findings on how the attributes of items and users are read."""
    from mmsql.attributes import infer_columns  # loads SciPy, which the other checks do not need
    from mmsql.attributes.findings import attribute_findings
    from mmsql.attributes.schema import ITEMS, USERS, AttributeSchema

    given = named_kinds(_deployed_attribute_kinds(con))
    found = {
        source.name: tuple(infer_columns(con, source, given))
        for source in (ITEMS, USERS)
        if source.id_column in types[source.name]
    }
    rows = attribute_findings(con, AttributeSchema(**found))
    return [Finding(source=s, level=v, finding=f, advice=a) for s, v, f, a in rows]


def _rules(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Return findings on ``mmsql.rules``, a table or a view."""
    if RULES not in source_views(con) and not has_todays_objects(con):
        return []  # files of an earlier mmsql have no rules
    try:
        missing = [name for name in RULE_COLUMNS if name not in source_types(con, RULES)]
    except SourceError as error:
        return [Finding(source=RULES, level=PROBLEM, finding=str(error))]
    if missing:
        return [
            Finding(
                source=RULES,
                level=PROBLEM,
                finding=f"mmsql.rules lacks {', '.join(missing)}, so that no list can be made.",
                advice=f"Add to the view: {', '.join(f'NULL AS {name}' for name in missing)}.",
            )
        ]
    rows = con.execute(sqlfiles.query("checks", "rules_active")).fetchall()
    return [Finding(source=s, level=v, finding=f, advice=a) for s, v, f, a in rows]


def _deployed_attribute_kinds(con: duckdb.DuckDBPyConnection) -> str:
    """Return the option attribute_kinds of the deployed model."""
    rows = con.execute(
        "SELECT m.config ->> 'attribute_kinds' FROM mmsql.models m WHERE m.model = ?", [serving.deployed_model(con)]
    ).fetchall()
    return rows[0][0] or "" if rows else ""


def _text_encoder(con: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> list[Finding]:
    """Return a finding on the text encoder, with the package to install where texts are mostly not English."""
    from mmsql.db.settings import get_setting
    from mmsql.encoders.encoder_choice import encoder_for_texts

    if columns.BODY not in types["comments"] or not {columns.TITLE, columns.DESCRIPTION} <= set(types["items"]):
        return []
    some = (
        "SELECT 1 FROM check_comments k WHERE k.body <> '' UNION ALL SELECT 1 FROM check_items i WHERE i.title <> ''"
    )
    if not con.execute(f"{some} LIMIT 1").fetchall():
        return []
    known = get_setting(con, "encoder")
    if known is not None:
        found = f"Texts are read by {known}, the encoder of the deployed model."
        return [Finding(source="models", level=OK, finding=found)]
    chosen = encoder_for_texts(con)
    found = f"Texts will be read by {chosen.name}. {chosen.note}".strip()
    return [Finding(source="models", level=NOTE if "pip install" in chosen.note else OK, finding=found)]


def _shadowing_names(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Return a finding on objects of the schema ``main`` that take the short names of mmsql."""
    public = [name for _, name in MACROS if not name.startswith("_")]
    names = [*SOURCE_TABLES, *RULE_TABLES, *LOG_TABLES, *VIEWS, *public]
    rows = con.execute(sqlfiles.query("checks", "shadowing_names"), {"names": names}).fetchall()
    return [Finding(source=s, level=v, finding=f, advice=a) for s, v, f, a in rows]


def _image_packages(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Return a finding where there are images but the packages of the image encoder are not installed."""
    from mmsql.db.settings import get_setting
    from mmsql.encoders.cnn import is_installed
    from mmsql.encoders.names import DEFAULT_IMAGE_ENCODER

    wanted = get_setting(con, "image_encoder") or DEFAULT_IMAGE_ENCODER
    if wanted != DEFAULT_IMAGE_ENCODER or is_installed():
        return []
    if not con.execute("SELECT 1 FROM check_images g LIMIT 1").fetchall():
        return []
    return [
        Finding(
            source="images",
            level=NOTE,
            finding="Images will be left out: the packages that read them are not installed.",
            advice="Run `pip install 'mmsql[images]'`.",
        )
    ]
