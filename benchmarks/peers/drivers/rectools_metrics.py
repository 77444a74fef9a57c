"""RecTools' metrics of the frames in a folder, once for each line on stdin; seconds and values as JSON on stdout."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

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
    for _ in sys.stdin:
        started = perf_counter()
        values = metrics.calc_metrics(chosen, reco, held_out, previous, catalog)
        print(json.dumps({"seconds": perf_counter() - started, "values": values}), flush=True)


if __name__ == "__main__":
    main()
