"""The file: opened, versioned, migrated, carried over whole."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.db import schema, sqlfiles
from mmsql.db.opening import STORAGE_VERSION, open_database
from mmsql.db.queries import transaction
from mmsql.db.schema import MACROS, SCHEMA_VERSION, TABLES, VIEWS, change_id_types, ensure_schema, schema_version
from mmsql.db.settings import get_setting, set_setting
from mmsql.errors import DatabaseError

pytestmark = pytest.mark.core


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "shop.duckdb"
    with open_database(path) as con:
        ensure_schema(con, path)
    return path


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def copied(path: Path, folder: Path) -> Path:
    copy = folder / "copy.duckdb"
    copy.write_bytes(path.read_bytes())
    return copy


def objects(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return set(
        rows(
            con,
            "SELECT 'table', table_name FROM duckdb_tables() WHERE schema_name = 'mmsql' UNION ALL "
            "SELECT 'view', view_name FROM duckdb_views() WHERE schema_name = 'mmsql' UNION ALL "
            "SELECT 'macro', function_name FROM duckdb_functions() WHERE schema_name = 'mmsql'",
        )
    )


def test_a_new_file_has_every_object_in_the_shared_storage_version(made):
    with duckdb.connect(str(made)) as con:
        assert objects(con) == {
            *(("table", name) for name in TABLES),
            *(("view", name) for name in VIEWS),
            *(("macro", name) for _, name in MACROS),
        }
        assert schema_version(con) == SCHEMA_VERSION
        ((tags,),) = rows(con, "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()")
        assert tags["storage_version"].startswith(STORAGE_VERSION)


def test_ensuring_twice_changes_nothing(made, monkeypatch):
    def forbidden(*_: object) -> None:
        raise AssertionError("nothing was to be made again")

    monkeypatch.setattr(schema, "_create_tables", forbidden)
    monkeypatch.setattr(schema, "_create_views_and_macros", forbidden)
    with open_database(made) as con:
        before = objects(con), rows(con, "FROM mmsql.settings ORDER BY ALL")
        ensure_schema(con, made)
        assert (objects(con), rows(con, "FROM mmsql.settings ORDER BY ALL")) == before


def test_macros_are_made_again_when_their_text_changes(made, monkeypatch):
    real = sqlfiles.read

    def changed(folder: str, name: str) -> sqlfiles.SqlFile:
        source = real(folder, name)
        if (folder, name) != ("macros/models", "models"):
            return source
        return sqlfiles.SqlFile(
            name=name,
            folder=folder,
            summary="New.",
            statement="CREATE MACRO mmsql.models() AS TABLE SELECT 'the new text' AS model",
        )

    monkeypatch.setattr(sqlfiles, "read", changed)
    with open_database(made) as con:
        ensure_schema(con, made)
        assert rows(con, "FROM mmsql.models()") == [("the new text",)]
    monkeypatch.undo()
    with open_database(made) as con:
        ensure_schema(con, made)
        assert rows(con, "FROM mmsql.models()") == []


def test_what_the_analyst_has_is_kept_when_macros_are_made_again(made):
    with open_database(made) as con:
        con.execute("INSERT INTO mmsql.interactions VALUES ('u', 'i', 'buy', 1, NULL)")
        con.execute("CREATE MACRO mmsql.my_own(x) AS x + 1; CREATE TABLE mmsql.notes AS SELECT 'keep' AS note")
        con.execute("DROP TABLE mmsql.users; CREATE VIEW mmsql.users AS SELECT 'u' AS user_id, 30 AS age")
        set_setting(con, "objects", "an older version's")
        ensure_schema(con, made)
        assert rows(con, "SELECT item_id FROM mmsql.interactions") == [("i",)]
        assert rows(con, "SELECT mmsql.my_own(1)") == [(2,)]
        assert rows(con, "FROM mmsql.notes") == [("keep",)]
        assert rows(con, "FROM mmsql.users") == [("u", 30)]


def test_macros_of_earlier_versions_go(made):
    with open_database(made) as con:
        con.execute("CREATE MACRO mmsql._whole(given) AS given; CREATE MACRO mmsql._catalog() AS TABLE SELECT 1")
        set_setting(con, "objects", "an older version's")
        ensure_schema(con, made)
        assert {name for kind, name in objects(con) if kind == "macro"} == {name for _, name in MACROS}
    assert not {name for _, name in MACROS} & set(schema.FORMER_MACROS)


def test_a_newer_schema_is_refused_and_left_alone(made):
    with open_database(made) as con:
        set_setting(con, "schema_version", str(SCHEMA_VERSION + 1))
        before = objects(con)
    for read_only in (False, True):
        with pytest.raises(
            DatabaseError, match=r"has mmsql schema version 2, this mmsql \w+ 1.*pip install --upgrade mmsql"
        ):
            mmsql.connect(made, read_only=read_only)
    with duckdb.connect(str(made)) as con:
        assert objects(con) == before


@pytest.fixture
def next_version(monkeypatch):
    """Let this mmsql know schema versions 2 and 3."""
    real = sqlfiles.query
    statements = {
        "add_note": "ALTER TABLE mmsql.models ADD COLUMN note VARCHAR DEFAULT 'migrated'",
        "fill_note": "UPDATE mmsql.models SET note = note || ' twice'",
    }

    def query(folder: str, name: str) -> str:
        return statements[name] if folder == "migrations" else real(folder, name)

    monkeypatch.setattr(sqlfiles, "query", query)
    monkeypatch.setattr(schema, "MIGRATIONS", ((2, "add_note"), (3, "fill_note")))
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 3)
    return statements


def test_an_older_schema_is_migrated_once_and_in_order(trained_path, tmp_path, next_version):
    copy = copied(trained_path, tmp_path)
    for _ in range(2):
        with mmsql.connect(copy) as con:
            assert rows(con, "SELECT note FROM mmsql.models") == [("migrated twice",)]
            assert schema_version(con) == 3
            assert len(rows(con, "FROM mmsql.recommend('u0')")) == 10


def test_a_migration_that_fails_leaves_the_file_as_it_was(made, next_version):
    next_version["fill_note"] = "UPDATE mmsql.models SET no_such_column = 1"
    with pytest.raises(duckdb.Error, match="no_such_column"):
        mmsql.connect(made)
    with duckdb.connect(str(made)) as con:
        assert schema_version(con) == 1
        assert "note" not in con.sql("FROM mmsql.models").columns


def test_an_older_schema_read_only_says_how_to_migrate(made, next_version):
    with pytest.raises(DatabaseError, match=rf"schema version 1, this mmsql reads 3. Run `mmsql init {made}`"):
        mmsql.connect(made, read_only=True)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_directory_is_refused(tmp_path, read_only):
    with pytest.raises(DatabaseError, match=r"is a directory. Name a file in it, such as .*shop.duckdb"):
        open_database(tmp_path, read_only)


@pytest.mark.parametrize("name", ["mmsql.duckdb", "MMSQL.db", "mmsql"])
def test_a_file_named_like_the_schema_is_refused(tmp_path, name):
    with pytest.raises(DatabaseError, match=r"cannot be used: DuckDB names a database after its file.*shop.duckdb"):
        open_database(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DatabaseError, match=r"There is no directory .*nowhere. Make it, or name another file"):
        open_database(tmp_path / "nowhere" / "shop.duckdb")
    with pytest.raises(DatabaseError, match=r"There is no file .*shop.duckdb. Run `mmsql init .*shop.duckdb`"):
        open_database(tmp_path / "shop.duckdb", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [b"", b"user_id,item_id\nu1,i1\n", b"\x00" * 8192, b"PK\x03\x04" * 4096])
def test_a_file_that_is_no_database(tmp_path, text):
    folder = tmp_path / "clock"  # has 'lock' in it
    folder.mkdir()
    path = folder / "shop.duckdb"
    path.write_bytes(text)
    with pytest.raises(DatabaseError, match=r"shop.duckdb cannot be opened as a DuckDB database"):
        open_database(path)
    assert path.read_bytes() == text


def test_a_setting_duckdb_does_not_know(tmp_path):
    with pytest.raises(DatabaseError, match=r"cannot be opened as a DuckDB database.*nonsense"):
        open_database(tmp_path / "shop.duckdb", config={"nonsense": "1"})


def test_a_database_without_the_schema_read_only(tmp_path):
    path = tmp_path / "plain.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(DatabaseError, match=r"holds no mmsql schema. Run `mmsql init .*plain.duckdb`"):
        mmsql.connect(path, read_only=True)


def test_two_settings_in_one_process(made):
    with (
        open_database(made),
        pytest.raises(DatabaseError, match="already open in this process with other settings"),
    ):
        open_database(made, read_only=True)


@pytest.mark.parametrize(
    "name", ["it's a shop.duckdb", "店铺 🛍.duckdb", "semi;colon.duckdb", 'quo"te.duckdb', "dot.dot"]
)
def test_any_name_of_a_file_will_do(tmp_path, name):
    with mmsql.connect(tmp_path / name) as con:
        assert rows(con, "SELECT count(*) FROM mmsql.interactions") == [(0,)]
    assert (tmp_path / name).is_file()


def test_settings_are_replaced(made):
    with open_database(made) as con:
        assert get_setting(con, "x") is None
        for value in ("one", "it's two"):
            set_setting(con, "x", value)
            assert get_setting(con, "x") == value


def test_a_transaction_keeps_all_or_nothing(made):
    with open_database(made) as con:
        with pytest.raises(duckdb.Error), transaction(con):  # noqa: PT012
            set_setting(con, "x", "1")
            con.execute("SELECT no_such_column")
        assert get_setting(con, "x") is None
        with transaction(con):
            set_setting(con, "x", "1")
        assert get_setting(con, "x") == "1"


def test_id_types_change_and_ids_of_the_old_type_go(made):
    with open_database(made) as con:
        con.execute("INSERT INTO mmsql.catalog VALUES ('m', '7', 1, 0.5), ('m', 'seven', 1, 0.5)")
        change_id_types(con, [("catalog", "item_id", "BIGINT")])
        assert rows(con, "FROM mmsql.catalog") == []  # 7 is another id than '7', which was sorted as text
        assert str(con.sql("SELECT item_id FROM mmsql.catalog").types[0]) == "BIGINT"
        assert rows(con, "FROM mmsql.top_recommendations") == []


@pytest.mark.parametrize("form", ["", "(FORMAT parquet)"])
def test_export_and_import_carry_everything(trained_path, tmp_path, form):
    path = copied(trained_path, tmp_path)
    with open_database(path) as con:
        # DuckDB writes macros in the order they were made while the instance that made them is open.
        set_setting(con, "objects", "to be made again")
        ensure_schema(con, path)
        answer = rows(con, "FROM mmsql.recommend('u0')")
        was = objects(con)
        con.execute(f"EXPORT DATABASE '{tmp_path / 'out'}' {form}")
    with duckdb.connect(str(tmp_path / "in.duckdb")) as con:
        con.execute(f"IMPORT DATABASE '{tmp_path / 'out'}'")
        assert objects(con) == was
        assert rows(con, "FROM mmsql.recommend('u0')") == answer
        assert rows(con, "FROM mmsql.explain('u0', 'i2')")
    with mmsql.connect(tmp_path / "in.duckdb") as con:
        assert rows(con, "FROM recommend('u0')") == answer
        con.execute("CALL train('popularity')").fetchall()


def test_export_of_a_file_opened_again_cannot_be_imported_yet(trained_path, tmp_path):
    # DuckDB 1.4 to 2.0 exports its macros by name, before the ones they call. Where this fails, they no longer do.
    with duckdb.connect(str(trained_path), read_only=True) as con:
        con.execute(f"EXPORT DATABASE '{tmp_path / 'out'}'")
    with (
        duckdb.connect() as con,
        pytest.raises(duckdb.CatalogException, match="Function with name _json_field does not exist"),
    ):
        con.execute(f"IMPORT DATABASE '{tmp_path / 'out'}'")


def test_copy_from_database_carries_everything(trained_path, tmp_path):
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{trained_path}' AS shop (READ_ONLY)")
        con.execute(f"ATTACH '{tmp_path / 'other.duckdb'}' AS copied")
        con.execute("COPY FROM DATABASE shop TO copied")
        con.execute("USE shop")
        answer = rows(con, "FROM mmsql.recommend('u0')")
    with duckdb.connect(str(tmp_path / "other.duckdb"), read_only=True) as con:
        assert rows(con, "FROM mmsql.recommend('u0')") == answer
        for view in VIEWS:
            assert rows(con, f"FROM mmsql.{view}")


def test_an_attached_file_serves_after_use_and_its_views_without(trained_path):
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{trained_path}' AS shop (READ_ONLY)")
        for view in VIEWS:
            assert rows(con, f"FROM shop.mmsql.{view}")
        con.execute("USE shop")
        answer = rows(con, "FROM mmsql.recommend('u0')")
        assert len(answer) == 10
        con.execute("USE shop.mmsql")
        assert rows(con, "FROM recommend('u0')") == answer


def test_a_view_over_the_analysts_tables_lives_in_an_attached_file_too(tmp_path):
    path = tmp_path / "own.duckdb"
    with mmsql.connect(path) as con:
        con.execute("CREATE SCHEMA shop")
        con.execute("CREATE TABLE shop.orders AS SELECT 'u' || (n % 3) AS who, 'i' || n AS what FROM range(9) t(n)")
        con.execute("DROP TABLE mmsql.interactions")
        con.execute(
            "CREATE VIEW mmsql.interactions AS SELECT o.who AS user_id, o.what AS item_id, 'buy' AS event, "
            "NULL AS weight, NULL AS ts FROM shop.orders o"
        )
        con.execute("CALL train('popularity')").fetchall()
        answer = rows(con, "FROM recommend('u0')")
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{path}' AS mine (READ_ONLY); USE mine")
        assert rows(con, "FROM mmsql.recommend('u0')") == answer
        assert len(answer) == 6


def test_a_log_that_readers_cannot_replay(made, monkeypatch):
    def failing(*arguments, **named):
        raise duckdb.IOException("IO Error: Failure while replaying WAL file: Bad file descriptor")

    monkeypatch.setattr(duckdb, "connect", failing)
    with pytest.raises(DatabaseError, match=r"Run `mmsql init .*` once; nothing is lost"):
        open_database(made, read_only=True)


def test_a_full_disk_is_told(made, monkeypatch):
    def failing(*arguments, **named):
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    monkeypatch.setattr(duckdb, "connect", failing)
    with pytest.raises(DatabaseError, match="is full"):
        open_database(made)
