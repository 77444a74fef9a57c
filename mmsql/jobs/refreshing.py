"""Refresh: bring the deployed model up to date, or train it again when too much has changed."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb
import numpy as np

from mmsql.attributes import known_kinds
from mmsql.attributes.schema import stored_schema
from mmsql.config.attribute_kinds import kinds_text, named_kinds
from mmsql.data import sources
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset
from mmsql.db import serving, sqlfiles
from mmsql.encoders.encoder_choice import choose_base_encoder, choose_encoder
from mmsql.encoders.image_cache import picture_files
from mmsql.errors import OptionError
from mmsql.jobs import training
from mmsql.jobs.results import RefreshResult, TrainResult
from mmsql.jobs.selection import Choice, Deployed, config_for
from mmsql.models.base import FittedModel, NoCheckpoints, Run, no_log
from mmsql.models.registry import find_model
from mmsql.store import state_tables, versions

RETRAIN = 0.2  # drift above which a refresh trains again
KINDS = "attribute_kinds"
COMPARED_ITEMS = 10  # first items of a list that the overlap compares


@dataclass(frozen=True)
class RefreshBase:
    """The deployed version when a refresh begins, and the training of its weights and options."""

    record: versions.ModelRecord
    fingerprint: str
    users: int
    items: int
    events: int
    trained: str
    trained_events: int


@versions.one_at_a_time
def refresh(con: duckdb.DuckDBPyConnection, *, retrain: float = RETRAIN, min_overlap: float = 0.0) -> RefreshResult:
    """Bring the deployed model up to date with the sources, with its configuration, as a new version.

    Counts are computed again. A deep model keeps its weights and computes new item and user vectors, those of new
    items from their content. Cached texts are not encoded again. Where no row of any source has changed, there is no
    new version; nor is there one after a rollback, until somebody deploys or trains. A model that is trained again is
    deployed only if its NDCG@10 on held-out events is not below that of the deployed model, brought up to date;
    otherwise the deployed model is brought up to date. Every run, failed runs included, adds a row to
    ``mmsql.refreshes``.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    retrain : float
        Drift from 0. Above it the model is trained again, with the options that were given to it.
    min_overlap : float
        From 0 to 1. A version whose lists overlap less with those of the deployed one is stored, but not deployed.

    Raises
    ------
    ModelError
        When no model is deployed.
    SourceError
        When a source is not usable, or ids have another type than the model's.
    OptionError
        When ``retrain`` is not a number of at least 0, or ``min_overlap`` is not one from 0 to 1.
    """
    if isinstance(retrain, bool) or not isinstance(retrain, int | float) or not retrain >= 0:
        raise OptionError(
            f"retrain must be a number of at least 0, the drift above which to train again; {retrain!r} was given. "
            f"Type retrain := {RETRAIN}."
        )
    if isinstance(min_overlap, bool) or not isinstance(min_overlap, int | float) or not 0 <= min_overlap <= 1:
        raise OptionError(
            f"min_overlap must be from 0 to 1, the overlap of lists below which a new version is not deployed; "
            f"{min_overlap!r} was given. Type min_overlap := 0.3."
        )
    started = perf_counter()
    (started_at,) = con.execute("SELECT now()::TIMESTAMP").fetchall()[0]
    try:
        base = _base(con)
        if versions.is_rolled_back(con):
            why = f"{base.record.model} was rolled back to and stays deployed until you deploy or train a model."
            result = _without_version(base, "held", why, started)
        else:
            result = _refresh(con, base, Limits(float(retrain), float(min_overlap)), started)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        seconds = perf_counter() - started
        _write(con, {"status": "failed", "message": message, "started_at": started_at, "seconds": seconds})
        raise
    names = ("status", "model", "new_events", "new_users", "new_items", "encoded", "drift", "overlap", "message")
    row = {name: getattr(result, name) for name in names}
    trained = result.model if result.status == "retrained" else base.trained
    _write(con, {**row, "trained": trained, "started_at": started_at, "seconds": result.seconds})
    return result


@dataclass(frozen=True)
class Limits:
    """The drift above which to train again, and the overlap of lists below which not to deploy."""

    retrain: float
    min_overlap: float


def _refresh(con: duckdb.DuckDBPyConnection, base: RefreshBase, limits: Limits, started: float) -> RefreshResult:
    rejects = training.prepare_sources(con)
    versions.check_id_types(con)
    now = sources.fingerprint(con, picture_files(con))
    drift = _drift(con, base)
    before = base.fingerprint.partition(":")[2]
    if before == now:
        why = f"No row has changed: {base.record.model} stays deployed."
        return _without_version(base, "unchanged", why, started, rejects, drift)
    refused = set()

    def may_deploy(model: str) -> bool:
        if _overlap(con, base, model) >= limits.min_overlap:
            return True
        refused.add(model)
        return False

    job = training.Job(
        algorithm=base.record.algorithm,
        config=versions.config_of(base.record),
        encoder=choose_encoder(con, base.record.encoder),
        images=versions.images_of(con, base.record),
        rejects=rejects,
        sources=now,
        schema=stored_schema(con, base.record.model),
        terms_of=base.record.model if sources.same_rows("comments", before, now) else None,
        may_deploy=may_deploy,
    )
    update = _Update(base.record, job, versions.load_weights(con, base.record.model))
    message = ""
    if drift > limits.retrain:
        why = f"{drift:.0%} of the events are new since {base.trained} was trained, more than {limits.retrain:.0%}"
        found = _trained_again(con, base.record, job, update, started)
        if found.model in refused or serving.deployed_model(con) == found.model:
            message = f"Trained again: {why}. {found.message}"
            return _result(con, base, dataclasses.replace(found, message=message), "retrained", drift, limits)
        message = f"Trained again, since {why}; {found.model} is worse and not deployed. {found.message}"
    found = training.run(con, job, update.fit, started)
    message = f"{message} {found.message}".strip()
    return _result(con, base, dataclasses.replace(found, message=message), "refreshed", drift, limits)


@dataclass(frozen=True)
class _Update:
    """The deployed model, to be brought up to date."""

    record: versions.ModelRecord
    job: training.Job
    weights: dict[str, np.ndarray]

    def fit(self, dataset: Dataset, content: Content, run: Run) -> tuple[Choice, FittedModel]:  # noqa: ARG002
        """Bring it up to date with a dataset, and content that was read by its own schema."""
        known = state_tables.known_items(dataset.con, self.record.model, dataset)
        model = find_model(self.job.algorithm)
        fitted = model.update(dataset, content, self.job.config, self.weights, known)
        return Choice(self.job.algorithm, self.job.config, f"{self.record.model} brought up to date."), fitted

    def compared(self, part: Dataset) -> FittedModel:
        """Bring it up to date with a part of a dataset, reading the content by its own encoders and schema."""
        content = read_content(part, self.job.encoder, self.job.images, self.job.schema)
        return self.fit(part, content, Run(no_log, NoCheckpoints()))[1]


def _base(con: duckdb.DuckDBPyConnection) -> RefreshBase:
    record = versions.find(con, None)
    rows = con.execute(
        "SELECT m.fingerprint, m.users, m.items, m.events FROM mmsql.models m WHERE m.model = ?", [record.model]
    ).fetchall()
    origin = con.execute(
        "SELECT r.trained, m.events FROM mmsql.refreshes r JOIN mmsql.models m ON m.model = r.trained "
        "WHERE r.model = ? ORDER BY r.refresh LIMIT 1",
        [record.model],
    ).fetchall()
    fingerprint, users, items, events = rows[0]
    trained, trained_events = origin[0] if origin else (record.model, events)
    return RefreshBase(record, fingerprint or "", users, items, events, trained, trained_events)


def _drift(con: duckdb.DuckDBPyConnection, base: RefreshBase) -> float:
    """Return the relative difference between today's number of distinct events and that of the training."""
    (events,) = con.execute(
        "SELECT count(DISTINCT (i.user_id, i.item_id)) FROM mmsql.interactions i "
        "WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL AND mmsql._counts(i.weight)"
    ).fetchall()[0]
    return abs(events - base.trained_events) / max(events, 1)


