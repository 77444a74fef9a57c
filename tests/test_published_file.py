"""A published file, opened with mmsql: what works, and what is refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.errors import DatabaseError, OptionError
from mmsql.jobs import evaluation, training
from mmsql.jobs.publishing import publish


def test_a_copy_trains_under_a_new_name(trained_path: Path, tmp_path: Path):
    publish(trained_path, tmp_path / "copy.duckdb")
    con = mmsql.connect(tmp_path / "copy.duckdb")
    con.execute("UPDATE mmsql.models SET model = 'graph-7'")
    assert con.execute("SELECT model FROM train(algorithm := 'graph')").fetchall() == [("graph-8",)]
    con.close()


def test_a_copy_of_a_deep_model_says_where_the_weights_are(trained: duckdb.DuckDBPyConnection, tmp_path: Path):
    training.train(trained.cursor(), "fusion", options={"epochs": 1, "embedding_size": 8})
    (path,) = trained.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'shop'").fetchone()
    trained.close()
    publish(path, tmp_path / "copy.duckdb")
    con = mmsql.connect(tmp_path / "copy.duckdb")
    assert con.execute("SELECT source FROM recommend('u0', k := 1)").fetchall() == [("fusion",)]
    with pytest.raises(duckdb.Error, match=r"fusion-2 has no weights in this file: it is a published copy"):
        con.execute("SELECT embed_behavior(['i1'])").fetchall()
    con.close()


def test_a_copy_cannot_be_named_like_the_schema(trained_path: Path, tmp_path: Path):
    with pytest.raises(DatabaseError, match="mmsql is the name of the schema"):
        publish(trained_path, tmp_path / "mmsql.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_evaluated_with_its_own_encoder(trained, counting_encoder):
    assert training.train(trained.cursor(), "graph", deploy=False).encoded == 0
    trained.execute(
        'UPDATE mmsql.models SET config = json_merge_patch(config, \'{"encoder": "/no/such/encoder"}\') '
        "WHERE model = 'graph-2'"
    )
    with pytest.raises(mmsql.MmsqlError, match=r"no/such/encoder.* cannot be loaded"):
        evaluation.evaluate(trained.cursor(), model="graph-2")


def test_a_model_or_an_algorithm_is_evaluated_not_both(trained):
    with pytest.raises(OptionError, match="not both"):
        evaluation.evaluate(trained.cursor(), model="graph-1", algorithm="popularity")
