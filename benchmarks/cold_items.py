"""Recall of items without training events, beside chance and the popularity of their category.

    python benchmarks/cold_items.py [--sets A,B] [--models graph,fusion] [--seeds 42,1,2]

Rows are stored in .bench/cold_items. The section of RESULTS.md shows all stored rows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any

import torch
from workspace import BENCH, SEEDS, SETS, connect, database, table, write_json, write_section

from mmsql.config import EvaluationConfig
from mmsql.jobs import evaluation

ROWS = BENCH / "cold_items"
LENGTHS = (1, 3, 5, 10)
HEADS = ["set", "model", "users", "cold items", "k", "recall", "by chance", "times chance", "popularity of category"]
NOTES = """
`CALL evaluate(split := 'cold_items')` holds out all events of a tenth of the items with events, drawn by the seed.
It evaluates the users with one of these items and another item; their lists rank the cold items only. A comment on
a cold item either describes the item or its author is evaluated, never both. Chance is k / cold items, the recall
of a random order. Where there are few cold items, chance is high for long lists. Means over the seeds. The graph
predicts the edges to a cold item by a ridge regression from co-occurrence on its texts, their words, images and
attributes, each weighted by its gain, learned on the items with events.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS))
    parser.add_argument("--models", type=lambda text: text.split(","), default=["graph"])
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=list(SEEDS))
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in given.sets:
        for model in given.models:
            for seed in given.seeds:
                row = measured(database(name), model, seed, given.threads)
                write_json(ROWS / name / model / f"{seed}.json", row)
                print(name, model, f"seed {seed}", json.dumps(row), flush=True)
    body = NOTES.strip() + "\n\n" + table(HEADS, lines())
    write_section("cold_items", "Cold items: what training has never seen", body, given.threads)
    print(body)


def measured(
    path: Path, model: str, seed: int, threads: int, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Evaluate one model on a copy of a file; given options are not searched."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "shop.duckdb"
        shutil.copy(path, copy)
        with connect(copy, threads) as con:
            started = perf_counter()
            config = EvaluationConfig(split="cold_items", seed=seed)
            evaluation.evaluate(con.cursor(), algorithm=model, config=config, options=options)
            seconds = perf_counter() - started
            users, items = con.execute(
                "SELECT e.users, e.items FROM mmsql.evaluations e ORDER BY e.evaluation DESC LIMIT 1"
            ).fetchall()[0]
            recall = {
                k: con.execute(
                    "SELECT m.value, m.popularity FROM mmsql.metrics(k := ?) m WHERE m.metric = 'recall'", [k]
                ).fetchall()[0]
                for k in LENGTHS
            }
    return {"users": users, "items": items, "seconds": seconds, "recall": recall}


def lines() -> list[list[str]]:
    """Return the lines of the table for all stored rows."""
    found = []
    for name in SETS:
        for folder in sorted(path for path in (ROWS / name).glob("*") if path.is_dir()):
            rows = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
            found += [line(name, folder.name, rows, k) for k in LENGTHS]
    return found


def line(name: str, model: str, rows: list[dict[str, Any]], k: int) -> list[str]:
    """Return one line: means over seeds."""
    recall, popularity = (mean(row["recall"][str(k)][index] for row in rows) for index in (0, 1))
    chance = mean(min(1.0, k / row["items"]) for row in rows)
    users, items = (f"{mean(row[count] for row in rows):.0f}" for count in ("users", "items"))
    return [
        name,
        f"`{model}`",
        users,
        items,
        str(k),
        f"{recall:.4f}",
        f"{chance:.4f}",
        f"{recall / chance:.1f}",
        f"{popularity:.4f}",
    ]


if __name__ == "__main__":
    main()
