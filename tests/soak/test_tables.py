"""Tables of any shape: check, train, lists and metrics agree, or say in words what is wrong."""

from __future__ import annotations

# A round asks some hundred statements.
MINUTE = 60.0


def test_drawn_tables_serve_or_are_told(tables_seed, new_file, tmp_path, victims):
    empty = new_file(tmp_path / "empty.duckdb")
    ended = victims.run(
        "pipeline",
        cpu_limit=MINUTE,
        wall_limit=10 * MINUTE,
        seed=tables_seed,
        empty=str(empty),
        path=str(tmp_path / "shop.duckdb"),
    )
    assert ended.get("result") in ("told", "served", "measured"), ended
