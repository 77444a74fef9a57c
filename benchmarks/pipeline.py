"""The complete pipeline on real data: load, train the graph, evaluate, with seconds of each step and peak memory.

    python benchmarks/pipeline.py [DATA]

DATA holds amazon_musical_instruments and the other sets; by default MMSQL_TEST_DATA, else ../shared/data.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from datasets import DATA, load

import mmsql
from mmsql.jobs import evaluation, training


def measure(data: Path, name: str) -> None:
    """Run the pipeline once, and print a line."""
    with tempfile.TemporaryDirectory() as folder:
        con = mmsql.connect(Path(folder) / "shop.duckdb")
        marks = [perf_counter()]
        load(con, data, name)
        marks.append(perf_counter())
        training.train(con.cursor(), "graph")
        marks.append(perf_counter())
        evaluation.evaluate(con.cursor())
        marks.append(perf_counter())
        rows = con.execute("SELECT metric, value, popularity FROM metrics()").fetchall()
        figures = {metric: (value, popular) for metric, value, popular in rows}
        con.close()
    steps = [after - before for before, after in pairwise(marks)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{name}: load {steps[0]:.1f} s, train {steps[1]:.1f} s, evaluate {steps[2]:.1f} s, peak {memory:.2f} GB; "
        f"R@10 {figures['recall'][0]:.4f} (popularity {figures['recall'][1]:.4f}), "
        f"N@10 {figures['ndcg'][0]:.4f} (popularity {figures['ndcg'][1]:.4f})"
    )


def main() -> None:
    if len(sys.argv) > 2:  # one process a data set, so that peak memory is that of the set
        measure(Path(sys.argv[1]), sys.argv[2])
        return
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    for name in ("amazon_musical_instruments", "amazon_gift_cards", "movielens_100k"):
        os.spawnv(os.P_WAIT, sys.executable, [sys.executable, __file__, str(data), name])


if __name__ == "__main__":
    main()
