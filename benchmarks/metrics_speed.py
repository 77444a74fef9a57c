"""Time of the metrics of an evaluation in SQL, and in RecTools for the same data.

    python benchmarks/metrics_speed.py [--users 100000] [--items 10000] [--repeats 9] [--threads 1]

Synthetic data: every user has a list of ten items and one or two held-out items. The lists belong to one algorithm,
so that both sides measure the same rows. Both compute precision, recall, F1, hit rate, NDCG, MAP, MRR, catalog
coverage, novelty, serendipity and average popularity; SQL also computes Gini. RecTools runs in its own process, in
the environment of the peers (group A), with its frames in memory. Both sides have the same number of threads and
alternate; the ratio is the median over pairs. All values except precision, F1 and NDCG, which have other definitions,
must agree to 1e-9; otherwise the script fails. Intra-list diversity and calibration need content vectors and
histories and have no counterpart in RecTools; the last row has them for SQL.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

import duckdb
from peers.environments import python
from workspace import table, thread_settings, write_section

from mmsql.db.opening import open_database
from mmsql.db.schema import ensure_schema

K = 10
SHARED = ("recall", "hit_rate", "map", "mrr", "catalog_coverage", "novelty", "serendipity", "average_popularity")
DRIVER = Path(__file__).parent / "peers" / "drivers" / "rectools_metrics.py"
HEADS = ["", "metrics", "s", "CPU s", "RecTools / SQL", "CPU"]
NOTES = """
Synthetic lists: {users:,} users with {k} items each out of {items:,}, one or two held-out items a user, k = {k}.
DuckDB {duckdb} reads them from the file, `calc_metrics` of RecTools {rectools} has its frames in memory. Medians of
{repeats} pairs in turns, of the ratios too. Both compute precision, recall, F1, hit rate, NDCG, MAP, MRR, catalog
coverage, novelty, serendipity and average popularity; SQL also computes Gini. All metrics with equal definitions
(all but precision, F1 and NDCG) agree to 1e-9. The last row adds the diversity of vectors of 256 numbers and
calibration by 20 categories, which have no counterpart in RecTools.
"""


class Run(NamedTuple):
    """One computation of all metrics."""

    seconds: float
    cpu: float
    values: dict[str, float]


def make_evaluation(con: duckdb.DuckDBPyConnection, users: int, items: int) -> None:
    """Store lists that follow popularity roughly: a random stride through the items from a random start."""
    values = {"users": users, "items": items, "k": K}
    con.execute(
        "INSERT INTO mmsql.evaluations VALUES (1, 'popularity', 'popularity', 'leave_last_out', 0, "
        "$k, $users, $items, $users, 10 * $users, 0, now())",
        values,
    )
    con.execute(
        """
        INSERT INTO mmsql.evaluation_lists
        SELECT 1, 'popularity', 'u' || u.n, CAST(r.n AS INTEGER),
               'i' || CAST((hash(u.n) % $items + r.n * (1 + hash(u.n, 1) % 50)) % $items AS BIGINT), 1 / r.n
        FROM range($users) u(n), range(1, $k + 1) r(n)
        """,
        values,
    )
    con.execute(
        """
        INSERT INTO mmsql.holdout
        SELECT 1, l.user_id,
               CASE WHEN hash(l.user_id) % 4 = 0 THEN l.item_id ELSE 'i' || hash(l.user_id, 2) % $items END,
               NULL
        FROM mmsql.evaluation_lists l
        WHERE l.rank = 1 + hash(l.user_id, 3) % $k OR (l.rank = 1 AND hash(l.user_id, 4) % 2 = 0)
        """,
        {"items": items, "k": K},
    )
    con.execute(
        "INSERT INTO mmsql.evaluation_items SELECT 1, 'i' || i.n, $users // (i.n + 1), NULL FROM range($items) i(n)",
        {"users": users, "items": items},
    )


def add_vectors(con: duckdb.DuckDBPyConnection, size: int = 256) -> None:
    """Give every item a content vector."""
    con.execute(
        "UPDATE mmsql.evaluation_items i SET vector = "
        "(SELECT list(CAST(hash(i.item_id, d.n) % 2001 / 1000.0 - 1 AS FLOAT)) FROM range($size) d(n))",
        {"size": size},
    )


def add_histories(con: duckdb.DuckDBPyConnection) -> None:
    """Give every item one of twenty categories, and every user ten events."""
    con.execute(
        "INSERT INTO mmsql.items(item_id, category) SELECT i.item_id, 'c' || hash(i.item_id) % 20 "
        "FROM mmsql.evaluation_items i"
    )
    con.execute(
        "INSERT INTO mmsql.interactions(user_id, item_id) SELECT l.user_id, 'i' || hash(l.user_id, l.rank) % 10000 "
        "FROM mmsql.evaluation_lists l"
    )


def in_sql(con: duckdb.DuckDBPyConnection) -> Run:
    """Run the macro once."""
    started, spent = perf_counter(), process_time()
    rows = con.execute(f"SELECT m.metric, m.value FROM mmsql.metrics(k := {K}) m").fetchall()
    return Run(perf_counter() - started, process_time() - spent, dict(rows))


def write_frames(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the frames of RecTools. Previous events have one row for each event of an item."""
    frames = {
        "reco": "SELECT user_id, item_id, rank FROM mmsql.evaluation_lists",
        "held_out": "SELECT DISTINCT user_id, item_id FROM mmsql.holdout",
        "previous": "SELECT 'u' || unnest(range(i.events)) AS user_id, i.item_id FROM mmsql.evaluation_items i",
        "catalog": "SELECT item_id FROM mmsql.evaluation_items",
    }
    for name, query in frames.items():
        con.execute(f"COPY ({query}) TO '{folder / name}.csv'")


