"""Names of event types and attributes come out of data: any text is one, and training works with it."""

from __future__ import annotations

import json

import duckdb
import pytest

from mmsql.config.named_weights import named_weights
from mmsql.jobs.checks import check

pytestmark = pytest.mark.usefixtures("counting_encoder")

NAMES = [None, "", "add,to cart", "page:view", '"quoted"', "{buy}", " buy", "it's", "加购,收藏", "a\nb"]


def name_events(con: duckdb.DuckDBPyConnection, name: str | None) -> None:
    con.execute("UPDATE interactions SET event = ? WHERE event = 'buy'", [name])


@pytest.mark.parametrize("name", NAMES)
def test_a_type_of_event_may_have_any_name(shop, name):
    name_events(shop, name)
    shop.execute("CALL train('graph', search_steps := 60)").fetchall()
    ((config,),) = shop.execute("SELECT config::VARCHAR FROM mmsql.models").fetchall()
    weights = named_weights(json.loads(config)["event_weights"])
    assert set(weights) <= {"view", name or ""}
    assert shop.execute("SELECT event, weight FROM mmsql.event_weights ORDER BY 1").fetchall() == sorted(
        weights.items()
    )
    assert shop.execute("FROM recommend('u1')").fetchall()


@pytest.mark.parametrize("name", NAMES)
def test_its_weight_can_be_given(shop, name):
    name_events(shop, name)
    shop.execute("CALL train('graph', event_weights := ?, search_steps := 0)", [{name or "": 4}]).fetchall()
    assert shop.execute("SELECT event, weight FROM mmsql.event_weights").fetchall() == [(name or "", 4)]
    assert len(shop.execute("SELECT model FROM refresh()").fetchall()) == 1
    assert shop.execute("SELECT DISTINCT event, weight FROM mmsql.event_weights").fetchall() == [(name or "", 4)]


@pytest.mark.parametrize("name", [None, "add,to cart"])
def test_evaluation_and_tuning_work(shop, name):
    name_events(shop, name)
    assert len(shop.execute("CALL evaluate(algorithm := 'graph')").fetchall()) == 14
    assert shop.execute("FROM tune('graph', trials := 2)").fetchall()


def test_check_tells_of_events_without_a_type(shop):
    name_events(shop, None)
    (found,) = [finding for finding in check(shop) if "without an event type" in finding.finding]
    assert (found.source, found.level) == ("interactions", "note")
    assert "a type of their own" in found.advice


@pytest.mark.parametrize("column", ["a,b", "size: cm", '"x"', " ", "尺寸"])
def test_an_attribute_may_have_any_name(shop, column):
    quoted = '"' + column.replace('"', '""') + '"'
    shop.execute(f"ALTER TABLE items ADD COLUMN {quoted} VARCHAR")
    shop.execute(f"UPDATE items SET {quoted} = item_id[2:][1:1] || 'x'")
    shop.execute("CALL train('graph', attribute_kinds := ?, search_steps := 0)", [{column: "ignored"}]).fetchall()
    kinds = "SELECT s.kind FROM mmsql.attribute_schema s WHERE s.attribute = ?"
    assert shop.execute(kinds, [column]).fetchall() == [("ignored",)]
    assert shop.execute("SELECT model FROM refresh()").fetchall()
