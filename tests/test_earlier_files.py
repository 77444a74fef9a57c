"""Files of earlier versions: opened, asked, refreshed and evaluated by this one."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import duckdb
import numpy as np
import pytest
from safetensors.numpy import load as unpack
from safetensors.numpy import save as pack

import mmsql
from mmsql.db.opening import STORAGE_VERSION
from mmsql.db.schema import TABLES
from mmsql.errors import DatabaseError
from mmsql.jobs import checks, forgetting

pytestmark = pytest.mark.core

FIXTURES = Path(__file__).parent / "fixtures"
ANSWERS = json.loads((FIXTURES / "shop-v1.json").read_text(encoding="utf-8"))
GRAPH, FUSION, REFRESHED = ANSWERS


@pytest.fixture
def earlier(tmp_path) -> Path:
    """Give a copy of the file that an earlier version made."""
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes((FIXTURES / "shop-v1.duckdb").read_bytes())
    return copy


def check(con: duckdb.DuckDBPyConnection, model: str, tolerance: float = 2e-5) -> None:
    for question, expected in ANSWERS[model].items():
        found = con.execute(question).fetchall()
        assert [name for name, _ in found] == [name for name, _ in expected], question
        scores = [score for _, score in expected]
        assert [score for _, score in found] == pytest.approx(scores, abs=tolerance), question


def weights(con: duckdb.DuckDBPyConnection, model: str) -> bytes:
    return con.execute("SELECT weights FROM mmsql.models WHERE model = ?", [model]).fetchall()[0][0]


def test_it_is_as_small_and_as_widely_readable_as_it_says(earlier):
    assert earlier.stat().st_size < 2**20
    with duckdb.connect(str(earlier), read_only=True) as con:
        ((tags,),) = con.execute(
            "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()"
        ).fetchall()
        assert tags["storage_version"].startswith(STORAGE_VERSION)
        assert con.execute("SELECT value FROM mmsql.settings WHERE key = 'schema_version'").fetchall() == [("1",)]


def test_read_only_it_answers_as_it_did_and_stays_as_it_is(earlier):
    before = earlier.read_bytes()
    with mmsql.connect(earlier, read_only=True) as con:
        check(con, FUSION)
    assert earlier.read_bytes() == before


def test_read_only_it_is_checked_and_says_what_it_has_not(earlier):
    with mmsql.connect(earlier, read_only=True) as con:
        found = [finding for finding in checks.check(con) if finding.source == "relations"]
        assert found[0].level == "note"
        assert found[0].finding == "This file was made by an earlier mmsql, which had no relations."
        assert "problem" not in {finding.level for finding in checks.check(con)}
        with pytest.raises(
            DatabaseError, match=r"made by an earlier mmsql and has no checkpoints, impressions\. Run `mmsql init`"
        ):
            forgetting.forget(con, "u1", dry_run=True)
    with mmsql.connect(earlier) as con:
        assert con.execute("SELECT count(*) FROM relations").fetchall() == [(0,)]
        assert con.execute("SELECT sum(rows) FROM forget('u1') WHERE removed").fetchall()[0][0] > 0


def test_opened_to_write_it_gets_todays_objects_and_answers_as_it_did(earlier):
    with mmsql.connect(earlier) as con:
        tables = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert set(TABLES) <= tables
        for model in (FUSION, GRAPH):
            con.execute("CALL deploy(?)", [model]).fetchall()
            check(con, model)
        assert con.execute("SELECT count(*) FROM models()").fetchall() == [(2,)]
        assert con.execute("SELECT DISTINCT model FROM training_log() ORDER BY 1").fetchall() == [(FUSION,), (GRAPH,)]
        assert con.execute("SELECT value FROM metrics(model := 'graph') WHERE metric = 'recall'").fetchall()


def test_the_deep_model_is_refreshed_with_the_weights_it_has(earlier):
    with mmsql.connect(earlier) as con:
        con.execute("UPDATE mmsql.items SET price = NULL")
        con.execute("CALL refresh()").fetchall()
        ((model,),) = con.execute("SELECT model FROM models() WHERE deployed").fetchall()
        assert model == "fusion-3"
        check(con, REFRESHED, tolerance=1e-3)
        before, after = unpack(weights(con, FUSION)), unpack(weights(con, model))
        towers = [name for name in before if before[name].dtype == np.float32]
        assert towers
        for name in towers:
            assert (before[name] == after[name]).all(), name


def test_prices_of_which_the_model_knows_other_ranges_are_passed_over(earlier):
    with mmsql.connect(earlier) as con:
        con.execute("CALL refresh()").fetchall()
        found = con.execute("SELECT item_id FROM recommend('u0', k := 1)").fetchall()
        assert found == [("i3",)]


def test_the_graph_is_refreshed(earlier):
    with mmsql.connect(earlier) as con:
        con.execute("CALL deploy(?)", [GRAPH]).fetchall()
        con.execute("INSERT INTO interactions VALUES ('newcomer', 'i4', 'view', NULL, '2026-01-01')")
        ((model, users),) = con.execute("SELECT model, users FROM refresh()").fetchall()
        assert (model, users) == ("graph-3", 41)
        assert con.execute("SELECT item_id FROM recommend('newcomer', k := 1)").fetchall() == [("i5",)]


@pytest.mark.parametrize("model", [GRAPH, FUSION])
def test_a_model_is_evaluated(earlier, model):
    with mmsql.connect(earlier) as con:
        found = dict(con.execute("SELECT metric, value FROM evaluate(model := ?)", [model]).fetchall())
        assert found["recall"] > 0.5


def test_the_weights_are_tensors_and_nothing_else(earlier):
    with duckdb.connect(str(earlier), read_only=True) as con:
        blob = weights(con, FUSION)
        assert weights(con, GRAPH) is None
    (length,) = struct.unpack("<Q", blob[:8])
    tensors = json.loads(blob[8 : 8 + length])
    tensors.pop("__metadata__", None)
    place = 0
    for start, end in sorted(tensor["data_offsets"] for tensor in tensors.values()):
        assert start == place
        place = end
    assert 8 + length + place == len(blob)  # no byte is left in which a pickle could hide
    assert {tensor["dtype"] for tensor in tensors.values()} <= {"F32", "I64", "U8", "BOOL"}


def test_weights_of_an_unknown_format_are_refused(earlier):
    with mmsql.connect(earlier) as con:
        tensors = unpack(weights(con, FUSION))
        shape = {**json.loads(tensors["shape"].tobytes()), "format": 999}
        tensors["shape"] = np.frombuffer(json.dumps(shape).encode(), np.uint8)
        con.execute("UPDATE mmsql.models SET weights = ? WHERE model = ?", [pack(tensors), FUSION])
        message = r"These weights were written by another version of mmsql. Run CALL train\('fusion'\) for new ones"
        for statement in ("CALL refresh()", "SELECT embed_behavior(['i1'])"):
            with pytest.raises(duckdb.Error, match=message):
                con.execute(statement).fetchall()
        check(con, FUSION)  # what is stored beside the weights still serves
