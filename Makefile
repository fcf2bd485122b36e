# The only way to run things. `make` alone lists the targets.
# Every target sets up what it needs first (tools/setup); that takes no time when there is nothing to do.

# The Python that makes .venv: 3.11 to 3.13.
PYTHON3 ?= python3
BIN := .venv/bin
# Processes that run tests at once: half as many again as the cores that are meant, because flows wait for half of their time. With twice
# as many, those that run faster than real time starve, and fail.
WORKERS ?= 3
# Files whole, because what they start is started once a file; in the order of tools/suite_order.py.
BY_FILE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
BOARD ?= esp32
STATE ?= build/fleet

export PATH := $(PATH):/usr/sbin

.PHONY: help setup setup-dev demo test test-deep test-install check hil soak bench audit findings format lint types firmware documents unit flash gateway fleet dist lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## what demo, gateway, fleet and flash need: .venv, mosquitto, micropython
	@$(PYTHON3) -m tools.setup run

setup-dev: ## that, and what the tests need: linters, chromium, postgresql
	@$(PYTHON3) -m tools.setup dev

demo: setup ## a small district on virtual boards; DEMO_SECONDS=60 ends by itself
	@$(BIN)/python -m hil_tests.demo

test: setup-dev ## every check and every test
	@$(MAKE) --no-print-directory -j4 --keep-going --output-sync=target format lint types firmware documents
	@$(BIN)/python -m pytest $(BY_FILE)

test-deep: setup-dev ## random campaigns at full length, of which test runs a sample; AIRGRID_SEED=… repeats one
	@$(BIN)/python -m pytest -m deep --deep $(BY_FILE)

test-install: setup-dev ## bundles on fresh Debian machines without the internet; needs root and debootstrap; SUITE=trixie for one
	@$(BIN)/python -m tools.dist $(if $(SUITE),SUITE=$(SUITE)) ARCH=x86_64
	@$(BIN)/python -m pytest -n 0 -m install --install $(if $(SUITE),-k $(SUITE)) hil_tests/tests/test_installed_*.py hil_tests/tests/test_handbooks.py

check: setup-dev ## in seconds: format, lint, types, unit tests
	@$(MAKE) --no-print-directory -j4 --keep-going --output-sync=target format lint types firmware documents unit

hil: setup-dev ## whole flows on the bench only
	@$(BIN)/python -m pytest -m hil $(BY_FILE)

soak: setup-dev ## a week of a node, 30 days of a gateway, 1,000 kills; into docs/performance.md; ONLY=node|gateway|kills HOURS=24 for less
	@$(BIN)/python -m hil_tests.soak $(or $(ONLY),all) $(HOURS)

bench: setup-dev ## figures, as JSON lines, also in docs/performance.md; ONLY=gateway for one part
	@$(BIN)/python -m hil_tests.bench $(ONLY)

audit: setup-dev ## known advisories about what the lock files name; ADVISORIES=folder of OSV records where there is no network
	@$(BIN)/python -m tools.audit $(ADVISORIES)

findings: ## what surprised us about libraries, shown again, outside make test; NAME=duckdb_sum_in_parquet for one
	@for script in findings/$(or $(NAME),*).sh; do \
	  echo "== $$script"; PYTHON3=$(PYTHON3) $$script || failed="$$failed $$script"; \
	done; \
	test -z "$$failed" || { echo "no longer as described:$$failed" >&2; exit 1; }

flash: setup ## the firmware onto a board: PORT=/dev/ttyUSB0 BOARD=esp32
	@$(BIN)/airgrid-node flash $(PORT) --board $(BOARD)

gateway: setup ## a gateway, enrolled before: CONFIG=gateway.toml
	@$(BIN)/airgrid-gateway run $(if $(CONFIG),--config $(CONFIG))

fleet: setup ## a fleet service; STATE=build/fleet is where it keeps everything, PORT=8080
	@$(BIN)/airgrid-fleet init --state $(STATE)
	@$(BIN)/airgrid-fleet run --state $(STATE) $(if $(PORT),--port $(PORT))

dist: setup ## what people install, in build/dist: a bundle for each Debian and architecture; SUITE=bookworm|trixie ARCH=x86_64|aarch64 for one
	@$(BIN)/python -m tools.dist $(if $(SUITE),SUITE=$(SUITE)) $(if $(ARCH),ARCH=$(ARCH))

lock: ## new lock files from pyproject.toml, by uv
	@for level in run dev; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml requirements/build.in \
	    --extra gateway --extra fleet --extra technician $$([ $$level = run ] || echo --extra dev) -o requirements/$$level.lock; \
	done
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url requirements/audit.in -o requirements/audit.lock

clean: ## back to a fresh checkout: removes .venv and everything made
	@rm -rf .venv build fleet/pages/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	@find . -name __pycache__ -prune -exec rm -rf {} +

# Parts of check and test; each one needs setup-dev.

format:
	@$(BIN)/ruff format --check --quiet --diff .

lint:
	@$(BIN)/ruff check --quiet .

types:
	@$(BIN)/mypy --no-error-summary

firmware:
	@$(BIN)/python -m tools.check_firmware

documents:
	@$(BIN)/python -m tools.protocol_doc --check
	@$(BIN)/python -m tools.configuration_doc --check
	@$(BIN)/python -m tools.metrics_doc --check
	@$(BIN)/python -m tools.settings_schema --check
	@$(BIN)/python -m tools.rules_doc --check

unit:
	@$(BIN)/python -m pytest -m "not hil" -n $(WORKERS) --dist worksteal
