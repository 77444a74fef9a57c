"""The file that every round begins with, and what an action is to do in it."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

import mmsql
from soak.invariants import Outcomes, Rows, read_sources

NEW_EVENTS = 60
KILLED = ("load", "train", "refresh", "publish", "deploy", "rollback", "forget", "tune", "evaluate")
# Seconds that an action takes here, to begin with: later ones are measured.
TYPICAL = {
    "load": 0.2,
    "train": 0.6,
    "refresh": 0.4,
    "publish": 0.6,
    "deploy": 0.1,
    "rollback": 0.1,
    "forget": 0.1,
    "tune": 0.6,
    "evaluate": 0.6,
}


def make_soaked_shop(path: Path, small_shop: Path) -> None:
    """Make a shop with every source, two models of which the first is deployed, and one deployment to go back to."""
    with mmsql.connect(shutil.copyfile(small_shop, path)) as con:
        con.execute("INSERT INTO mmsql.users (user_id) SELECT DISTINCT user_id FROM mmsql.interactions")
        con.execute("INSERT INTO mmsql.images VALUES ('i1', 'no picture'::BLOB)")
        con.execute(
            "INSERT INTO mmsql.relations BY NAME SELECT 'i1' AS item_id, 'i3' AS related_id, 'set' AS relation"
        )
        con.execute(
            "INSERT INTO mmsql.impressions (experiment, variant, user_id, item_id) VALUES ('shelf', 'a', 'u1', 'i1')"
        )
        con.execute("INSERT INTO mmsql.rules BY NAME SELECT 'boost' AS rule, 'i3' AS item_id, 2 AS factor")
        for statement in ("train('graph')", "evaluate()", "train('popularity')", "deploy('graph-1')"):
            con.execute(f"CALL {statement}").fetchall()


@dataclass(frozen=True)
class Task:
    """One action in a folder with a shop, and the contents of the sources that it may leave."""

    action: str
    path: Path
    asked: dict[str, Any]
    outcomes: Outcomes


def make_task(shop: Path, folder: Path, draw: random.Random, action: str) -> Task:
    """Copy the shop into a folder, and draw what the action is to do there."""
    path = Path(shutil.copyfile(shop, folder / "shop.duckdb"))
    before = read_sources(path)
    asked: dict[str, Any] = {"path": str(path)}
    after = before
    if action == "load":
        asked |= {"source": "interactions", "file": str(folder / "events.csv")}
        after = {**before, "interactions": before["interactions"] + _write_events(folder / "events.csv", draw)}
    elif action == "train":
        asked["algorithm"] = draw.choice(["graph", "graph", "popularity", "ease"])
    elif action == "refresh":
        asked["retrain"] = draw.choice([0.2, 0.0])
        with duckdb.connect(str(path)) as con:
            con.execute("INSERT INTO mmsql.interactions VALUES ('u1', 'i9', 'buy', NULL, TIMESTAMP '2025-04-01')")
        before = after = read_sources(path)
    elif action == "publish":
        asked |= {
            "target": str(folder / "published.duckdb"),
            "without": draw.sample(["users", "comments", "impressions"], draw.randint(0, 2)),
            "anonymous": draw.random() < 0.3,
        }
    elif action == "deploy":
        asked["model"] = "popularity-2"
    elif action == "forget":
        asked["user"] = f"u{draw.randrange(2, 40)}"  # u1 is asked for by the readers
        after = _without_user(before, asked["user"])
    return Task(action, path, asked, Outcomes(before, after))


def _write_events(file: Path, draw: random.Random) -> Counter:
    """Write events of new and old users, with some rows that cannot be used; return those that can."""
    rows, lines = Counter(), ["user_id,item_id,event,weight,ts"]
    for number in range(NEW_EVENTS):
        user, item = f"u{draw.randrange(60)}", f"i{draw.randrange(12)}"
        event, day = draw.choice(["view", "buy"]), 1 + number % 28
        lines.append(f"{user},{item},{event},,2025-06-{day:02} 10:00:{number % 60:02}")
        rows[user, item, event, None, datetime(2025, 6, day, 10, 0, number % 60)] += 1
    bad = draw.randrange(4)
    file.write_text("\n".join([*lines, *([",i1,view,,2025-06-01"] * bad)]) + "\n", encoding="utf-8")
    return rows


def _without_user(rows: Rows, user: str) -> Rows:
    return {
        name: Counter({row: count for row, count in found.items() if user not in row}) for name, found in rows.items()
    }
