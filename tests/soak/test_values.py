"""Wrong values for every parameter: no traceback, no hang, no change of a source, no bare error of Python."""

from __future__ import annotations


def test_a_wrong_value_is_answered_or_told(values_seed, soaked_shop, tmp_path, victims):
    ended = victims.run("values", seed=values_seed, shop=str(soaked_shop), path=str(tmp_path / "shop.duckdb"))
    assert "result" in ended, ended
