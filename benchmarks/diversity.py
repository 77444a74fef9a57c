"""Gain and cost of the diversity loss: `fusion` with several weights α.

    python benchmarks/diversity.py [--set A] [--form similarity] [--alphas 0,0.05,0.1,0.2,0.5,1] [--seeds 42,1,2]

For each seed, options and epochs are chosen once, on the validation split with α = 0. Training uses them for every α,
so that only α differs. Rows are stored in .bench/diversity.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import tempfile
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from evaluator import measure
from exporting import export
from workspace import BENCH, SEEDS, connect, database, table, write_json, write_section

from mmsql.config import FusionConfig
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset
from mmsql.data.splits import hold_out_last, split
from mmsql.encoders.encoder_choice import choose_encoder
from mmsql.models.base import no_log
from mmsql.models.registry import find_model
from mmsql.models.scoring import rank_all

K = 10
ROWS = BENCH / "diversity"
ALPHAS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
METRICS = ("ndcg", "recall", "intra_list_diversity", "catalog_coverage")
HEADS = ["α", "N@10", "R@10", "intra-list diversity", "catalog coverage", "seeds"]
NOTES = """
`fusion` with L = L_precision + α · L_diversity on {name}, leave-last-out, full ranking; the form of L_diversity is
`{form}`. Options and epochs are chosen for each seed on its validation split with α = 0. Each α is trained with
them on all events but the test items, so that rows differ in α only. Figures are means over seeds; in brackets the
change from α = 0, as mean ± standard deviation over seeds. The default is α = {default:g}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="amazon_musical_instruments")
    parser.add_argument("--form", default="similarity")
    parser.add_argument("--alphas", type=lambda text: [float(alpha) for alpha in text.split(",")], default=ALPHAS)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=SEEDS)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    folder = ROWS / f"{given.set}_{given.form}"
    for seed in given.seeds:
        measure_seed(given.set, folder, seed, given)
    notes = NOTES.strip().format(name=given.set, form=given.form, default=FusionConfig().alpha)
    body = f"{notes}\n\n{table(HEADS, lines(folder))}"
    write_section("diversity", "The diversity loss", body, given.threads)
    print(body)


def measure_seed(name: str, folder: Path, seed: int, given: argparse.Namespace) -> None:
    """Measure every α with one seed."""
    _, test = export(name, seed)
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "shop.duckdb"
        shutil.copy(database(name), path)
        con = connect(path, given.threads)
        with split(con, "leave_last_out", seed=seed) as dataset:
            config = chosen(dataset, seed, given.form)
            content = read_content(dataset, choose_encoder(con, None))
            for alpha in given.alphas:
                lists = ranked(dataset, content, dataclasses.replace(config, alpha=alpha))
                found = {**measure(lists, test, K), "intra_list_diversity": diversity(lists[test.held_user], content)}
                write_json(folder / f"{alpha:g}_{seed}.json", {"alpha": alpha, "seed": seed, **found})
                print(f"seed {seed}, alpha {alpha:g}: {found}", flush=True)
        con.close()


def chosen(dataset: Dataset, seed: int, form: str) -> FusionConfig:
    """Return the options that the search of `fusion` chooses without a diversity loss."""
    with hold_out_last(dataset, seed=seed) as (part, holdout):
        content = read_content(part, choose_encoder(dataset.con, None))
        config = FusionConfig(seed=seed, alpha=0.0, diversity=form)
        return find_model("fusion").search(part, content, config, holdout, no_log).config


def ranked(dataset: Dataset, content: Content, config: FusionConfig) -> np.ndarray:
    """Train, and return the lists: int32, (users, K), -1 where a list is shorter."""
    fitted = find_model("fusion").fit(dataset, content, config, no_log)
    lists = np.full((dataset.users, K), -1, dtype=np.int32)
    for block in rank_all(dataset, fitted, K):
        lists[block.user_index, block.rank - 1] = block.item_index
    return lists


def diversity(lists: np.ndarray, content: Content) -> float:
    """Return 1 − the mean cosine over the pairs of each full list, as mmsql.intra_list_diversity() does."""
    vectors = content.pooled()
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    shown = unit[lists[(lists >= 0).all(axis=1)]]
    whole = np.square(shown.sum(axis=1)).sum(axis=1)  # over ordered pairs, items with themselves included
    alone = np.square(shown).sum(axis=(1, 2))
    return float(1 - ((whole - alone) / (K * (K - 1))).mean())


def lines(folder: Path) -> list[list[str]]:
    """Return a row of the table for each α, lowest first."""
    found: dict[float, dict[int, dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.json")):
        row = json.loads(path.read_text())
        found.setdefault(row["alpha"], {})[row["seed"]] = row
    without = found.get(0.0, {})
    return [
        [f"{alpha:g}", *(compared(rows, without, metric) for metric in METRICS), str(len(rows))]
        for alpha, rows in sorted(found.items())
    ]


def compared(rows: dict[int, dict[str, Any]], without: dict[int, dict[str, Any]], metric: str) -> str:
    """Return the mean of a metric, and its change from the same seeds without the loss."""
    shown = f"{mean(row[metric] for row in rows.values()):.4f}"
    changes = [100 * (row[metric] / without[seed][metric] - 1) for seed, row in rows.items() if seed in without]
    if not changes or rows is without:
        return shown
    around = f" ± {stdev(changes):.1f}" if len(changes) > 1 else ""
    return f"{shown} ({mean(changes):+.1f}{around} %)"


if __name__ == "__main__":
    main()