class Rectools:
    """RecTools in a process of its own."""

    def __init__(self, folder: Path, threads: int) -> None:
        command = [str(python("A")), str(DRIVER), str(folder), str(K)]
        settings = {**os.environ, **thread_settings(threads)}
        self.process = subprocess.Popen(
            command, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = self._answer()["version"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def __call__(self) -> Run:
        """Compute all metrics once."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return Run(**self._answer())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def check_agreement(ours: dict[str, float], theirs: dict[str, float]) -> None:
    for metric in SHARED:
        if abs(ours[metric] - theirs[metric]) > 1e-9 * max(1, abs(theirs[metric])):
            raise SystemExit(f"{metric} differs: {ours[metric]} in SQL, {theirs[metric]} in RecTools")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.duckdb"
        con = open_database(path, config={"threads": str(given.threads)})
        ensure_schema(con, path)
        make_evaluation(con, given.users, given.items)
        write_frames(con, Path(folder))
        other = Rectools(Path(folder), given.threads)
        in_sql(con), other()  # the first run reads the file, and compiles
        pairs = []
        for _ in range(given.repeats):
            ours, theirs = in_sql(con), other()
            check_agreement(ours.values, theirs.values)
            pairs.append((ours, theirs))
        other.close()
        add_vectors(con)
        add_histories(con)
        more = [in_sql(con) for _ in range(given.repeats)]
        con.close()
    versions = {"duckdb": duckdb.__version__, "rectools": other.version}
    body = f"{NOTES.strip().format(k=K, **vars(given), **versions)}\n\n{table(HEADS, lines(pairs, more))}"
    write_section("metrics_speed", "Metrics in SQL and in RecTools", body, given.threads)
    print(body)


def lines(pairs: list[tuple[Run, Run]], more: list[Run]) -> list[list[str]]:
    """Return the rows of the table: SQL with its ratios, RecTools, SQL with more metrics."""

    def shown(runs: list[Run]) -> list[str]:
        return [f"{median(run.seconds for run in runs):.2f}", f"{median(run.cpu for run in runs):.2f}"]

    ours, theirs = (list(side) for side in zip(*pairs, strict=True))
    ratios = [
        f"{median(other.seconds / own.seconds for own, other in pairs):.1f}",
        f"{median(other.cpu / own.cpu for own, other in pairs):.1f}",
    ]
    return [
        ["SQL", "12", *shown(ours), *ratios],
        ["RecTools", "11", *shown(theirs), "", ""],
        ["SQL", "14", *shown(more), "", ""],
    ]


if __name__ == "__main__":
    main()
