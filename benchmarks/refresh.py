"""Cost of `refresh` after 1 % more events, and overlap of its lists with those of a full retrain.

    python benchmarks/refresh.py [--sets A,B] [--models graph] [--repeats 5]

The benchmark holds out the latest 1 % of the events and trains a first model, with the encoding of texts and images.
Then it adds the events, refreshes the model, and trains once more on all events. Each repeat is a process of its own.
Rows are stored in .bench/refresh.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from datasets import DATA, load
from workspace import BENCH, connect, table, thread_settings, write_json, write_section

from mmsql.config import ALGORITHM_CONFIGS
from mmsql.db import sqlfiles
from mmsql.jobs import training

K = 10
SETS = ("amazon_musical_instruments", "movielens_100k", "s3rec_beauty")
MODELS = ("graph",)
SEARCHED = ("graph",)  # models whose options can be given by name
ALONE, COMMENTED = "events", "events with comments"
ROWS = BENCH / "refresh"
HELD_OUT = """
CREATE TEMP TABLE held_out AS
SELECT i.* FROM mmsql.interactions i ORDER BY i.ts DESC NULLS LAST, hash(i.user_id, i.item_id) LIMIT ?
"""
IS_HELD_OUT = "(user_id, item_id) IN (SELECT (k.user_id, k.item_id) FROM held_out k)"
HEADS = [
    *("set", "model", "added", "train CPU s", "refresh CPU s", "share", "processes"),
    *(f"overlap@{K} with a full retrain", "with the same options"),
]
NOTES = """
The latest 1 % of the events are held out, `train` runs on the others for the first time (with encoding and search),
the events are added, `refresh` runs, and `train` runs again. CPU seconds of the process over all its threads;
`refresh` runs in the process that trained, as in the service `mmsql refresh --every`. Figures are medians over
processes. With comments, those on the held-out events are added too, and `refresh` encodes them. A full retrain
searches for options from those of the deployed model and may find others; the last column is the overlap with a
retrain that keeps the options. `auto` trains a deep model, whose weights a refresh keeps and a retrain learns
again.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=SETS)
    parser.add_argument("--models", type=lambda text: text.split(","), default=MODELS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", nargs=3, metavar=("SET", "MODEL", "ADDED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(*given.one, given.threads)))
        return
    for name in given.sets:
        for model in given.models:
            for added in (ALONE, COMMENTED) if name.startswith("amazon") else (ALONE,):
                rows = [in_a_process(name, model, added, given.threads) for _ in range(given.repeats)]
                write_json(ROWS / f"{name}_{model}_{added.replace(' ', '_')}.json", rows)
                print(name, model, added, rows, flush=True)
    body = f"{NOTES.strip()}\n\n{table(HEADS, lines())}"
    write_section("refresh", "Refreshing after 1 % more events", body, given.threads)
    print(body)


def in_a_process(name: str, model: str, added: str, threads: int) -> dict[str, Any]:
    """Measure once in a process of its own."""
    command = [sys.executable, __file__, "--threads", str(threads), "--one", name, model, added]
    settings = {**os.environ, **thread_settings(threads)}
    done = subprocess.run(command, env=settings, check=True, stdout=subprocess.PIPE, text=True)
    return {"set": name, "model": model, "added": added, **json.loads(done.stdout.splitlines()[-1])}


def measured(name: str, model: str, added: str, threads: int) -> dict[str, Any]:
    """Train, refresh and train again: return CPU seconds of each, and the overlap of the last two."""
    with tempfile.TemporaryDirectory() as made:
        con = connect(Path(made) / "shop.duckdb", threads)
        load(con, DATA, name)
        ((events,),) = con.execute("SELECT count(*) FROM mmsql.interactions").fetchall()
        con.execute(HELD_OUT, [events // 100])
        sources = ["interactions", *(["comments"] if added == COMMENTED else [])]
        for source in sources:
            con.execute(f"CREATE TEMP TABLE later_{source} AS FROM mmsql.{source} WHERE {IS_HELD_OUT}")
            con.execute(f"DELETE FROM mmsql.{source} WHERE {IS_HELD_OUT}")
        train, _ = spent(con, f"SELECT model FROM train('{model}')")
        for source in sources:
            con.execute(f"INSERT INTO mmsql.{source} FROM later_{source}")
        refresh, refreshed = spent(con, "SELECT model FROM refresh()")
        retrain, retrained = spent(con, f"SELECT model FROM train('{model}')")
        same = None
        if model in SEARCHED:
            kept = training.train(con.cursor(), model, options=options_of(con, refreshed, model)).model
            same = overlap(con, refreshed, kept)
        found = {
            "train": train,
            "refresh": refresh,
            "retrain": retrain,
            "overlap": overlap(con, refreshed, retrained),
        }
        con.close()
    return {**found, "same_options": same}


def overlap(con: duckdb.DuckDBPyConnection, before: str, after: str) -> float:
    """Return the overlap of the lists of two models."""
    found = {"before": before, "after": after, "k": K}
    ((share,),) = con.execute(sqlfiles.query("training/evaluate", "list_overlap"), found).fetchall()
    return share


def options_of(con: duckdb.DuckDBPyConnection, name: str, model: str) -> dict[str, Any]:
    """Return the options of a model, for a training without a search."""
    ((config,),) = con.execute("SELECT m.config FROM mmsql.models m WHERE m.model = $name", {"name": name}).fetchall()
    known = {field.name for field in fields(ALGORITHM_CONFIGS[model])} - {"fixed"}
    return {option: value for option, value in json.loads(config).items() if option in known} | {"search_steps": 0}


def spent(con: duckdb.DuckDBPyConnection, query: str) -> tuple[float, str]:
    """Return the CPU seconds of a query that trains a model, and the name of the model."""
    started = time.process_time()
    ((model,),) = con.execute(query).fetchall()
    return time.process_time() - started, model


def lines() -> list[list[str]]:
    """Return a row of the table for each set, model and kind of added rows."""
    found = []
    for path in sorted(ROWS.glob("*.json")):
        rows = json.loads(path.read_text())
        train, refresh, shared = (median(row[what] for row in rows) for what in ("train", "refresh", "overlap"))
        share = median(row["refresh"] / row["train"] for row in rows)
        same = rows[0]["same_options"]
        spent_on = [f"{train:.2f}", f"{refresh:.2f}", f"{share:.1%}", str(len(rows))]
        shares = [f"{shared:.3f}", f"{same:.3f}" if same else ""]
        found.append([rows[0]["set"], f"`{rows[0]['model']}`", rows[0]["added"], *spent_on, *shares])
    return found


if __name__ == "__main__":
    main()
