# make demo · make test · make lint · make org · make bench · make docs · make clean
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := salesforce-abm tap-salesforce-abm target-salesforce-abm local-org
PYTEST_WORKERS ?= 2

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): requirements-dev.txt pyproject.toml $(PACKAGES:%=%/pyproject.toml) .ci/find-python
	@python=$$(.ci/find-python) && { [ -x $(BIN)/python ] || "$$python" -m venv $(VENV); }
	@echo "Installing the development environment into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements-dev.txt)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt $(PACKAGES:%=-e ./%)
	@touch $@

setup: $(READY) ## Create .venv with everything needed for development

demo: $(READY) ## Salesforce -> warehouse -> Salesforce, twice, on a local org
	@$(BIN)/python -m demo

org: $(READY) ## Serve the org the demo left behind (or a fresh one) on http://127.0.0.1:8765
	@mkdir -p .demo && $(BIN)/local-org start --data .demo/org.db --seed demo

test: $(READY) ## Run all tests, with coverage
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup --cov --cov-report=term

lint: $(READY) ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(PACKAGES:%=%/src) demo tests

bench: $(READY) ## Measure against peers and the machine's limit (ratios within one run)
	@$(BIN)/python -m benchmarks

docs: $(READY) ## Build the documentation site into site/, without network
	@$(BIN)/python docs/generate.py --check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "The site is in site/index.html; with search: $(BIN)/python -m http.server --directory site"

clean: ## Remove everything that make created
	rm -rf $(VENV) .meltano .demo .clients .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* site output

.PHONY: help setup demo org test lint bench docs clean
