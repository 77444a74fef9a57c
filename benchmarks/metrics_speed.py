"""How long the metrics of an evaluation take in SQL, and how long RecTools takes for the same frames.

    python benchmarks/metrics_speed.py [--users 100000] [--items 10000] [--repeats 5]

Made data: every user has a list of ten items and one or two held-out items. The lists are those of a
single algorithm, so that both sides measure the same rows. Both give precision, recall, F1, hit rate,
NDCG, MAP, MRR, catalog coverage and novelty; SQL gives Gini as well. The two sides alternate, and the
ratio is the median of the pairs. Recall, hit rate, MAP and MRR of both must agree, or the script fails.
Intra-list diversity needs content vectors, which RecTools has no counterpart for; it is timed alone.

The script makes no environment. Where RecTools cannot be imported, only the SQL side is timed; to get both,
install mmsql together with ``rectools==0.19.0`` (Python 3.11) in an environment of your own.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import duckdb

from mmsql import store

K = 10
SHARED = {"recall": "recall", "hit_rate": "hit_rate", "map": "map", "mrr": "mrr", "novelty": "novelty"}


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


def in_sql(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Run the macro: metric and value."""
    rows = con.execute(f"SELECT m.metric, m.value FROM mmsql.metrics(k := {K}) m").fetchall()
    return dict(rows)


def rectools_side(con: duckdb.DuckDBPyConnection) -> Callable[[], dict[str, float]] | None:
    """Give a function that runs RecTools over the same rows, or None where it is not installed."""
    if importlib.util.find_spec("rectools") is None:
        return None
    import pandas as pd
    from rectools import metrics

    reco = con.execute("SELECT user_id, item_id, rank FROM mmsql.evaluation_lists").df()
    held_out = con.execute("SELECT DISTINCT user_id, item_id FROM mmsql.holdout").df()
    # One row a training event: item i was had by as many users as its events say.
    previous = con.execute(
        "SELECT 'u' || t.n AS user_id, i.item_id FROM mmsql.evaluation_items i, "
        "LATERAL (SELECT unnest(range(greatest(i.events, 1))) AS n) t"
    ).df()
    catalog = pd.unique(con.execute("SELECT item_id FROM mmsql.evaluation_items").df()["item_id"])
    chosen = {
        "precision": metrics.Precision(k=K),
        "recall": metrics.Recall(k=K),
        "f1": metrics.F1Beta(k=K),
        "hit_rate": metrics.HitRate(k=K),
        "ndcg": metrics.NDCG(k=K),
        "map": metrics.MAP(k=K),
        "mrr": metrics.MRR(k=K),
        "catalog_coverage": metrics.CatalogCoverage(k=K, normalize=True),
        "novelty": metrics.MeanInvUserFreq(k=K),
    }
    return lambda: metrics.calc_metrics(chosen, reco, held_out, previous, catalog)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = perf_counter()
    result = run()
    return perf_counter() - started, result


def check_agreement(ours: dict[str, float], theirs: dict[str, float]) -> None:
    for metric, name in SHARED.items():
        if abs(ours[metric] - theirs[name]) > 1e-9:
            raise SystemExit(f"{metric} differs: {ours[metric]} in SQL, {theirs[name]} in RecTools")


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
        other = rectools_side(con)
        in_sql(con)  # the first run reads the file
        pairs = []
        for _ in range(given.repeats):
            ours, values = timed(lambda: in_sql(con))
            theirs = None
            if other is not None:
                theirs, their_values = timed(other)
                check_agreement(values, their_values)
            pairs.append((ours, theirs))
        print(f"users {given.users}, items {given.items}, k {K}, duckdb {duckdb.__version__}")
        print(f"SQL, 10 metrics: {median(ours for ours, _ in pairs):.2f} s")
        if other is not None:
            print(f"RecTools, 9 metrics: {median(theirs for _, theirs in pairs):.2f} s")
            print(f"RecTools / SQL: {median(theirs / ours for ours, theirs in pairs):.1f}")
        add_vectors(con)
        diversity = "FROM mmsql.intra_list_diversity()"
        seconds = median(timed(lambda: con.execute(diversity).fetchall())[0] for _ in range(given.repeats))
        print(f"SQL, intra-list diversity over 256-d vectors: {seconds:.2f} s")
        con.close()


if __name__ == "__main__":
    main()
