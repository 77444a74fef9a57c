"""recommend-all: the lists of all users in a file, the same as those of recommend_each."""

from __future__ import annotations

import duckdb
import pytest

from mmsql.jobs import list_files


def lists(file, query: str) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.mark.parametrize("batch", [1, 7, 5000])
def test_the_file_has_the_lists_of_all_users(run, trained_path, tmp_path, monkeypatch, batch):
    monkeypatch.setattr(list_files, "BATCH_USERS", batch)
    out = tmp_path / "lists.parquet"
    ((answer),) = run("recommend-all", trained_path, out, "-k", 4, "--max-price", 12, "--format", "json").rows
    expected = lists(trained_path, "FROM mmsql.recommend_each(k := 4, max_price := 12)")
    assert duckdb.sql(f"FROM '{out}'").fetchall() == expected
    assert (answer["users"], answer["rows"], answer["bytes"]) == (40, len(expected), out.stat().st_size)
    assert [path.name for path in tmp_path.iterdir()] == ["lists.parquet"]


def test_wrong_options_leave_the_file_there_was(run, trained_path, tmp_path):
    out = tmp_path / "lists.parquet"
    out.write_text("kept")
    wrong = run("recommend-all", trained_path, out, "-k", 0)
    assert (wrong.code, out.read_text()) == (1, "kept")
    assert "k must be a whole number" in wrong.flat_talk
    assert [path.name for path in tmp_path.iterdir()] == ["lists.parquet"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("lists.csv", "Type lists.parquet."), ("nowhere/lists.parquet", "no directory"), ("", "another ending")],
)
def test_places_that_do_not_fit(run, trained_path, tmp_path, name, message):
    wrong = run("recommend-all", trained_path, tmp_path / name)
    assert wrong.code == 1
    assert message in wrong.flat_talk


def test_a_shop_without_a_model(run, shop_path, tmp_path):
    wrong = run("recommend-all", shop_path, tmp_path / "lists.parquet")
    assert wrong.code == 1
    assert "No model is deployed" in wrong.flat_talk
    assert list(tmp_path.iterdir()) == []
