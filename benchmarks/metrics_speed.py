"""How long the metrics of an evaluation take in SQL, and how long RecTools takes for the same frames.

    python benchmarks/metrics_speed.py [--users 100000] [--items 10000] [--repeats 5]

Made data: every user has a list of ten items and one or two held-out items. The lists are those of a
single algorithm, so that both sides measure the same rows. Both give precision, recall, F1, hit rate,
NDCG, MAP, MRR, catalog coverage, novelty, serendipity and average popularity; SQL gives Gini as well. RecTools runs
in its own process, in the environment of the peers (group A), with its frames in memory; the two sides alternate, and
the ratio is the median of the pairs. All values of both but those of precision, F1 and NDCG, which are defined
otherwise, must agree to 1e-9, or the script fails.
Intra-list diversity and calibration need content vectors and histories, which RecTools has no counterpart for; SQL is
timed with them alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import duckdb
from peers.environments import python

from mmsql import store

K = 10
SHARED = ("recall", "hit_rate", "map", "mrr", "catalog_coverage", "novelty", "serendipity", "average_popularity")
DRIVER = Path(__file__).parent / "peers" / "drivers" / "rectools_metrics.py"


def make_evaluation(con: duckdb.DuckDBPyConnection, users: int, items: int) -> None:
    """Store lists that follow popularity loosely: a random stride through the items from a random start."""
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


def in_sql(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Run the macro: metric and value."""
    rows = con.execute(f"SELECT m.metric, m.value FROM mmsql.metrics(k := {K}) m").fetchall()
    return dict(rows)


def write_frames(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what RecTools reads. Previous events are one row an event: item i was had by as many users as it says."""
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

    def __init__(self, folder: Path) -> None:
        command = [str(python("A")), str(DRIVER), str(folder), str(K)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> tuple[float, dict[str, float]]:
        """Compute all metrics once: seconds and values."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        return found["seconds"], found["values"]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = perf_counter()
    result = run()
    return perf_counter() - started, result


def check_agreement(ours: dict[str, float], theirs: dict[str, float]) -> None:
    for metric in SHARED:
        if abs(ours[metric] - theirs[metric]) > 1e-9 * max(1, abs(theirs[metric])):
            raise SystemExit(f"{metric} differs: {ours[metric]} in SQL, {theirs[metric]} in RecTools")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.duckdb"
        con = store.open_database(path)
        store.ensure_schema(con, path)
        make_evaluation(con, given.users, given.items)
        write_frames(con, Path(folder))
        other = Rectools(Path(folder))
        in_sql(con)  # the first run reads the file
        pairs = []
        for _ in range(given.repeats):
            ours, values = timed(lambda: in_sql(con))
            theirs, their_values = other()
            check_agreement(values, their_values)
            pairs.append((ours, theirs))
        other.close()
        print(f"users {given.users}, items {given.items}, k {K}, duckdb {duckdb.__version__}")
        print(f"SQL, 12 metrics: {median(ours for ours, _ in pairs):.2f} s")
        print(f"RecTools, 11 metrics: {median(theirs for _, theirs in pairs):.2f} s")
        print(f"RecTools / SQL: {median(theirs / ours for ours, theirs in pairs):.1f}")
        add_vectors(con)
        add_histories(con)
        seconds = median(timed(lambda: in_sql(con))[0] for _ in range(given.repeats))
        print(f"SQL, 14 metrics, with diversity of 256-d vectors and calibration by 20 categories: {seconds:.2f} s")
        con.close()


if __name__ == "__main__":
    main()
