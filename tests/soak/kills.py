"""Rounds that kill an action at a drawn moment, once or several times in a row."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb

from soak.invariants import check_folder, check_readers, check_state, must, read_sources
from soak.readers import Readers
from soak.shop import KILLED, TYPICAL, Task, make_task
from soak.victims import Victims

MOST_KILLS = 3


def kill_round(seed: int, shop: Path, folder: Path, victims: Victims, readers: Readers) -> int:
    """Kill an action, check the file, run the action to its end, check again; return the number of kills."""
    draw = random.Random(seed)
    task = make_task(shop, folder, draw, KILLED[seed % len(KILLED)])
    kills = 0
    for moment in _moments(draw):
        ended = victims.run(task.action, kill_after=0.001 + moment * 1.1 * TYPICAL[task.action], **task.asked)
        must("bare" not in ended, f"{task.action}: {ended.get('bare')}")
        must("error" not in ended, f"{task.action} failed: {ended.get('error')}")
        kills += ended["killed"]
        if not ended["killed"]:
            break
        check_after(task, readers, is_done=False)
    else:
        run_to_the_end(task, victims)
    check_after(task, readers, is_done=True)
    return kills


def _moments(draw: random.Random) -> Iterator[float]:
    for _ in range(draw.randint(1, MOST_KILLS)):
        yield draw.random()


def run_to_the_end(task: Task, victims: Victims) -> None:
    """Run an action as its next caller does: it succeeds, or says that what it should do is done."""
    ended = victims.run(task.action, **task.asked)
    must(not ended["killed"], f"{task.action} hangs: {ended['seconds']:.0f} s")
    must("bare" not in ended, f"{task.action}: {ended.get('bare')}")
    is_done = task.action == "forget" and "There is no user" in ended.get("error", "")
    must("error" not in ended or is_done, f"{task.action} failed after a kill: {ended.get('error')}")
    TYPICAL[task.action] = max(0.05, min(ended["seconds"], 3.0))


def check_after(task: Task, readers: Readers, *, is_done: bool) -> None:
    """Check everything that holds after a kill, and what holds besides after a run to the end."""
    check_readers(task.path, readers)
    task.outcomes.check(read_sources(task.path), is_done=is_done)
    check_state(task.path, at_rest=is_done and task.action in ("train", "refresh"))
    published = task.path.with_name("published.duckdb")
    if published.exists():
        with duckdb.connect(str(published), read_only=True) as con:
            listed = con.execute("SELECT count(*) FROM mmsql.recommend(NULL)").fetchall()[0][0]
        must(listed > 0, "the published copy gives no row")
    must(published.exists() or not (is_done and task.action == "publish"), "there is no published copy")
    if is_done:
        check_folder(task.path.parent)
