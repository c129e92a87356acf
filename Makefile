# Every target makes what it needs from python3 and make alone.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt
OUT    ?= demo
PYTEST ?=
# one worker more than cores: some tests wait for servers and browsers
WORKERS ?= 3
# counting lines more than doubles the time: asked for by COVERAGE=1, and always in CI, which holds the floor
COVERAGE ?= $(CI)

.DEFAULT_GOAL := help
.PHONY: help demo test lint site format viewer clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.base ## Run the built-in study on phantoms and write its report to demo/
	@$(BIN)/medspatial run --out $(OUT)

test: $(VENV)/.dev ## Run all tests (PYTEST="-k name" to choose, COVERAGE=1 to count lines)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(if $(COVERAGE),--cov --cov-report=term) $(PYTEST)

lint: $(VENV)/.dev ## Check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/deptry src
	@$(BIN)/python .ci/import_contracts.py

site: $(VENV)/.dev ## Build the documentation's site to site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

viewer: ## Build the 3D part of the viewer (needs Node 20 or newer with npm)
	@cd viewer && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

clean: ## Remove the environment, caches and the demo's output
	rm -rf $(VENV) demo site viewer/node_modules src/medspatial/view/built .pytest_cache .mypy_cache .ruff_cache \
	  .hypothesis .coverage*

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
	  f"Python 3.11 or newer is needed, $(PYTHON) is {v.major}.{v.minor}: make PYTHON=python3.11 ...")'
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing medspatial (the first time takes about a minute)"
	@$(PIP) --editable .
	@touch $@

# torch comes first and pinned, so that no other package chooses its build
$(VENV)/.dev: $(VENV)/.base
	@echo "Installing what the tests need (several minutes the first time)"
	@$(PIP) torch
	@$(PIP) --editable ".[dev,models,metrics,judge,data,view]"
	@touch $@
