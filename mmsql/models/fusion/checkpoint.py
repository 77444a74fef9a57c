"""A training in progress as bytes: what was learned so far, and everything that decides how it goes on.

The form is safetensors: the tensors, and beside them one entry of bytes that are JSON. Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor

from mmsql.models.base import EpochLog
from mmsql.models.fusion.trainer import Trainer

STATE = "state"  # the entry that says what is no tensor
FORMAT = 1


@dataclass
class Progress:
    """How far a training is.

    Attributes
    ----------
    epochs : int
        Done so far.
    best : float
        The best validation so far; minus infinity before any.
    best_epoch : int
        The epoch it was after, from 1.
    best_weights : dict of str to Tensor
        The averaged weights then.
    seconds : float
        What the epochs took, together.
    rows : list of EpochLog
        One an epoch.
    """

    best_weights: dict[str, Tensor]
    epochs: int = 0
    best: float = -math.inf
    best_epoch: int = 0
    seconds: float = 0.0
    rows: list[EpochLog] = field(default_factory=list)


def pack_training(trainer: Trainer, progress: Progress) -> bytes:
    """Return a training between two epochs as bytes, for :func:`restore_training`."""
    adam_moments = trainer.optimizer.state_dict()["state"]
    tensors = {
        **_named("towers", trainer.towers.state_dict()),
        **_named("average", trainer.average.state_dict()),
        **_named("best", progress.best_weights),
        "offset": trainer.offset.detach(),
        "random": torch.random.get_rng_state(),
    }
    for number, values in adam_moments.items():
        tensors |= _named(f"optimizer.{number}", values)
    if trainer.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(trainer.device)
    described = {
        "format": FORMAT,
        "shape": _shape(trainer),
        "random": trainer.random.bit_generator.state,
        "steps": trainer.steps,
        "epochs": progress.epochs,
        "best": progress.best,
        "best_epoch": progress.best_epoch,
        "seconds": progress.seconds,
        "rows": [dataclasses.asdict(row) for row in progress.rows],
    }
    tensors[STATE] = torch.from_numpy(np.frombuffer(json.dumps(described).encode(), dtype=np.uint8).copy())
    return save({name: values.detach().cpu().contiguous().clone() for name, values in tensors.items()})


def restore_training(data: bytes, trainer: Trainer) -> Progress | None:
    """Bring a new trainer to where another one was, random states of torch included.

    Parameters
    ----------
    data : bytes
        Of :func:`pack_training`.
    trainer : Trainer
        With the same task and configuration; changed in place.

    Returns
    -------
    Progress, optional
        None, and the trainer as it was, where the bytes are of another version or of towers of another shape.
    """
    tensors = load(data)
    described = json.loads(tensors.pop(STATE).numpy().tobytes())
    if described["format"] != FORMAT or described["shape"] != _shape(trainer):
        return None
    trainer.towers.load_state_dict(_under("towers", tensors))
    trainer.average.load_state_dict(_under("average", tensors))
    trainer.optimizer.load_state_dict({**trainer.optimizer.state_dict(), "state": _moments(tensors)})
    with torch.no_grad():
        trainer.offset.copy_(tensors["offset"])
    trainer.random.bit_generator.state = described["random"]
    trainer.steps = described["steps"]
    torch.random.set_rng_state(tensors["random"])
    if "random.cuda" in tensors and trainer.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random.cuda"], trainer.device)
    return Progress(
        best_weights={name: values.to(trainer.device) for name, values in _under("best", tensors).items()},
        epochs=described["epochs"],
        best=described["best"],
        best_epoch=described["best_epoch"],
        seconds=described["seconds"],
        rows=[EpochLog(**row) for row in described["rows"]],
    )


def _shape(trainer: Trainer) -> dict[str, Any]:
    """Return the towers' shape as JSON would give it back."""
    shape: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(trainer.towers.shape)))
    return shape


def _named(prefix: str, values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = len(prefix) + 1
    return {name[start:]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


def _moments(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    found: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer", tensors).items():
        number, entry = name.split(".")
        found.setdefault(int(number), {})[entry] = value
    return found
