# Set-up and everyday commands. Each sets up what it needs in .venv first.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
READY := $(VENV)/.ready
CLIENTS := tests/clients/node_modules/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## Serve a simulated workspace as SCIM, and print calls to try
	@$(BIN)/bitbucket-scim demo

.PHONY: test
test: check ## Check everything: style, types, layers, tests

.PHONY: check
check: lint types imports tests

.PHONY: lint
lint: $(READY) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(READY) ## Check types
	$(BIN)/mypy

.PHONY: imports
imports: $(READY) ## Check that dependencies point one way
	$(BIN)/lint-imports

.PHONY: tests
tests: $(READY) $(CLIENTS)
	$(BIN)/pytest

.PHONY: format
format: $(READY) ## Put style and format right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(READY) ## Measure speed, beside a ceiling in the same run
	$(BIN)/python benchmarks/read_path.py

.PHONY: clean
clean: ## Remove what the other commands made
	rm -rf $(VENV) build dist tests/clients/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[postgresql]' --group dev
	@touch $@

# A Bitbucket client of npm's, for the tests that read the simulated Bitbucket with it. Without
# npm, or without its registry, those tests say so and are skipped.
$(CLIENTS): tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --silent --no-audit --no-fund --prefix tests/clients || echo "npm ci failed: its tests are skipped"; \
	else \
		echo "npm is not installed: the tests with a client of its registry are skipped"; \
	fi
	@mkdir -p $(@D) && touch $@