def _without_version(
    base: RefreshBase, status: str, message: str, started: float, rejects: int = 0, drift: float = 0.0
) -> RefreshResult:
    return RefreshResult(
        model=base.record.model,
        algorithm=base.record.algorithm,
        users=base.users,
        items=base.items,
        events=base.events,
        encoded=0,
        rejects=rejects,
        seconds=round(perf_counter() - started, 2),
        message=message,
        status=status,
        new_events=0,
        new_users=0,
        new_items=0,
        drift=drift,
        overlap=None,
    )


def _trained_again(
    con: duckdb.DuckDBPyConnection, record: versions.ModelRecord, job: training.Job, update: _Update, started: float
) -> TrainResult:
    """Train with the options that were given by name, and choose the others again. Kinds of removed columns go."""
    config = versions.config_of(record)
    given = {name: getattr(config, name) for name in config.fixed}
    if KINDS in given:
        given[KINDS] = kinds_text(KINDS, known_kinds(con, named_kinds(given[KINDS])))
    return training.train_job(
        con,
        dataclasses.replace(
            job,
            config=config_for(record.algorithm, {**given, "seed": record.seed}),
            encoder=choose_base_encoder(con, record.encoder),
            schema=None,
            finetunes=True,
            resumes=find_model(record.algorithm).is_deep,
            deployed=Deployed(record.model, record.algorithm, config, compared=True, updated=update.compared),
        ),
        started,
    )


def _result(
    con: duckdb.DuckDBPyConnection, base: RefreshBase, found: TrainResult, status: str, drift: float, limits: Limits
) -> RefreshResult:
    overlap = _overlap(con, base, found.model)
    message = found.message
    if serving.deployed_model(con) == base.record.model:
        status = "refused"
        message += (
            f" {found.model} is not deployed: its lists overlap by {overlap:.2f} with those of {base.record.model}, "
            f"less than min_overlap := {limits.min_overlap:g}. CALL deploy('{found.model}') deploys it."
        )
    return RefreshResult(
        **{**dataclasses.asdict(found), "message": message},
        status=status,
        new_events=found.events - base.events,
        new_users=found.users - base.users,
        new_items=found.items - base.items,
        drift=drift,
        overlap=None if math.isinf(overlap) else overlap,
    )


def _overlap(con: duckdb.DuckDBPyConnection, base: RefreshBase, model: str) -> float:
    """Return the overlap of a model's lists with those of the deployed model; infinity where nobody has both."""
    (overlap,) = con.execute(
        sqlfiles.query("training/evaluate", "list_overlap"),
        {"before": base.record.model, "after": model, "k": COMPARED_ITEMS},
    ).fetchall()[0]
    return math.inf if overlap is None else float(overlap)


def _write(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    """Add a row to ``mmsql.refreshes``."""
    names = ", ".join(row)
    values = ", ".join("?" for _ in row)
    con.execute(
        f"INSERT INTO mmsql.refreshes (refresh, {names}) "
        f"SELECT coalesce((SELECT max(r.refresh) FROM mmsql.refreshes r), 0) + 1, {values}",
        list(row.values()),
    )
