# Two commands do all the set-up:   make demo   and   make test
# Needs python3 (3.11 or later) and make. Everything else goes into .venv, pinned by hash.

PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)

.PHONY: texts setup demo test check bench validate fuzz lock clean

setup: .venv/.ready-to-test

demo: .venv/.ready-to-run
	$(BIN)/starlight demo

# One process more than there are cores, as many tests wait for light; the style tests belong to `check`.
test: .venv/.ready-to-test
	$(BIN)/python -m pytest -n $$($(PYTHON) -c 'import os; print(os.cpu_count() + 1)') --dist loadfile \
	  --no-loadscope-reorder --durations 10 --ignore tests/style

check: .venv/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/style

bench: .venv/.ready-to-test
	@$(MAKE) --silent --no-print-directory .venv-bench/.ready >.venv-bench.log 2>&1 || true
	@$(BIN)/python benchmarks/run.py

# Holds the expedition's models against their references, and writes docs/validation.md.
validate: .venv/.ready-to-test
	$(BIN)/python -m validation.run

fuzz: .venv/.ready-to-test
	$(BIN)/python fuzz/run.py $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS))

# Rewrites the locks from pyproject.toml; the build backend is pinned with the rest. What the benchmarks are
# compared with has a lock, and an environment, of its own: it asks for old versions.
lock: | .venv/bin/python
	printf 'hatchling\neditables\n' | $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --extra media --extra expedition pyproject.toml - -o requirements.lock
	printf 'hatchling\neditables\n' | $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --extra media --extra expedition --extra classify --extra geotiff --extra test \
	  pyproject.toml - -o requirements-test.lock
	printf 'pydtnsim\n' | $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header - -o requirements-bench.lock

# Takes the texts for people out of the code into the catalogues of the other languages.
texts: .venv/.ready-to-test
	$(BIN)/python -m tools.catalogue

clean:
	rm -rf .venv .venv-bench .venv-bench.log .pytest_cache .hypothesis .mypy_cache .ruff_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Starlight needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then uv venv -q --python $(PYTHON) .venv; \
	else $(PYTHON) -m venv .venv || \
	  { echo "python3 can't make a virtual environment; on Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); fi

.venv/.ready-to-run: requirements.lock pyproject.toml | .venv/bin/python
	VIRTUAL_ENV=.venv $(UV) pip install -q --require-hashes -r requirements.lock
	VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-to-test: requirements-test.lock .venv/.ready-to-run
	VIRTUAL_ENV=.venv $(UV) pip install -q --require-hashes -r requirements-test.lock
	@touch $@

.venv-bench/.ready: requirements-bench.lock | .venv/bin/python
	rm -rf .venv-bench
	$(UV) venv -q --python $(PYTHON) .venv-bench
	VIRTUAL_ENV=.venv-bench $(UV) pip install -q --require-hashes -r requirements-bench.lock
	@touch $@
