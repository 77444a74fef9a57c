"""Runs the epochs of a training: logging, validation, early stopping and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from torch import Tensor

from mmsql.config import FusionConfig
from mmsql.models.base import EpochLog, Run
from mmsql.models.fusion.checkpoint import TrainingProgress, pack_training, restore_training
from mmsql.models.fusion.modules import Towers
from mmsql.models.fusion.trainer import Trainer, TrainingInputs


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training run.

    Attributes
    ----------
    towers : Towers
        Towers with the averaged weights of the best epoch, or of the last epoch without validation.
    best_epoch : int
        Number of that epoch, from 1.
    best_ndcg : float
        Validation NDCG of that epoch, without a cutoff; minus infinity without validation.
    epochs_run : int
        Number of epochs that were run.
    seconds : float
        Total duration of the epochs.
    """

    towers: Towers
    best_epoch: int
    best_ndcg: float
    epochs_run: int
    seconds: float


def train_towers(
    towers: Towers, inputs: TrainingInputs, config: FusionConfig, run: Run, stage: str
) -> TrainingResult:
    """Train for at most ``config.epochs`` epochs.

    With held-out items, training stops early after ``config.patience`` epochs without a better validation, or once
    ``config.time_budget`` seconds are spent. The validation figure is the NDCG without a cutoff; see
    :class:`~mmsql.models.fusion.trainer.Validation`.

    Parameters
    ----------
    towers : Towers
        New towers, trained in place.
    inputs : TrainingInputs
        Histories, features and held-out items.
    config : FusionConfig
        Options.
    run : Run
        Called after each epoch. Training resumes from its checkpoint, if it has one.
    stage : str
        Name of the checkpoint.
    """
    trainer = Trainer(towers, inputs, config)
    progress = _resume_or_start(trainer, run, stage)
    saved, validated = progress.seconds, len(inputs.holdout_users) > 0
    while not _finished(progress, config, validated):
        row = _run_epoch(trainer, progress)
        run(row)
        due = progress.seconds - saved >= run.seconds_between
        if due or (_finished(progress, config, validated) and progress.seconds >= run.seconds_between):
            run.checkpoints.save(stage, pack_training(trainer, progress))
            saved = progress.seconds
    trainer.average.load_state_dict(progress.best_weights)
    return TrainingResult(trainer.average, progress.best_epoch, progress.best_ndcg, progress.epochs, progress.seconds)


def _resume_or_start(trainer: Trainer, run: Run, stage: str) -> TrainingProgress:
    """Resume from the checkpoint and log its epochs again, or start a new training."""
    data = run.checkpoints.load(stage)
    progress = None if data is None else restore_training(data, trainer)
    if progress is None:
        return TrainingProgress(_weights(trainer))
    for row in progress.rows:
        run(row)
    return progress


def _run_epoch(trainer: Trainer, progress: TrainingProgress) -> EpochLog:
    """Train and validate for one epoch, and record the result."""
    started = perf_counter()
    losses = trainer.epoch()
    validation = trainer.validate()
    seconds = perf_counter() - started
    progress.epochs += 1
    progress.seconds += seconds
    row = EpochLog(
        epoch=progress.epochs,
        loss=losses.total,
        loss_precision=losses.precision,
        loss_diversity=losses.diversity,
        validation_ndcg=None if validation is None else validation.ndcg,
        seconds=seconds,
    )
    progress.rows.append(row)
    if validation is None or validation.full_ndcg > progress.best_ndcg:
        progress.best_ndcg = progress.best_ndcg if validation is None else validation.full_ndcg
        progress.best_epoch, progress.best_weights = progress.epochs, _weights(trainer)
    return row


def _weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: values.clone() for name, values in trainer.average.state_dict().items()}


def _finished(progress: TrainingProgress, config: FusionConfig, validated: bool) -> bool:
    if progress.epochs >= config.epochs:
        return True
    waited = progress.epochs - progress.best_epoch
    return validated and (waited >= config.patience or progress.seconds >= config.time_budget)
