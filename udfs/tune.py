"""The function behind ``CALL tune()``."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, rows_type, volatile
from mmsql.jobs.results import TrialRow

TrialRows = Annotated[pa.Array, rows_type(TrialRow)]


@volatile
def mmsql_tune(session: Session, options: Varchar) -> TrialRows:
    """Tune as the options say and return the trials, best first.

    Parameters
    ----------
    session : Session
        Of the database.
    options : pyarrow.Array of string
        JSON objects with the parameters of the macro.
    """
    from mmsql.config import TuningConfig, configure
    from mmsql.jobs import tuning

    answers = []
    for text in options.to_pylist():
        given = json.loads(text)
        subject = {name: given.pop(name) for name in ("algorithm", "holdout", "options")}
        config = configure(TuningConfig, given, "tune")
        with session.cursor(writing=True) as con:
            trials = tuning.tune(con, config=config, **subject)
        answers.append([dataclasses.asdict(trial.row()) for trial in trials])
    return pa.array(answers)
