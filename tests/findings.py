"""Findings of ``mmsql check`` in tests."""

from __future__ import annotations

import duckdb

from mmsql.jobs.checks import Finding


def find(findings: list[Finding], start: str) -> Finding:
    """Give the one finding that begins so or says so."""
    found = [finding for finding in findings if start in finding.finding]
    assert len(found) == 1, [finding.finding for finding in findings]
    return found[0]


def none_of(findings: list[Finding], *parts: str) -> bool:
    return not any(part in finding.finding for finding in findings for part in parts)


def events(con: duckdb.DuckDBPyConnection, select: str) -> None:
    con.execute(f"INSERT INTO mmsql.interactions BY NAME {select}")


FINE = (
    "SELECT 'u' || (range % 10) AS user_id, 'i' || (range // 10 % 5) AS item_id, "
    "CASE WHEN range % 3 = 0 THEN 'buy' ELSE 'view' END AS event, "
    "TIMESTAMP '2024-01-01' + to_minutes(range * 997) AS ts FROM range(50)"
)
