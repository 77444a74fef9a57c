"""Chooses the number of epochs of the fusion model and, on small datasets, its regularisation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from mmsql.config import FusionConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import EpochLog, Run, SearchResult
from mmsql.models.fusion.fit import build_training_data, embed_all, train
from mmsql.models.fusion.loop import TrainingResult

SEARCH = "search"  # checkpoint stage
SMALL_DATASET = 50_000  # events; below, training is quick and overfits early, so a second setting is tried
REGULARIZED = {"learning_rate": 0.0005, "dropout": 0.5}


def search_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, holdout: Holdout, log: Callable[[EpochLog], None]
) -> SearchResult:
    """Train until the validation stops improving; parameters as in :class:`~mmsql.models.base.Model`.

    With fewer than :data:`SMALL_DATASET` events, a second training uses a smaller learning rate and a larger
    dropout, unless these options were given. The better of the two is returned.
    """
    if not len(holdout.users):
        return SearchResult(config)
    run = log if isinstance(log, Run) else Run(log)
    data = build_training_data(dataset, content, config, holdout)
    best: tuple[FusionConfig, TrainingResult] | None = None
    logged, spent = 0, 0.0
    for number, candidate in enumerate(_candidate_configs(config, dataset.events)):
        if spent >= config.time_budget:
            break
        limited = dataclasses.replace(candidate, time_budget=max(config.time_budget - spent, 1))
        trained = train(data, limited, _numbered_from(logged, run), f"{SEARCH}-{number}" if number else SEARCH)
        logged, spent = logged + trained.epochs_run, spent + trained.seconds
        if best is None or trained.best_ndcg > best[1].best_ndcg:
            best = candidate, trained
    assert best is not None
    chosen = dataclasses.replace(best[0], epochs=max(best[1].best_epoch, 1))
    return SearchResult(chosen, embed_all(data, chosen, best[1].towers))


def _candidate_configs(config: FusionConfig, events: int) -> Iterator[FusionConfig]:
    yield config
    changes = {name: value for name, value in REGULARIZED.items() if name not in config.fixed}
    if events < SMALL_DATASET and changes:
        yield dataclasses.replace(config, **changes)  # type: ignore[arg-type]


def _numbered_from(logged: int, run: Run) -> Run:
    """Return a run that logs to another run, with epoch numbers after those already logged."""
    return dataclasses.replace(run, log=lambda row: run(dataclasses.replace(row, epoch=logged + row.epoch)))
