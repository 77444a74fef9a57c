"""The settings that a file keeps."""

from __future__ import annotations

import duckdb


def get_setting(con: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """Return a setting's value, or None."""
    rows = con.execute("SELECT s.value FROM mmsql.settings s WHERE s.key = ?", [key]).fetchall()
    return rows[0][0] if rows else None


def set_setting(con: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Store a setting, replacing what it was."""
    con.execute("INSERT OR REPLACE INTO mmsql.settings VALUES (?, ?)", [key, value])
