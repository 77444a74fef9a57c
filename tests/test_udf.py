"""Plain functions become SQL functions: types from annotations, one session, fresh arrays."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from mmsql.udfs import UDFS

from mmsql.db import udf
from mmsql.db.udf import Double, Varchar, VarcharList, Vector

pytestmark = pytest.mark.core


class Keeper:
    """A session, as a function sees it: an object that holds it."""

    def __init__(self) -> None:
        self.kept: list[object] = []
        self.calls: list[int] = []

    def keep_alive(self, function: object) -> None:
        self.kept.append(function)


def shout(session: Keeper, body: Varchar) -> Varchar:
    session.calls.append(len(body))
    return pc.utf8_upper(body)


def lengths(session: Keeper, body: Varchar, ids: VarcharList) -> Double:
    return pc.add(pc.cast(pc.utf8_length(body), pa.float64()), pc.cast(pc.list_value_length(ids), pa.float64()))


def ones(session: Keeper, body: Varchar) -> Vector:
    return pa.array([[1.0, 1.0]] * len(body), pa.list_(pa.float32()))


@udf.volatile
def count_calls(session: Keeper, body: Varchar) -> Varchar:
    session.calls.append(len(body))
    return body


def no_type(session, body):  # the annotations are missing on purpose
    return body


def no_result(session: Keeper, body: Varchar):
    return body


def plain_type(session: Keeper, body: str) -> Varchar:
    return pa.array([body])


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        yield connection


def test_the_signature_is_the_annotations():
    assert udf.sql_signature(lengths) == (["VARCHAR", "VARCHAR[]"], "DOUBLE")
    assert udf.sql_signature(ones) == (["VARCHAR"], "FLOAT[]")


@pytest.mark.parametrize(("function", "missing"), [(no_type, "body"), (no_result, "return"), (plain_type, "body")])
def test_a_missing_type_is_named(con, function, missing):
    with pytest.raises(TypeError, match=rf"{function.__name__}: '{missing}' needs an SQL type"):
        udf.register(con, function, Keeper())


@pytest.mark.parametrize("function", UDFS)
def test_every_function_of_mmsql_has_a_signature(function):
    parameters, result = udf.sql_signature(function)
    assert parameters
    assert result
    assert function.__doc__


def test_a_function_stays_callable_and_sees_its_session(con):
    keeper = Keeper()
    udf.register(con, shout, keeper)
    assert con.sql("SELECT shout('a')").fetchall() == [("A",)]
    assert shout(keeper, pa.array(["b"])).to_pylist() == ["B"]
    assert len(keeper.kept) == 1
    assert keeper.calls


def test_nulls_reach_the_function(con):
    udf.register(con, shout, Keeper())
    assert con.sql("SELECT shout(NULL), shout('')").fetchall() == [(None, "")]


def test_chunks_arrive_as_plain_arrays(con):
    seen = []

    def remember(session: Keeper, body: Varchar) -> Varchar:
        seen.append(type(body))
        return body

    remember.__annotations__ = shout.__annotations__
    udf.register(con, remember, Keeper())
    assert con.sql("SELECT count(remember(n::VARCHAR)) FROM range(5000) t(n)").fetchall() == [(5000,)]
    assert set(seen) == {pa.StringArray}


def test_a_narrower_result_can_be_declared(con):
    udf.register(con, ones, Keeper(), result="FLOAT[2]")
    assert con.sql("SELECT typeof(ones('a'))").fetchall() == [("FLOAT[2]",)]


def test_several_parameters(con):
    udf.register(con, lengths, Keeper())
    assert con.sql("SELECT lengths('abc', ['x', NULL])").fetchall() == [(5.0,)]


def test_a_volatile_function_is_not_folded_by_explain(con):
    keeper = Keeper()
    udf.register(con, count_calls, keeper)
    con.execute("EXPLAIN SELECT count_calls('a')").fetchall()
    assert keeper.calls == []
    con.execute("SELECT count_calls('a')").fetchall()
    assert keeper.calls == [1]
    con.execute("SELECT count_calls('a') FROM range(3)").fetchall()
    assert sum(keeper.calls) == 4
