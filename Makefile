# Set-up and everyday commands. Each sets up what it needs in .venv first.

VENV := .venv
BIN := $(VENV)/bin
# The first that is new enough; make PYTHON=/path/to/python3.11 says which.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
CLIENTS := tests/clients/node_modules/.ready
CLIENTS_APART := tests/clients/.venv/.ready
BENCH := $(VENV)/.bench
# Options of demo, fuzz and the benchmarks, as in make demo OPTIONS=--port=8081, or
# make bench OPTIONS="--users 500 --seconds 1 --rounds 1".
OPTIONS ?=
# How many hostile requests are sent, and from which seed on, as in make fuzz-inputs CASES=200000.
CASES ?= 1000000
SEED ?= $(shell date +%s)
SCIM2_SERVER := benchmarks/peers/scim2_server
SCIMMY := benchmarks/peers/scimmy

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED) ## Serve a simulated workspace as SCIM, and print calls to try
	@$(BIN)/bitbucket-scim demo $(OPTIONS)

.PHONY: test
test: check ## Check everything: style, types, layers, tests

.PHONY: check
check: lint types imports tests ## The same, by its other name

.PHONY: lint
lint: $(READY) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

.PHONY: types
types: $(READY) ## Check types
	$(BIN)/mypy

.PHONY: imports
imports: $(READY) ## Check that dependencies point one way
	$(BIN)/lint-imports

.PHONY: tests
tests: $(READY) clients
	$(BIN)/pytest

.PHONY: clients
clients: $(CLIENTS) $(CLIENTS_APART)

.PHONY: fuzz
fuzz: $(READY) ## Ask 20,000 requests made of openapi.yaml, by all checks of Schemathesis
	$(BIN)/python -m tests.conformance.fuzzing $(OPTIONS)

.PHONY: format
format: $(READY) ## Put style and format right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: conformance
conformance: $(READY) ## Write docs/conformance.md, which rule is met and by what it is proved
	$(BIN)/python -m tests.rules

.PHONY: fuzz-inputs
fuzz-inputs: $(READY) ## Send a million hostile requests
	HOSTILE_CASES=$(CASES) HOSTILE_SEED=$(SEED) $(BIN)/pytest tests/hostile

.PHONY: bench
bench: $(BENCH) peers ## Measure speed, beside a ceiling and peers in the same run
	$(BIN)/python -m benchmarks.speed $(OPTIONS)

.PHONY: bench-growth
bench-growth: $(BENCH) ## Measure what grows with the workspace
	$(BIN)/python -m benchmarks.growth $(OPTIONS)

.PHONY: peers
peers: $(SCIM2_SERVER)/.venv/.ready $(SCIMMY)/node_modules/.ready

.PHONY: calls
calls: $(READY) ## Count what reading costs, beside a crawl
	$(BIN)/python -m benchmarks.calls

.PHONY: clean
clean: ## Remove what the other commands made
	rm -rf $(VENV) build dist tests/clients/node_modules tests/clients/.venv $(SCIM2_SERVER)/.venv $(SCIMMY)/node_modules .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find gateway tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# What the gateway needs to run.
$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; make PYTHON=/path/to/python3.11 says where it is." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	$(PIP) --upgrade pip
	$(PIP) --editable '.[postgresql]'
	@touch $@

# What its developers need too.
$(READY): $(INSTALLED)
	$(PIP) --group dev
	@touch $@

# What the pictures of the benchmarks take.
$(BENCH): $(READY)
	$(PIP) --group bench
	@touch $@

# The servers that ours is measured beside, each in a place of its own. One that can't be installed
# is left out, and the benchmark says so.
$(SCIM2_SERVER)/.venv/.ready: $(SCIM2_SERVER)/requirements.txt
	@if { test -x $(@D)/bin/pip || $(PYTHON) -m venv $(@D); } && \
		$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<; then \
		touch $@; \
	else \
		rm -rf $(@D); echo "scim2-server can't be installed: it is left out"; \
	fi

$(SCIMMY)/node_modules/.ready: $(SCIMMY)/package-lock.json
	@if ! command -v npm >/dev/null; then \
		echo "npm is not installed: scimmy-routers is left out"; \
	elif npm ci --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 --prefix $(SCIMMY); then \
		touch $@; \
	else \
		echo "npm ci failed: scimmy-routers is left out"; \
	fi

# Clients of the gateway that can't live with our own tools, for the tests that run them. They come
# from where those come from, so that here nothing is left out: what fails, fails make.
$(CLIENTS_APART): tests/clients/requirements.txt | $(INSTALLED)
	rm -rf $(@D)
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/python -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Clients of npm's, for the tests that read the simulated Bitbucket, and the gateway, with them.
# Without npm, or without its registry, those tests say so and are skipped.
$(CLIENTS): tests/clients/package-lock.json
	@if ! command -v npm >/dev/null; then \
		echo "npm is not installed: the tests with clients of its registry are skipped"; \
	elif npm ci --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 --prefix tests/clients; then \
		touch $@; \
	else \
		echo "npm ci failed: the tests with clients of its registry are skipped"; \
	fi
