"""What ``CALL tune()`` reaches."""

from __future__ import annotations

import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, volatile

TrialRows = Annotated[
    pa.Array,
    "STRUCT(study BIGINT, trial INTEGER, best BOOLEAN, ndcg DOUBLE, recall DOUBLE, seconds DOUBLE, status VARCHAR, "
    "error VARCHAR, options VARCHAR, command VARCHAR)[]",
]
COLUMNS = ("study", "trial", "best", "ndcg", "recall", "seconds", "status", "error")


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
        answers.append(
            [
                {
                    **{name: getattr(trial, name) for name in COLUMNS},
                    "options": json.dumps(trial.options),
                    "command": trial.command,
                }
                for trial in trials
            ]
        )
    return pa.array(answers)
