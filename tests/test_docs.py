"""The documents cannot lie: reference pages are fresh, the blocks of the READMEs and the guides run."""

from __future__ import annotations

import dataclasses
import gzip
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from mmsql.udfs import SESSION_MACROS
from typer.testing import CliRunner

import mmsql
from mmsql.config import PopularityConfig
from mmsql.db.schema import MACROS

REPOSITORY = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
GENERATED = ("sql.md", "cli.md")  # their examples run in tests/test_examples.py; cli.md has none
GUIDES = tuple(
    sorted(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md") if path.name not in GENERATED)
)
PAGES = (*READMES, *GUIDES)
TRANSLATIONS = {page: page.replace(".zh-CN", "") for page in PAGES if ".zh-CN" in page}
NOT_RUN = re.compile(r"make (demo|test)|pip install '\.(\[\w+\])?'")  # the suite and its environment are these
NEEDS_PYTHON = re.compile(r"CALL |FROM (models|search_items)\(|embed_\w+\(")


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: language and text."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("generator", ["generate_session.py", "generate_sql.py", "generate_cli.py"])
def test_reference_pages_are_fresh(generator: str):
    script = REPOSITORY / "docs" / generator
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_macro_shows_its_parameters_with_their_defaults():
    page = (REPOSITORY / "docs" / "sql.md").read_text(encoding="utf-8")
    shown = {" ".join(text.split()) for kind, text in blocks("docs/sql.md") if kind == "sql"}
    assert "similar_items(target_item, k := 10, modality := 'fused')" in shown
    assert "ab_assign(experiment, target_user, variants := ['control', 'treatment'], weights := NULL)" in shown
    macros = [name for _, name in MACROS if not name.startswith("_")] + list(SESSION_MACROS)
    for name in macros:
        assert f"```sql\n{name}(" in page, name


def test_each_promise_names_a_test():
    page = (REPOSITORY / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"\| `(tests/[\w/]+\.py)::(\w+)` \|", page)
    assert len(named) > 15
    for file, test in named:
        assert f"def {test}(" in (REPOSITORY / file).read_text(encoding="utf-8"), test


def test_an_option_without_a_description_is_noticed():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Undescribed(PopularityConfig):
        """Options of nothing."""

        width: int = 3

    script = runpy.run_path(str(REPOSITORY / "docs" / "generate_session.py"))
    with pytest.raises(ValueError, match="Undescribed does not describe width under Attributes in its docstring"):
        script["descriptions"](Undescribed)
    assert script["descriptions"](PopularityConfig)["history_length"].startswith("Number of a user's latest items")


CSV_FILES = {
    "orders.csv": "customer,sku,at\n7,00123,2026-01-02 10:00:00\n8,00124,2026-01-03 11:30:00\n",
    "products.csv": 'item_id,title,price,colour\n00123,Tea,4.50,green\n00124,Cup,"$1,299.00",red\n',
    "goes_with.csv": "item_id,related_id,relation,weight\n00123,00124,accessory,\n",
    "ml-100k/ml-100k.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t881250949\n",
    "订单.csv": "用户,商品,行为,时间\n"
    + "".join(
        f"用户{user},茶{(user + step) % 12},{'浏览' if step < 2 else '购买'},2026-03-{1 + user:02} 1{step}:00:00\n"
        for user in range(24)
        for step in range(2 + user % 3)
    ),
    "商品.csv": "商品编号,名称,类目,价格,产地\n"
    + "".join(
        f"茶{n},{'龙井绿茶' if n % 2 else '正山小种红茶'} {n} 号,茶叶 > {'绿茶' if n % 2 else '红茶'},{30 + n},"
        f"{'杭州' if n % 2 else '武夷山'}\n"
        for n in range(12)
    ),
    "评价.csv": "商品,用户,内容,评分\n"
    + "".join(
        f"茶{n},用户{n + m},{'茶汤清香，回甘很好' if n % 2 else '茶味浓郁，包装有点破'},{5 - m}\n"
        for n in range(12)
        for m in range(4)
    ),
}
GZIP_FILES = {
    "Musical_Instruments_5.json.gz": '{"reviewerID": "A1", "asin": "B1", "reviewText": "Good", "overall": 5.0, '
    '"unixReviewTime": 1393545600}\n',
    "meta_Musical_Instruments.json.gz": '{"asin": "B1", "title": "Guitar", "also_buy": ["B2"]}\n',
}


@pytest.fixture
def folder(demo_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder as the pages suppose it: the demo file, and files to load."""
    shutil.copy(demo_path, tmp_path / "mmsql-demo.duckdb")
    for name, text in CSV_FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, text in GZIP_FILES.items():
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tea_shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a new file with tables of a shop in the schema sales, as docs/your-own-tables.md supposes them."""
    con = mmsql.connect(":memory:")
    con.execute("CREATE SCHEMA sales")
    con.execute(
        "CREATE TABLE sales.products AS SELECT 100 + n AS sku, 'Tea no. ' || n AS name, "
        "CASE WHEN n % 3 = 0 THEN 'Green' ELSE 'Black' END AS leaf, 4.5 + n AS price_eur, "
        "CASE WHEN n % 2 = 0 THEN 'Assam' ELSE 'Yunnan' END AS origin FROM range(12) t(n)"
    )
    con.execute(
        "CREATE TABLE sales.orders AS SELECT c AS customer, 100 + (c + s) % 12 AS sku, "
        "TIMESTAMP '2026-01-01' + to_hours(c * 4 + s) AS ordered_at FROM range(20) t(c), range(3) r(s)"
    )
    yield con
    con.close()


@dataclasses.dataclass
class Page:
    """Runs the blocks of a page, in order, in the working folder."""

    name: str
    own: duckdb.DuckDBPyConnection
    columns: list[str] = dataclasses.field(default_factory=list)
    on_own: bool = False

    def run(self) -> None:
        for kind, text in blocks(self.name):
            getattr(self, kind)(text)

    def sql(self, text: str) -> None:
        """Run statements: on the shop's own tables from their first mention on, else on the demo shop."""
        self.on_own |= "sales." in text
        if self.on_own:
            self._execute(self.own, text)
        else:
            connect = mmsql.connect if NEEDS_PYTHON.search(text) else duckdb.connect
            with connect("mmsql-demo.duckdb") as con:
                self._execute(con, text)

    def _execute(self, con: duckdb.DuckDBPyConnection, text: str) -> None:
        for statement in con.extract_statements(text):
            result = con.execute(statement)
            if statement.type == duckdb.StatementType.SELECT:
                self.columns = [name for name, *_ in result.description]
                assert result.fetchall(), f"no rows: {statement.query}"

    def text(self, text: str) -> None:
        """Check that an answer shows the columns of the query before it."""
        head = next(line for line in text.splitlines() if line.startswith("│"))
        assert [name.strip() for name in head.strip("│").split("│")] == self.columns

    def python(self, text: str) -> None:
        exec(compile(text, self.name, "exec"), {})

    def console(self, text: str) -> None:
        from mmsql.cli.app import app

        for line in text.splitlines():
            if line.startswith("mmsql "):
                result = CliRunner().invoke(app, shlex.split(line)[1:])
                assert result.exit_code == 0, f"{line}\n{result.output}"
            else:
                assert NOT_RUN.fullmatch(line), line


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(page: str, folder: Path, tea_shop: duckdb.DuckDBPyConnection):
    if page in TRANSLATIONS:
        assert blocks(page) == blocks(TRANSLATIONS[page])
    else:
        Page(page, tea_shop).run()


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_fits_on_a_page(readme: str):
    assert len((REPOSITORY / readme).read_text(encoding="utf-8").splitlines()) < 150
    assert {"console", "sql", "text", "python"} == {kind for kind, _ in blocks(readme)}
    assert "make demo\nmake test\n" in "".join(text for kind, text in blocks(readme) if kind == "console")


@pytest.mark.parametrize("page", PAGES)
def test_no_placeholder_is_left(page: str):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    assert not re.findall(r"^@?[A-Z]+(?:_[A-Z]+)*$", text, re.MULTILINE)


def test_links_in_the_documents_lead_somewhere():
    for name in (*PAGES, *(f"docs/{page}" for page in GENERATED), "ARCHITECTURE.md", "CHANGELOG.md"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#:]*)(#[^)]+)?\)", text):
            path = (REPOSITORY / name).parent / target if target else REPOSITORY / name
            assert path.exists(), f"{name}: {target}"
            if anchor:
                titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
                assert anchor[1:] in anchors, f"{name}: {target}{anchor}"


def test_every_guide_is_in_the_index():
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    for guide in GUIDES:
        assert guide == "docs/README.md" or f"]({Path(guide).name})" in index, guide


def test_the_version_is_the_projects():
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == mmsql.__version__
