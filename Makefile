# Two commands matter: `make demo` and `make test`. Both set everything up first; Python 3.11, 3.12 or 3.13 is all they need.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test test-browser test-all coverage lint types contracts check bench guard tables lock web web-check

demo: $(VENV)/.installed
	$(BIN)/gex demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "not long"

# Part of `make test` where Chromium is installed; CI runs them by themselves.
test-browser: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile gex_assets_tests/browser

test-all: coverage
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m long

# The lines of the package that the tests of `make test` reach; fails below 90 %.
# No tool sees the lines of compiled code, so a second run lets numba compile nothing and counts what its tests reach as Python. It
# takes in the kernels of pricing, exposure, features and records. Its verdicts do not count: Python divides by zero and overflows
# in another way, and the first run judged the same tests compiled. Compiled books and the compiled sample market work on records
# that Python cannot address: they are left out (tool.coverage.run, with the slow implementation that judges each).
UNCOMPILED := pricing exposure features records
coverage: $(VENV)/.installed-dev
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist loadfile -m "not long"
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q -r N --tb no --no-summary -n $(WORKERS) --dist loadfile -m "not long" \
		-p gex_assets_tests.uncompiled $(UNCOMPILED:%=gex_assets_tests/kernels/%) || test $$? = 1
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# `gex` and `dg dev` share the instance that .env names. Everything pinned and hashed, wheels only. pip would compile bytecode on one core, and of the packages' tests too. A step of its own
# compiles the rest on all cores; templates among the packages are no Python, which is no failure.
# Without bytecode, `import dagster` costs seconds.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WHEELS := $(PIP) --no-compile --require-hashes --only-binary :all:
BYTECODE := $(BIN)/python -m compileall -q -j 0 -x '/(tests?|pip|setuptools)/' $(VENV)/lib > /dev/null 2>&1 || true

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Expected Python 3.11, 3.12 or 3.13 on the PATH, was none of them: set PYTHON=/path/to/python" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(WHEELS) -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	$(BYTECODE)
	@grep -qs '^DAGSTER_HOME=.' .env || echo 'DAGSTER_HOME=$(CURDIR)' >> .env
	touch $@

# What tests and checks need besides.
$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(WHEELS) -r requirements-dev.lock
	$(BYTECODE)
	touch $@

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports --no-cache

check: lint types contracts

# Ratios against named baselines, results compared first; `make bench` renews benchmarks/RESULTS.md and wants a quiet machine.
bench: $(VENV)/.installed-dev
	$(BIN)/gex bench --write

guard: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.guard

# TABLES.md and docs/counts.md are written from the schemas, docs/chain_files.md from the readers; tests keep them fresh.
tables: $(VENV)/.installed
	$(BIN)/python -m gex_assets.schemas.dictionary > TABLES.md
	$(BIN)/python -m gex_assets.schemas.counts_page > docs/counts.md
	$(BIN)/python -m gex_assets.chain.files.forms_page > docs/chain_files.md

# requirements-dev.lock is what everything needs together; requirements.lock is the part of it that running needs, at the same versions.
LOCK := uv pip compile --universal --generate-hashes --no-strip-extras --only-binary :all: --python-version 3.11 --custom-compile-command "make lock" --quiet
lock:
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.lock
	$(LOCK) --extra install --constraint requirements-dev.lock pyproject.toml -o requirements.lock

# The pages' bundle: TypeScript in web/, built into the package and committed. node is needed for this alone. No package of the lock
# runs a script of its own when it is installed.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

web: web/node_modules/.package-lock.json
	cd web && node build.mjs

web-check: web/node_modules/.package-lock.json
	cd web && npm run --silent check && node build.mjs --check && npm test --silent
