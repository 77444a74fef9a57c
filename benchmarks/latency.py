"""Latency of one answer in plain DuckDB, and memory of lists for many users.

    python benchmarks/latency.py [--items 10000,100000] [--releases 1.5.5,2.0.0] [--rounds 30] [--before FOLDER]

Synthetic shops of 50,000 users with 50 events each and 150 edges an item, with and without vectors; and a real one of
12,101 items, s3rec_beauty, with a trained `graph`. The process that queries has only DuckDB, opens the files
read-only and imports nothing of mmsql. With --before, a copy of the file answers the same queries in the same
process, in turns. An earlier version of mmsql, in a folder with its own .venv, writes its macros and tables to the
copy.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from workspace import BENCH, ROOT, connect, database, table, write_section

from mmsql.db import serving

USERS, EVENTS, EDGES, SIZE = 50_000, 50, 150, 64
FOLDER = BENCH / "latency"
REAL, REAL_USERS, REAL_ITEMS = "s3rec_beauty", 22_363, 12_101
CALLS = {
    "recommend": "FROM mmsql.recommend('U{user:06d}')",
    "recommend, no history": "FROM mmsql.recommend('visitor {user}')",
    "recommend, filters": "FROM mmsql.recommend('U{user:06d}', max_price := 99, per_category := 3)",
    "recommend_session": "FROM mmsql.recommend_session(['P{item:06d}', 'P{user:06d}', 'P000007'])",
    "similar_items": "FROM mmsql.similar_items('P{item:06d}')",
    "explain": "FROM mmsql.explain('U{user:06d}', 'P{item:06d}')",
}
HEADS = ["shop", "DuckDB", "question", "median, ms", "p95", "CPU", "planning", "before, ms", "CPU", "planning"]
NOTES = """
{users:,} users with {events} events each, {edges} edges an item; `blend` has vectors of {size} numbers for users
and items too. `s3rec_beauty` has 22,363 users with 8.9 events each, and a trained `graph`. Queries run in a process
with plain DuckDB and one thread, read-only, with another user or item each time; medians of {rounds} rounds.
Planning is the time of PREPARE, and part of the median.{before}
"""
EACH = "SELECT count(*) FROM mmsql.recommend_each(users := {})"
MADE = {"users": USERS, "known": USERS - 500, "events": EVENTS, "edges": EDGES, "size": SIZE, "most": 2.0**64}
USER = "format('U{{:06d}}', u)"
ITEM = "format('P{{:06d}}', CAST(i * 7919 % {items} AS BIGINT))"  # ids do not follow popularity
NEIGHBOR = "format('P{{:06d}}', CAST((i + hash(i * 1000 + n)) % {items} * 7919 % {items} AS BIGINT))"
VECTOR = "list_transform(range({size}), lambda d: CAST(hash(%s * {size} + d) / {most} - 0.5 AS FLOAT))"
SOURCES = (
    f"INSERT INTO interactions SELECT {USER}, {ITEM}, CASE WHEN e % 10 = 0 THEN 'buy' ELSE 'view' END, NULL, ts "
    "FROM (SELECT u, e, CAST(floor(pow({items}, hash(u * 1000 + e) / {most})) - 1 AS BIGINT) AS i, "
    "TIMESTAMP '2025-01-01' + to_seconds(CAST(hash(u * 1000 + e + 7) % 31536000 AS BIGINT)) AS ts "
    "FROM range({users}) a(u), range({events}) b(e)) ORDER BY 1, 5",
    f"INSERT INTO items SELECT {ITEM}, 'Item ' || i, 'About item ' || i, "
    "'Part ' || (i % 12) || ' > Shelf ' || (i % 120), 'Brand ' || (i % 97), 5 + i % 200, i % 50 <> 7 "
    "FROM range({items}) t(i)",
    f"INSERT INTO users SELECT {USER} FROM range({{users}}) t(u)",
)
STATE = (
    "INSERT INTO deployments VALUES (1, 'made', now()::TIMESTAMP, NULL)",
    "INSERT INTO event_weights VALUES ('made', 'buy', 2), ('made', 'view', 1)",
    f"INSERT INTO catalog SELECT 'made', {ITEM}, 1000000 // (i + 1), 1e-3 * ln(1 + 1000000 // (i + 1)) "
    "FROM range({items}) t(i) ORDER BY 2",
    f"INSERT INTO item_edges SELECT 'made', {ITEM}, {NEIGHBOR}, CASE WHEN n < 100 THEN 'behavior' ELSE 'text' END, "
    "1 / (1 + n % 100) FROM range({items}) a(i), range({edges}) b(n) ORDER BY 2, n",
)
VECTORS = (
    f"INSERT INTO item_vectors SELECT 'made', {ITEM}, 'fused', {VECTOR % 'i'} FROM range({{items}}) t(i)",
    f"INSERT INTO user_vectors SELECT 'made', {USER}, {VECTOR % '(u + 7000000)'}, TIMESTAMP '2025-11-01' "
    "FROM range({known}) t(u)",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--items", type=lambda text: [int(size) for size in text.split(",")], default=[10_000, 100_000]
    )
    parser.add_argument("--releases", type=lambda text: text.split(","), default=["1.5.5", "2.0.0"])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument(
        "--each", type=lambda text: [int(size) for size in text.split(",")], default=[250, 1000, 4000]
    )
    parser.add_argument("--before", metavar="FOLDER", type=Path)
    given = parser.parse_args()
    lines, many = [], []
    shops = [("graph", REAL, real_files(given.before), real_calls(), REAL_USERS, REAL_ITEMS)] + [
        (kind, f"{items:,}", made_files(items, kind, given.before), CALLS, USERS - 500, items)
        for items in given.items
        for kind in ("graph", "blend")
    ]
    for kind, shop, files, calls, users, items in shops:
        for release in given.releases:
            job = {
                "files": files,
                "calls": calls,
                "rounds": given.rounds,
                "users": users,
                "items": items,
                "threads": 1,
            }
            lines += lines_of(f"{kind}, {shop}", release, asked(release, job))
            print(*lines[-len(calls) :], sep="\n", flush=True)
    for count in given.each:
        job = {
            "file": str(FOLDER / f"{given.items[0]}_graph.duckdb"),
            "call": EACH.format([f"U{user:06d}" for user in range(count)]),
            "threads": 1,
        }
        found = asked(given.releases[0], job)
        many.append([f"{count:,}", f"{found['rows']:,}", f"{found['seconds']:.2f}", f"{found['mib']:.0f}"])
    before = " Before: the macros of an earlier version." if given.before else ""
    facts = {"users": USERS, "events": EVENTS, "edges": EDGES, "size": SIZE, "rounds": given.rounds}
    body = NOTES.strip().format(**facts, before=before) + "\n\n" + table(HEADS, lines)
    body += f"\n\n`recommend_each` for some users of the `graph` shop with {given.items[0]:,} items, "
    body += f"DuckDB {given.releases[0]}, memory beyond that of one user:\n\n"
    body += table(["users", "rows", "s", "MiB"], many)
    write_section("latency", "Latency: one answer in plain DuckDB", body, 1)
    print(body)


def asked(release: str, job: dict[str, Any]) -> dict[str, Any]:
    """Run the queries in a process with a release of DuckDB only."""
    command = [sys.executable, "-S", str(Path(__file__).with_name("latency_worker.py"))]
    done = subprocess.run(
        [*command, str(ROOT / ".duckdb" / release), json.dumps(job)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def lines_of(shop: str, release: str, found: dict[str, dict[str, dict[str, float]]]) -> list[list[str]]:
    """Return the lines of one shop and release."""

    def shown(row: dict[str, float], names: tuple[str, ...]) -> list[str]:
        return [f"{row[name]:.1f}" if row else "" for name in names]

    return [
        [
            *(shop, release, question),
            *shown(rows["after"], ("median", "p95", "cpu", "planning")),
            *shown(rows.get("before", {}), ("median", "cpu", "planning")),
        ]
        for question, rows in found.items()
    ]


def made_files(items: int, kind: str, before: Path | None) -> dict[str, str]:
    """Return a synthetic shop, and its copy with the macros of an earlier version if one is given."""
    path = FOLDER / f"{items}_{kind}.duckdb"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        make_shop(path, items, kind)
    return with_earlier(path, before)


def real_files(before: Path | None) -> dict[str, str]:
    """Return a file of the real shop with a trained model, and its copy with the macros of an earlier version."""
    path = FOLDER / f"{REAL}_graph.duckdb"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        shutil.copy(database(REAL), part)
        with connect(part, 1) as con:
            con.execute("CALL train(algorithm := 'graph')").fetchall()
        part.rename(path)
    return with_earlier(path, before)


def real_calls() -> dict[str, str]:
    """Return the queries with the ids of the real shop, which are numbers."""
    return {
        question: call.replace("'U{user:06d}'", "'{user}'")
        .replace("'P{item:06d}'", "'{item}'")
        .replace("P{user:06d}", "{user}")
        for question, call in CALLS.items()
    }


def with_earlier(path: Path, before: Path | None) -> dict[str, str]:
    """Bring a file up to date, and copy it for an earlier version if one is given."""
    with connect(path, 1) as con:
        serving.fill(con)
    files = {"after": str(path)}
    if before is not None:
        earlier = path.with_stem(f"{path.stem}_before")
        shutil.copy(path, earlier)
        opened = "import sys, mmsql; mmsql.connect(sys.argv[1]).close()"  # which replaces macros and serving tables
        subprocess.run([before / ".venv/bin/python", "-c", opened, earlier.resolve()], cwd=before, check=True)
        files["before"] = str(earlier)
    return files


def make_shop(path: Path, items: int, kind: str) -> None:
    """Write a shop with a synthetic model: items by a power law, edges and vectors drawn by hash."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with connect(part, 1) as con:
        for statement in (*SOURCES, *STATE, *(VECTORS if kind == "blend" else ())):
            con.execute(statement.format(items=items, **MADE))
        edge_weight, vector_weight = (0.7, 0.5) if kind == "blend" else (1, 0)
        con.execute(
            "INSERT INTO models (model, algorithm, status, decay, history_length, edge_weight, vector_weight, "
            "created_at) VALUES ('made', ?, 'ready', 0.9, 50, ?, ?, now()::TIMESTAMP)",
            [kind, edge_weight, vector_weight],
        )
    part.rename(path)


if __name__ == "__main__":
    main()
