"""What `diversity` of recommend buys and costs on real data: maximal marginal relevance at several weights.

    python benchmarks/reranking.py [--sets A,B] [--weights 0,0.1,0.2,0.3,0.5] [--seeds 42,1,2]

The last event of every user with two items is held out, `graph` is trained on the rest, and `recommend_each` ranks
for these users with each weight. Rows are kept in .bench/reranking.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from statistics import mean
from time import process_time
from typing import Any

import duckdb
from workspace import BENCH, SEEDS, connect, database, table, write_json, write_section

K = 10
ROWS = BENCH / "reranking"
SETS = ("amazon_musical_instruments", "movielens_100k")
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5)
METRICS = ("ndcg", "recall", "intra_list_diversity", "catalog_coverage", "milliseconds")
HEADS = ["set", "diversity", "N@10", "R@10", "intra-list diversity", "catalog coverage", "CPU ms a user", "seeds"]
NOTES = """
`recommend_each(k := 10, diversity := λ)` with one trained `graph`, leave-last-out, full ranking; means over seeds,
which break ties of time and start the search. Likeness is the cosine of text vectors, as for any model without ones
of its own, and diversity of a list is one minus its mean over pairs. Nothing is chosen by these figures: the default
is 0.
"""
KEPT_BACK = """
CREATE TEMP TABLE kept_back AS
SELECT i.user_id, max_by(i.item_id, (i.ts, hash(i.item_id, $seed))) AS item_id
FROM mmsql.interactions i GROUP BY i.user_id HAVING count(DISTINCT i.item_id) > 1
"""
DELETED = "DELETE FROM mmsql.interactions i USING kept_back k WHERE i.user_id = k.user_id AND i.item_id = k.item_id"
LISTS = f"""
CREATE OR REPLACE TEMP TABLE lists AS
SELECT r.user_id, r.item_id, r.rank FROM mmsql.recommend_each(users := 'kept_back', k := {K}, diversity := $weight) r
"""
FIGURES = f"""
WITH pairs AS (
    SELECT a.user_id, avg(list_cosine_similarity(v.vector, w.vector)) AS alike
    FROM lists a
    JOIN lists b ON b.user_id = a.user_id AND b.rank > a.rank
    JOIN mmsql.item_vectors v ON v.item_id = a.item_id AND v.modality = 'text'
    JOIN mmsql.item_vectors w ON w.item_id = b.item_id AND w.modality = 'text'
    GROUP BY a.user_id
)
SELECT sum(1 / log2(l.rank + 1)) / (SELECT count(*) FROM kept_back) AS ndcg,
       count(l.rank) / (SELECT count(*) FROM kept_back) AS recall,
       (SELECT 1 - avg(p.alike) FROM pairs p) AS intra_list_diversity,
       (SELECT count(DISTINCT s.item_id) FROM lists s) / (SELECT count(*) FROM mmsql.serving) AS catalog_coverage
FROM kept_back k
JOIN lists l ON l.user_id = k.user_id AND l.item_id = k.item_id AND l.rank <= {K}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=SETS)
    parser.add_argument("--weights", type=lambda text: [float(weight) for weight in text.split(",")], default=WEIGHTS)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=SEEDS)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    for name in given.sets:
        for seed in given.seeds:
            for row in measured(name, seed, given.weights, given.threads):
                write_json(ROWS / f"{name}_{row['weight']:g}_{seed}.json", {"set": name, "seed": seed, **row})
                print(name, seed, row, flush=True)
    body = f"{NOTES.strip()}\n\n{table(HEADS, lines())}"
    write_section("reranking", "Diversity by reranking", body, given.threads)
    print(body)


def measured(name: str, seed: int, weights: list[float], threads: int) -> list[dict[str, Any]]:
    """Train once, and rank with every weight."""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "shop.duckdb"
        shutil.copy(database(name), path)
        con = connect(path, threads)
        con.execute(KEPT_BACK, {"seed": seed})
        con.execute(DELETED)
        con.execute("SELECT model FROM train('graph', seed := $seed)", {"seed": seed}).fetchall()
        found = [{"weight": weight, **ranked(con, weight)} for weight in weights]
        con.close()
    return found


def ranked(con: duckdb.DuckDBPyConnection, weight: float) -> dict[str, float]:
    """Rank for everybody of whom something was held out, and measure."""
    started = process_time()
    con.execute(LISTS, {"weight": weight})
    spent = process_time() - started
    ((users,),) = con.execute("SELECT count(*) FROM kept_back").fetchall()
    (figures,) = con.execute(FIGURES).fetchall()
    return dict(zip(METRICS, (*figures, 1000 * spent / users), strict=True))


def lines() -> list[list[str]]:
    """Return a row of the table for each set and weight."""
    found: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for path in sorted(ROWS.glob("*.json")):
        row = json.loads(path.read_text())
        found.setdefault((row["set"], row["weight"]), []).append(row)
    shown = ("{:.4f}", "{:.4f}", "{:.3f}", "{:.3f}", "{:.1f}")
    return [
        [name, f"{weight:g}", *_means(rows, shown), str(len(rows))] for (name, weight), rows in sorted(found.items())
    ]


def _means(rows: list[dict[str, Any]], shown: tuple[str, ...]) -> list[str]:
    return [form.format(mean(row[metric] for row in rows)) for metric, form in zip(METRICS, shown, strict=True)]


if __name__ == "__main__":
    main()
