# Every target sets up .venv by itself. On a machine where `python3` is not 3.11 or later: make PYTHON=python3.12 test
PYTHON ?= python3
PY := .venv/bin/python
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= true
unexport PYTHONDONTWRITEBYTECODE  # tests start many processes, and each would compile the package

# DuckDB releases that a trained file must be readable with, each in a folder of its own, without mmsql.
PLAIN_DUCKDB := 1.4.4 1.5.5 2.0.0

# Two processes, each with one thread of torch: models as small as the tests' gain nothing from more. A file of tests
# is one process's, so that what a module makes is made once.
SUITE := OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile
CORE := -m "core and not slow"
NEWEST := PYTHONPATH=.duckdb/2.0.0 $(SUITE) $(CORE)

# How often `make soak` kills a training, and a refresh.
N ?= 200

.PHONY: demo test quick soak lint docs bench clean

demo: .venv/installed
	$(PY) -m mmsql demo

# Lint runs beside the core on DuckDB 2.0, and its output comes after it.
test: $(PLAIN_DUCKDB:%=.duckdb/%/installed)
	mkdir -p build
	$(MAKE) --no-print-directory lint > build/lint.txt 2>&1 & lint=$$!; \
	$(NEWEST); core=$$?; wait $$lint; lint=$$?; cat build/lint.txt; exit $$((core + lint))
	$(SUITE)

quick: $(PLAIN_DUCKDB:%=.duckdb/%/installed)
	mkdir -p build
	$(MAKE) --no-print-directory lint > build/lint.txt 2>&1 & lint=$$!; \
	$(SUITE) $(CORE); core=$$?; wait $$lint; lint=$$?; cat build/lint.txt; exit $$((core + lint))

# Ten times as many drawn cases as `make test`, and N kills in the middle of a training and of a refresh.
soak: $(PLAIN_DUCKDB:%=.duckdb/%/installed)
	MMSQL_SOAK=$(N) $(SUITE) tests/test_kill.py tests/test_refresh.py $$(grep -rl "import.*given" tests --include='test_*.py')

lint: .venv/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	rm -rf build/lib && $(PY) -W ignore -c "import setuptools; setuptools.setup()" -q build_py --build-lib build/lib
	cd build/lib && ../../$(PY) -m mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache
	cd build/lib && ../../.venv/bin/lint-imports --no-cache --config ../../pyproject.toml

docs: .venv/installed
	$(PY) docs/generate_session.py
	$(PY) docs/generate_sql.py
	$(PY) docs/generate_cli.py

bench: .venv/installed $(PLAIN_DUCKDB:%=.duckdb/%/installed)
	for name in accuracy speed latency growth ablation cold_items diversity image_neighbors text_neighbors refresh reranking metrics_speed; do echo "== $$name"; $(PY) benchmarks/$$name.py || exit 1; done
	$(PY) benchmarks/results.py

clean:
	rm -rf .venv .bench .duckdb .mypy_cache build mmsql.egg-info

.venv/installed: pyproject.toml constraints.txt
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

.duckdb/%/installed: .venv/installed
	$(PY) -m pip install --quiet --disable-pip-version-check --target .duckdb/$* --upgrade duckdb==$*
	touch $@
