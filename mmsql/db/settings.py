"""Settings of a file, in ``mmsql.settings``."""

from __future__ import annotations

import duckdb


def get_setting(con: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """Return the value of a setting, or None."""
    rows = con.execute("SELECT s.value FROM mmsql.settings s WHERE s.key = ?", [key]).fetchall()
    return rows[0][0] if rows else None


def read_settings(con: duckdb.DuckDBPyConnection) -> dict[str, str] | None:
    """Return all settings of a file in one query, or None where it has no mmsql schema."""
    try:
        rows = con.execute("SELECT s.key, s.value FROM mmsql.settings s").fetchall()
    except duckdb.CatalogException:
        return None
    return dict(rows)


def set_setting(con: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Store a setting in place of its earlier value."""
    con.execute("INSERT OR REPLACE INTO mmsql.settings VALUES (?, ?)", [key, value])
