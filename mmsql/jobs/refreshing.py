"""Refresh: bring the deployed model up to date, or train it again when too much has changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb

from mmsql.attributes import known_kinds
from mmsql.attributes.schema import stored_schema
from mmsql.config.attribute_kinds import kinds_text, named_kinds
from mmsql.data import sources
from mmsql.data.content import Content
from mmsql.data.dataset import Dataset
from mmsql.db import sqlfiles
from mmsql.encoders.encoder_choice import choose_encoder
from mmsql.encoders.image_cache import picture_files
from mmsql.errors import OptionError
from mmsql.jobs import training
from mmsql.jobs.results import RefreshResult, TrainResult
from mmsql.jobs.selection import Choice
from mmsql.models.base import FittedModel, Run
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
def refresh(con: duckdb.DuckDBPyConnection, *, retrain: float = RETRAIN) -> RefreshResult:
    """Bring the deployed model up to date with the sources, with its configuration, as a new version.

    Counts are computed again. A deep model keeps its weights and computes new item and user vectors, those of new
    items from their content. Cached texts are not encoded again. Where no row of any source has changed, there is no
    new version. Every run, failed runs included, adds a row to ``mmsql.refreshes``.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    retrain : float
        Drift from 0. Above it the model is trained again, with the options that were given to it.

    Raises
    ------
    ModelError
        When no model is deployed.
    SourceError
        When a source is not usable, or ids have another type than the model's.
    OptionError
        When ``retrain`` is not a number of at least 0.
    """
    if isinstance(retrain, bool) or not isinstance(retrain, int | float) or not retrain >= 0:
        raise OptionError(
            f"retrain must be a number of at least 0, the drift above which to train again; {retrain!r} was given. "
            f"Type retrain := {RETRAIN}."
        )
    started = perf_counter()
    (started_at,) = con.execute("SELECT now()::TIMESTAMP").fetchall()[0]
    try:
        base = _base(con)
        result = _refresh(con, base, float(retrain), started)
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


def _refresh(con: duckdb.DuckDBPyConnection, base: RefreshBase, retrain: float, started: float) -> RefreshResult:
    rejects = training.prepare_sources(con)
    versions.check_id_types(con)
    now = sources.fingerprint(con, picture_files(con))
    drift = _drift(con, base)
    before = base.fingerprint.partition(":")[2]
    if before == now:
        return _unchanged(base, rejects, drift, started)
    if drift > retrain:
        found = _trained_again(con, base.record)
        why = f"{drift:.0%} of the events are new since {base.trained} was trained, more than {retrain:.0%}"
        found = dataclasses.replace(found, message=f"Trained again: {why}. {found.message}")
        return _result(con, base, found, "retrained", drift)
    job = training.Job(
        algorithm=base.record.algorithm,
        config=versions.config_of(base.record),
        encoder=choose_encoder(con, base.record.encoder),
        images=versions.images_of(con, base.record),
        rejects=rejects,
        sources=now,
        schema=stored_schema(con, base.record.model),
        terms_of=base.record.model if sources.same_rows("comments", before, now) else None,
    )
    weights = versions.load_weights(con, base.record.model)

    def update(dataset: Dataset, content: Content, run: Run) -> tuple[Choice, FittedModel]:  # noqa: ARG001
        known = state_tables.known_items(con, base.record.model, dataset)
        fitted = find_model(job.algorithm).update(dataset, content, job.config, weights, known)
        return Choice(job.algorithm, job.config, f"{base.record.model} brought up to date."), fitted

    return _result(con, base, training.run(con, job, update, started), "refreshed", drift)


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
        "WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL"
    ).fetchall()[0]
    return abs(events - base.trained_events) / max(events, 1)


def _unchanged(base: RefreshBase, rejects: int, drift: float, started: float) -> RefreshResult:
    return RefreshResult(
        model=base.record.model,
        algorithm=base.record.algorithm,
        users=base.users,
        items=base.items,
        events=base.events,
        encoded=0,
        rejects=rejects,
        seconds=round(perf_counter() - started, 2),
        message=f"No row has changed: {base.record.model} stays deployed.",
        status="unchanged",
        new_events=0,
        new_users=0,
        new_items=0,
        drift=drift,
        overlap=None,
    )


def _trained_again(con: duckdb.DuckDBPyConnection, record: versions.ModelRecord) -> TrainResult:
    """Train with the options that were given by name, and choose the others again. Kinds of removed columns go."""
    config = versions.config_of(record)
    given = {name: getattr(config, name) for name in config.fixed}
    if KINDS in given:
        given[KINDS] = kinds_text(KINDS, known_kinds(con, named_kinds(given[KINDS])))
    return training.train(con, record.algorithm, encoder=record.encoder, options={**given, "seed": record.seed})


def _result(
    con: duckdb.DuckDBPyConnection, base: RefreshBase, found: TrainResult, status: str, drift: float
) -> RefreshResult:
    (overlap,) = con.execute(
        sqlfiles.query("training/evaluate", "list_overlap"),
        {"before": base.record.model, "after": found.model, "k": COMPARED_ITEMS},
    ).fetchall()[0]
    return RefreshResult(
        **dataclasses.asdict(found),
        status=status,
        new_events=found.events - base.events,
        new_users=found.users - base.users,
        new_items=found.items - base.items,
        drift=drift,
        overlap=overlap,
    )


def _write(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    """Add a row to ``mmsql.refreshes``."""
    names = ", ".join(row)
    values = ", ".join("?" for _ in row)
    con.execute(
        f"INSERT INTO mmsql.refreshes (refresh, {names}) "
        f"SELECT coalesce((SELECT max(r.refresh) FROM mmsql.refreshes r), 0) + 1, {values}",
        list(row.values()),
    )
