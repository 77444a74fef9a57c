"""Run a driver in its environment, once for a list of configurations."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from exporting import Split
from workspace import thread_settings

from peers.catalog import Options, Peer
from peers.environments import HERE, PeerError, python

K = 20
SLACK_SECONDS = 600  # of wall time for one configuration, beside ten times the CPU that its fit may take


@dataclass(frozen=True)
class Outcome:
    """The report of a driver on one configuration, and its lists; no lists where it failed."""

    report: dict[str, Any]
    lists: np.ndarray | None


def environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a driver: its threads, and nothing of ours on its path."""
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {
        **ours,
        **thread_settings(threads),
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",
        "LK_NUM_THREADS": str(threads),
    }


def job_file(folder: Path, split: Split, configurations: list[Options], **settings: Any) -> Path:
    """Write the file that tells a driver what to do."""
    job = {"data": str(split.folder), "out": str(folder), "configurations": configurations, "k": K, **settings}
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    return path


def run(
    peer: Peer,
    split: Split,
    configurations: list[Options],
    *,
    seed: int,
    threads: int,
    seconds: float,
    held_only: bool = False,
) -> list[Outcome]:
    """Fit and rank with each configuration, in one process.

    Parameters
    ----------
    peer : Peer
        The model.
    split : Split
        What to train on.
    configurations : list of dict
        Options of each training.
    seed, threads : int
        Given to the library.
    seconds : float
        Of CPU that one fit may take, where the library can be stopped.
    held_only : bool
        Whether lists are wanted only for users from whom something is held out.

    Raises
    ------
    PeerError
        When the environment cannot be made, or the process reports nothing at all.
    """
    interpreter = python(peer.group)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        path = job_file(
            folder, split, configurations, seed=seed, threads=threads, seconds=seconds, held_only=held_only
        )
        command = [str(interpreter), str(HERE / "drivers" / f"{peer.name}.py"), str(path)]
        limit = len(configurations) * (10 * seconds + SLACK_SECONDS)
        said = ""
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment(threads),
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
            said = f"{done.stderr}\nended by signal {-done.returncode}" if done.returncode < 0 else done.stderr
        except subprocess.TimeoutExpired:
            said = f"ended after {limit:.0f} s"
        outcomes = [_outcome(folder, number) for number in range(len(configurations))]
    found = [outcome for outcome in outcomes if outcome is not None]
    if not found:
        lines = [line for line in said.splitlines() if line.strip()] or ["the process said nothing"]
        raise PeerError(lines[-1].strip())
    return found


def _outcome(folder: Path, number: int) -> Outcome | None:
    report, lists = folder / f"{number}.json", folder / f"{number}.npy"
    if not report.exists():
        return None
    return Outcome(json.loads(report.read_text()), np.load(lists) if lists.exists() else None)
