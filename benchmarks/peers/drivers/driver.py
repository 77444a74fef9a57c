"""The part that all drivers share: reading a job, fitting each configuration, writing lists and their cost.

A driver runs in the environment of its library, which may have no more than numpy and scipy besides. A job is a
JSON file: ``data`` (folder of a split), ``out`` (folder), ``configurations`` (list of options), ``k``, ``threads``,
``seed``, ``seconds`` (of CPU that one fit may take, where the library can be stopped), ``held_only`` (rank for those
users only from whom something is held out). For configuration n, ``n.npy`` holds int32 (users, k), -1 where a list
is shorter, and ``n.json`` the seconds, or the error.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import scipy.sparse as sp

BLOCK_USERS = 1000


@dataclass
class Job:
    """One training: the events, and the limits."""

    users: int
    items: int
    user: np.ndarray
    item: np.ndarray
    weight: np.ndarray
    ts: np.ndarray
    position: np.ndarray
    threads: int
    seed: int
    seconds: float
    out: Path
    asked: np.ndarray  # users to rank for; a driver that ranks for all at once may do so
    note: str = ""

    @cached_property
    def matrix(self) -> sp.csr_matrix:
        """The events as 0 and 1: float32, (users, items)."""
        ones = np.ones(len(self.user), dtype=np.float32)
        return sp.csr_matrix((ones, (self.user, self.item)), shape=(self.users, self.items))


Recommend = Callable[[int], np.ndarray]
Fit = Callable[..., Recommend]


def top_k(scores: np.ndarray, seen: sp.csr_matrix, k: int) -> np.ndarray:
    """Return the k best items of each row without those seen; -1 where fewer have a score."""
    scores = np.array(scores, dtype=np.float64)
    scores[seen.nonzero()] = -np.inf
    k = min(k, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    return np.where(np.isfinite(np.take_along_axis(scores, best, axis=1)), best, -1).astype(np.int32)


def ranked_in_blocks(score: Callable[[np.ndarray], np.ndarray], job: Job, k: int) -> np.ndarray:
    """Rank with a function from user indices to dense scores, a block of users at a time."""
    lists = np.full((job.users, k), -1, dtype=np.int32)
    for start in range(0, len(job.asked), BLOCK_USERS):
        users = job.asked[start : start + BLOCK_USERS]
        found = top_k(score(users), job.matrix[users], k)
        lists[users, : found.shape[1]] = found
    return lists


def run(library: str, fit: Fit) -> None:
    """Do the job that the command line names.

    Parameters
    ----------
    library : str
        Distribution whose version is reported.
    fit : callable
        ``fit(job, **options)`` trains and returns a function from k to the lists of all users.
    """
    given = json.loads(Path(sys.argv[1]).read_text())
    folder, out = Path(given["data"]), Path(given["out"])
    meta, train = json.loads((folder / "meta.json").read_text()), np.load(folder / "train.npz")
    arrays = {name: train[name] for name in ("user", "item", "weight", "ts", "position")}
    limits = {name: given[name] for name in ("threads", "seed", "seconds")}
    holdout = np.unique(np.load(folder / "held.npz")["user"])
    asked = holdout if given.get("held_only") else np.arange(meta["users"])
    version = importlib.metadata.version(library)
    if given.get("serve"):
        serve(
            Job(users=meta["users"], items=meta["items"], **arrays, **limits, out=out, asked=asked),
            fit,
            given,
            version,
        )
        return
    for number, options in enumerate(given["configurations"]):
        job = Job(users=meta["users"], items=meta["items"], **arrays, **limits, out=out, asked=asked)
        report = {"options": options, "library": library, "version": version}
        try:
            report.update(once(job, fit, options, given["k"], out / f"{number}.npy"))
        except Exception as error:
            traceback.print_exc()
            report["error"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        (out / f"{number}.json").write_text(json.dumps(report))


def once(job: Job, fit: Fit, options: dict, k: int, path: Path) -> dict:
    """Fit and rank once; return what it cost."""
    marks = [(perf_counter(), process_time())]
    recommend = fit(job, **options)
    marks.append((perf_counter(), process_time()))
    lists = np.asarray(recommend(k), dtype=np.int32)
    marks.append((perf_counter(), process_time()))
    if lists.shape[1] < k:
        lists = np.pad(lists, ((0, 0), (0, k - lists.shape[1])), constant_values=-1)
    np.save(path, lists)
    return {
        "fit_seconds": marks[1][0] - marks[0][0],
        "fit_cpu": marks[1][1] - marks[0][1],
        "recommend_seconds": marks[2][0] - marks[1][0],
        "recommend_cpu": marks[2][1] - marks[1][1],
        "peak_mib": peak_mib(),
        "note": job.note,
    }


def peak_mib() -> float | None:
    """Return the most memory this process has had, in MiB, where the system tells.

    ``getrusage`` would do, but on Linux it starts with what the parent process had.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def serve(job: Job, fit: Fit, given: dict, version: str) -> None:
    """Fit and rank once for every line that comes in, and answer with the two times: for paired timing."""
    sys.stdout.write("ready" + json.dumps({"version": version, "events": job.matrix.nnz}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() != "go":
            return
        report = once(job, fit, given["configurations"][0], given["k"], job.out / "served.npy")
        sys.stdout.write("answer " + json.dumps(report) + "\n")
        sys.stdout.flush()
