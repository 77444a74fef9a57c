"""What ``CALL train()`` and ``CALL refresh()`` reach."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, volatile

# A list of one: DuckDB unnests a list once, but asks for a bare struct once a field, which would train each time.
TrainRow = Annotated[
    pa.Array,
    "STRUCT(model VARCHAR, algorithm VARCHAR, users BIGINT, items BIGINT, events BIGINT, encoded BIGINT, "
    "rejects BIGINT, seconds DOUBLE, message VARCHAR)[]",
]
RefreshRow = Annotated[
    pa.Array,
    "STRUCT(model VARCHAR, algorithm VARCHAR, users BIGINT, items BIGINT, events BIGINT, encoded BIGINT, "
    "rejects BIGINT, seconds DOUBLE, message VARCHAR, status VARCHAR, new_events BIGINT, new_users BIGINT, "
    "new_items BIGINT, drift DOUBLE, overlap DOUBLE)[]",
]


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
