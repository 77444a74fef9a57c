"""The function behind ``CALL evaluate()``."""

from __future__ import annotations

import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, result_columns, rows_type, volatile
from mmsql.jobs.results import MetricRow

MetricRows = Annotated[pa.Array, rows_type(MetricRow)]


@volatile
def mmsql_evaluate(session: Session, options: Varchar) -> MetricRows:
    """Evaluate as the options say and return the rows of ``metrics``.

    Parameters
    ----------
    session : Session
        Of the database.
    options : pyarrow.Array of string
        JSON objects with the parameters of the macro.
    """
    from mmsql.config import EvaluationConfig, configure
    from mmsql.jobs import evaluation

    answers = []
    for text in options.to_pylist():
        given = json.loads(text)
        subject = {name: given.pop(name) for name in ("model", "algorithm")}
        config = configure(EvaluationConfig, given, "evaluate")
        with session.cursor(writing=True) as con:
            label = evaluation.evaluate(con, config=config, **subject)
            rows = evaluation.metric_rows(con, label, config.k)
            answers.append(rows.select(list(result_columns(MetricRow))).to_pylist())
    return pa.array(answers)
