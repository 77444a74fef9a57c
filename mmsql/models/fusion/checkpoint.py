"""Saves the complete state of a training run as bytes and restores it.

The format is safetensors. Values other than tensors are JSON in one byte entry. Nothing is pickled.
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

STATE = "state"  # name of the JSON entry
FORMAT = 1


@dataclass
class TrainingProgress:
    """Progress of a training run.

    Attributes
    ----------
    epochs : int
        Number of finished epochs.
    best_ndcg : float
        Best validation NDCG so far, without a cutoff; minus infinity before the first validation.
    best_epoch : int
        Epoch of the best validation, from 1.
    best_weights : dict of str to Tensor
        Averaged weights after that epoch.
    seconds : float
        Total duration of the epochs.
    rows : list of EpochLog
        One row per epoch.
    """

    best_weights: dict[str, Tensor]
    epochs: int = 0
    best_ndcg: float = -math.inf
    best_epoch: int = 0
    seconds: float = 0.0
    rows: list[EpochLog] = field(default_factory=list)


def pack_training(trainer: Trainer, progress: TrainingProgress) -> bytes:
    """Return the state of a training run between two epochs as bytes, for :func:`restore_training`."""
    optimizer_state = trainer.optimizer.state_dict()["state"]
    tensors = {
        **_with_prefix("towers", trainer.towers.state_dict()),
        **_with_prefix("average", trainer.average.state_dict()),
        **_with_prefix("best", progress.best_weights),
        "offset": trainer.offset.detach(),
        "random": torch.random.get_rng_state(),
    }
    for number, values in optimizer_state.items():
        tensors |= _with_prefix(f"optimizer.{number}", values)
    if trainer.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(trainer.device)
    metadata = {
        "format": FORMAT,
        "shape": _shape(trainer),
        "random": trainer.random.bit_generator.state,
        "steps": trainer.steps,
        "epochs": progress.epochs,
        "best": progress.best_ndcg,
        "best_epoch": progress.best_epoch,
        "seconds": progress.seconds,
        "rows": [dataclasses.asdict(row) for row in progress.rows],
    }
    tensors[STATE] = torch.from_numpy(np.frombuffer(json.dumps(metadata).encode(), dtype=np.uint8).copy())
    return save({name: values.detach().cpu().contiguous().clone() for name, values in tensors.items()})


def restore_training(data: bytes, trainer: Trainer) -> TrainingProgress | None:
    """Restore the state of a training run into a new trainer, random states of torch included.

    Parameters
    ----------
    data : bytes
        Result of :func:`pack_training`.
    trainer : Trainer
        A trainer with the same inputs and configuration. It is changed in place.

    Returns
    -------
    TrainingProgress, optional
        None if the bytes have another format version or the towers another shape. The trainer is then unchanged.
    """
    tensors = load(data)
    metadata = json.loads(tensors.pop(STATE).numpy().tobytes())
    if metadata["format"] != FORMAT or metadata["shape"] != _shape(trainer):
        return None
    trainer.towers.load_state_dict(_without_prefix("towers", tensors))
    trainer.average.load_state_dict(_without_prefix("average", tensors))
    trainer.optimizer.load_state_dict({**trainer.optimizer.state_dict(), "state": _optimizer_state(tensors)})
    with torch.no_grad():
        trainer.offset.copy_(tensors["offset"])
    trainer.random.bit_generator.state = metadata["random"]
    trainer.steps = metadata["steps"]
    torch.random.set_rng_state(tensors["random"])
    if "random.cuda" in tensors and trainer.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random.cuda"], trainer.device)
    return TrainingProgress(
        best_weights={name: values.to(trainer.device) for name, values in _without_prefix("best", tensors).items()},
        epochs=metadata["epochs"],
        best_ndcg=metadata["best"],
        best_epoch=metadata["best_epoch"],
        seconds=metadata["seconds"],
        rows=[EpochLog(**row) for row in metadata["rows"]],
    )


def _shape(trainer: Trainer) -> dict[str, Any]:
    """Return the shape of the towers as it looks after a round trip through JSON."""
    shape: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(trainer.towers.shape)))
    return shape


def _with_prefix(prefix: str, values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _without_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = len(prefix) + 1
    return {name[start:]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


def _optimizer_state(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _without_prefix("optimizer", tensors).items():
        number, entry = name.split(".")
        state.setdefault(int(number), {})[entry] = value
    return state
