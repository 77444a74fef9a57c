"""The functions behind ``CALL train()`` and ``CALL refresh()``."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, rows_type, volatile
from mmsql.jobs.results import RefreshResult, TrainResult

TrainRow = Annotated[pa.Array, rows_type(TrainResult)]
RefreshRow = Annotated[pa.Array, rows_type(RefreshResult)]


@volatile
def mmsql_train(session: Session, options: Varchar) -> TrainRow:
    """Train as the options say.

    Parameters
    ----------
    session : Session
        Of the database.
    options : pyarrow.Array of string
        JSON objects with the parameters of the macro.
    """
    from mmsql.jobs import training

    rows = []
    for text in options.to_pylist():
        given = {name: value for name, value in json.loads(text).items() if value is not None}
        fixed = {
            name: given.pop(name) for name in ("algorithm", "encoder", "image_encoder", "deploy") if name in given
        }
        with session.cursor(writing=True) as con:
            rows.append([dataclasses.asdict(training.train(con, **fixed, options=given))])
        session.cache.pop("encoder", None)
    return pa.array(rows)


@volatile
def mmsql_refresh(session: Session, options: Varchar) -> RefreshRow:
    """Bring the deployed model up to date with the sources, as the options say: JSON objects."""
    from mmsql.jobs import refreshing

    rows = []
    for text in options.to_pylist():
        given = {name: value for name, value in json.loads(text).items() if value is not None}
        with session.cursor(writing=True) as con:
            rows.append([dataclasses.asdict(refreshing.refresh(con, **given))])
        session.cache.pop("encoder", None)
    return pa.array(rows)
