"""RecTools' metrics of the frames in a folder.

The version as JSON on stdout, then, for each line on stdin, seconds, CPU seconds and values.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import pandas as pd
from rectools import metrics


def main() -> None:
    folder, k = Path(sys.argv[1]), int(sys.argv[2])
    reco, held_out, previous = (pd.read_csv(folder / f"{name}.csv") for name in ("reco", "held_out", "previous"))
    catalog = pd.read_csv(folder / "catalog.csv")["item_id"].unique()
    chosen = {
        "precision": metrics.Precision(k=k),
        "recall": metrics.Recall(k=k),
        "f1": metrics.F1Beta(k=k),
        "hit_rate": metrics.HitRate(k=k),
        "ndcg": metrics.NDCG(k=k),
        "map": metrics.MAP(k=k),
        "mrr": metrics.MRR(k=k),
        "catalog_coverage": metrics.CatalogCoverage(k=k, normalize=True),
        "novelty": metrics.MeanInvUserFreq(k=k),
        "serendipity": metrics.Serendipity(k=k),
        "average_popularity": metrics.AvgRecPopularity(k=k),
    }
    print(json.dumps({"version": importlib.metadata.version("rectools")}), flush=True)
    for _ in sys.stdin:
        started, spent = perf_counter(), process_time()
        values = metrics.calc_metrics(chosen, reco, held_out, previous, catalog)
        found = {"seconds": perf_counter() - started, "cpu": process_time() - spent, "values": values}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
