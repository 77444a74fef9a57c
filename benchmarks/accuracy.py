"""Accuracy of every algorithm on the real sets: leave-last-out, full ranking, several seeds, not refitted.

    python benchmarks/accuracy.py [DATA] [SETS] [ALGORITHMS] [SEEDS]

    python benchmarks/accuracy.py ../shared/data amazon_musical_instruments graph,fusion 42,1,2

A seed draws the order of events of one moment (so the split differs a little) and seeds training. Defaults are used;
nothing is tuned on the items kept back.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from datasets import DATA, load

import mmsql
from mmsql import evaluation
from mmsql.config import EvaluationConfig

SETS = "amazon_musical_instruments,amazon_gift_cards,movielens_100k"
METRICS = ("recall", "ndcg", "catalog_coverage", "intra_list_diversity")


def figures(path: Path, algorithm: str, seed: int) -> dict[str, float]:
    """Evaluate once and return the metrics and the seconds."""
    con = mmsql.connect(path)
    started = perf_counter()
    evaluation.evaluate(con.cursor(), algorithm=algorithm, config=EvaluationConfig(seed=seed))
    seconds = perf_counter() - started
    rows = con.execute("SELECT metric, value FROM metrics()").fetchall()
    con.close()
    return {"seconds": seconds, **{metric: value for metric, value in rows if metric in METRICS}}


def main() -> None:
    data, sets, algorithms, seeds = [
        *sys.argv[1:],
        *(str(DATA), SETS, "popularity,graph,fusion", "42,1,2")[len(sys.argv) - 1 :],
    ]
    for name in sets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "shop.duckdb"
            con = mmsql.connect(path)
            load(con, Path(data), name)
            con.close()
            for algorithm in algorithms.split(","):
                runs = [figures(path, algorithm, int(seed)) for seed in seeds.split(",")]
                means = {key: statistics.mean(run[key] or 0.0 for run in runs) for key in runs[0]}
                shown = "  ".join(f"{key} {value:.4f}" for key, value in means.items())
                spread = f"{min(run['recall'] for run in runs):.4f}-{max(run['recall'] for run in runs):.4f}"
                print(f"{name}  {algorithm}  {len(runs)} seeds  {shown}  (recall {spread})", flush=True)


if __name__ == "__main__":
    main()
