"""The epochs of a training: logged, validated, stopped early, and left as checkpoints on the way."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from torch import Tensor

from mmsql.config import FusionConfig
from mmsql.models.base import EpochLog, Run
from mmsql.models.fusion.checkpoint import Progress, pack_training, restore_training
from mmsql.models.fusion.modules import Towers
from mmsql.models.fusion.trainer import Task, Trainer


@dataclass(frozen=True)
class Trained:
    """What a training ended with.

    Attributes
    ----------
    towers : Towers
        With the averaged weights of the best epoch, or of the last where nothing validates.
    epochs : int
        How many epochs that took.
    best : float
        The validation then; minus infinity where nothing validates.
    run : int
        Epochs in all.
    seconds : float
        What they took.
    """

    towers: Towers
    epochs: int
    best: float
    run: int
    seconds: float


def train_towers(towers: Towers, task: Task, config: FusionConfig, run: Run, stage: str) -> Trained:
    """Train for ``config.epochs`` epochs; less where the task has something to validate on.

    Then training stops once the validation has not got better for ``config.patience`` epochs, or once
    ``config.time_budget`` seconds are spent. What validates is the NDCG without a cut; see
    :class:`~mmsql.models.fusion.trainer.Validation`.

    Parameters
    ----------
    towers : Towers
        New ones.
    task : Task
        What there is to learn from.
    config : FusionConfig
        Options.
    run : Run
        Called once an epoch; its checkpoints are gone on from, where there are any.
    stage : str
        The name of the checkpoints.
    """
    trainer = Trainer(towers, task, config)
    progress = _begun(trainer, run, stage)
    saved, validated = progress.seconds, len(task.held_users) > 0
    while not _finished(progress, config, validated):
        row = _epoch(trainer, progress)
        run(row)
        late = progress.seconds - saved >= run.seconds_between
        if late or (_finished(progress, config, validated) and progress.seconds >= run.seconds_between):
            run.checkpoints.save(stage, pack_training(trainer, progress))
            saved = progress.seconds
    trainer.average.load_state_dict(progress.best_weights)
    return Trained(trainer.average, progress.best_epoch, progress.best, progress.epochs, progress.seconds)


def _begun(trainer: Trainer, run: Run, stage: str) -> Progress:
    """Go on from the checkpoint, whose epochs are logged again, or begin."""
    data = run.checkpoints.load(stage)
    progress = None if data is None else restore_training(data, trainer)
    if progress is None:
        return Progress(_weights(trainer))
    for row in progress.rows:
        run(row)
    return progress


def _epoch(trainer: Trainer, progress: Progress) -> EpochLog:
    """Train and validate once, and write down how it went."""
    started = perf_counter()
    losses = trainer.epoch()
    found = trainer.validate()
    seconds = perf_counter() - started
    progress.epochs += 1
    progress.seconds += seconds
    row = EpochLog(
        epoch=progress.epochs,
        loss=losses.total,
        loss_precision=losses.precision,
        loss_diversity=losses.diversity,
        validation_ndcg=None if found is None else found.ndcg,
        seconds=seconds,
    )
    progress.rows.append(row)
    if found is None or found.whole_ndcg > progress.best:
        progress.best = progress.best if found is None else found.whole_ndcg
        progress.best_epoch, progress.best_weights = progress.epochs, _weights(trainer)
    return row


def _weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: values.clone() for name, values in trainer.average.state_dict().items()}


def _finished(progress: Progress, config: FusionConfig, validated: bool) -> bool:
    if progress.epochs >= config.epochs:
        return True
    waited = progress.epochs - progress.best_epoch
    return validated and (waited >= config.patience or progress.seconds >= config.time_budget)
