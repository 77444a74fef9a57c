"""Rounds on a full disk, without the right to write, and with two writers."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soak.invariants import check_folder, check_readers, must
from soak.kills import check_after, run_to_the_end
from soak.readers import Readers
from soak.shop import KILLED, TYPICAL, make_task
from soak.victims import Victims

LEAST_LEFT, MOST_LEFT = 9, 20  # powers of two: bytes that are left on the disk of a round
DISK = 64 * 2**20
WORDS_OF_FULL = "Make room, and try again"
WORDS_OF_PERMISSION = "Permission denied for "
WORDS_OF_LOCK = "is in use by another process"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk at a folder; give False where this process must not."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "soak", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=True)


def full_disk_round(seed: int, shop: Path, folder: Path, victims: Victims, readers: Readers) -> bool:
    """Let an action meet a full disk, or a limit on the size of files; return whether it was stopped by it."""
    draw = random.Random(seed)
    with small_disk(folder) as is_mounted:
        task = make_task(shop, folder, draw, KILLED[seed % len(KILLED)])
        left = int(2 ** draw.uniform(LEAST_LEFT, MOST_LEFT))
        asked, filler = dict(task.asked), folder / "filler"
        if is_mounted:
            _fill(filler, left)
        else:
            asked["largest_file"] = task.path.stat().st_size + left
        ended = victims.run(task.action, **asked)
        _must_end_in_words(ended, task.action)
        error = ended.get("error", "")
        must(not error or WORDS_OF_FULL in error, f"{task.action} on a full disk: {error}")
        filler.unlink(missing_ok=True)
        check_after(task, readers, is_done=not error)
        check_folder(folder)
        run_to_the_end(task, victims)
        check_after(task, readers, is_done=True)
    return bool(error)


def _fill(filler: Path, left: int) -> None:
    """Write a file until only so many bytes are left on its disk."""
    free = os.statvfs(filler.parent)
    with filler.open("wb") as file:
        file.write(bytes(max(free.f_bavail * free.f_frsize - left, 0)))


def no_permission_round(seed: int, shop: Path, folder: Path, victims: Victims, readers: Readers) -> bool:
    """Take the right to write from the file, its folder, or both, before or within an action."""
    draw = random.Random(seed)
    task = make_task(shop, folder, draw, KILLED[seed % len(KILLED)])
    taken = [path for path in (task.path, folder) if draw.random() < 0.6] or [task.path]
    is_within = draw.random() < 0.3
    modes = {path: path.stat().st_mode for path in taken}
    if is_within:
        victims.begin(task.action, as_a_user=True, **task.asked)
        time.sleep(draw.random() * TYPICAL[task.action])
    try:
        for path in taken:
            path.chmod(modes[path] & ~0o222)
        if not is_within:
            victims.begin(task.action, as_a_user=True, **task.asked)
        ended = victims.end()
    finally:
        for path in reversed(taken):
            path.chmod(modes[path])
    _must_end_in_words(ended, task.action)
    error = ended.get("error", "")
    must(not error or WORDS_OF_PERMISSION in error, f"{task.action} without permission: {error}")
    check_after(task, readers, is_done=False)
    run_to_the_end(task, victims)
    check_after(task, readers, is_done=True)
    return bool(error)


def two_writers_round(seed: int, shop: Path, folder: Path, first: Victims, second: Victims, readers: Readers) -> bool:
    """Let two processes write at once; return whether one found the file locked and was told so."""
    draw = random.Random(seed)
    task = make_task(shop, folder, draw, KILLED[seed % len(KILLED)])
    other = draw.choice(["hold", "evaluate", "deploy"])
    first.begin(other, path=str(task.path), seconds=draw.random(), model="graph-1")
    second.begin(task.action, **task.asked)
    outcomes = [first.end(), second.end()]
    for ended in outcomes:
        _must_end_in_words(ended, task.action)
    errors = [ended["error"] for ended in outcomes if "error" in ended]
    must(len(errors) < 2, f"neither {other} nor {task.action} succeeded: {errors}")
    must(all(WORDS_OF_LOCK in error for error in errors), f"{task.action} beside {other}: {errors}")
    check_readers(task.path, readers)
    if "error" in outcomes[1] or task.action not in ("deploy", "rollback", "forget"):
        run_to_the_end(task, second)
    check_after(task, readers, is_done=True)
    return bool(errors)


def _must_end_in_words(ended: dict, action: str) -> None:
    must(not ended["killed"], f"{action} hangs: {ended['seconds']:.0f} s")
    must("bare" not in ended, f"{action}: {ended.get('bare')}")
