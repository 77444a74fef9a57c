"""The search of the fusion model: for the best epoch, and on little data for how gently to train."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from mmsql.config import FusionConfig
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.models.base import EpochLog, Run, SearchResult
from mmsql.models.fusion.fit import embed_all, gather, train
from mmsql.models.fusion.loop import Trained

SEARCH = "search"  # stage of the checkpoints
LITTLE = 50_000  # events: with less, a training takes little time and soon knows its data by heart
GENTLE = {"learning_rate": 0.0005, "dropout": 0.5}


def search_fusion(
    dataset: Dataset, content: Content, config: FusionConfig, holdout: Holdout, log: Callable[[EpochLog], None]
) -> SearchResult:
    """Train until the validation is at its best; parameters as of :class:`~mmsql.models.base.Model`.

    With less than :data:`LITTLE` events there is a second training, with a smaller step size and a larger
    dropout, as far as these are not given, and the better of the two is taken.
    """
    if not len(holdout.users):
        return SearchResult(config)
    run = log if isinstance(log, Run) else Run(log)
    material = gather(dataset, content, config, holdout)
    best: tuple[FusionConfig, Trained] | None = None
    logged, spent = 0, 0.0
    for number, tried in enumerate(_settings(config, dataset.events)):
        if spent >= config.time_budget:
            break
        left = dataclasses.replace(tried, time_budget=max(config.time_budget - spent, 1))
        trained = train(material, left, _numbered_from(logged, run), f"{SEARCH}-{number}" if number else SEARCH)
        logged, spent = logged + trained.run, spent + trained.seconds
        if best is None or trained.best > best[1].best:
            best = tried, trained
    assert best is not None
    chosen = dataclasses.replace(best[0], epochs=max(best[1].epochs, 1))
    return SearchResult(chosen, embed_all(material, chosen, best[1].towers))


def _settings(config: FusionConfig, events: int) -> Iterator[FusionConfig]:
    yield config
    changes = {name: value for name, value in GENTLE.items() if name not in config.fixed}
    if events < LITTLE and changes:
        yield dataclasses.replace(config, **changes)  # type: ignore[arg-type]


def _numbered_from(logged: int, run: Run) -> Run:
    """Return a run that logs into another, after the epochs that are there already."""
    return dataclasses.replace(run, log=lambda row: run(dataclasses.replace(row, epoch=logged + row.epoch)))
