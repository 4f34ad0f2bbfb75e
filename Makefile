# Everything that a person or CI does here. It needs make and Python 3.11 or newer, nothing else.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
UV_VERSION := 0.13.9

# The newest Python that is new enough and can make a virtual environment. Looked for only when .venv is made.
CANDIDATES := python3.14 python3.13 python3.12 python3.11 python3
IS_SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	if "$$python" -c '$(IS_SUITABLE)' >/dev/null 2>&1; then echo "$$python"; break; fi; done)

# The distributions' files carry their versions, entry points and dependencies: a change there is a new installation.
PROJECTS := packages/sdk/pyproject.toml packages/server/pyproject.toml

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo EXIT=1           stops after printing"
	@echo "  make demo PORT=4010        serves on another port"
	@echo "  make test ARGS='-k mint'   passes arguments to pytest"
	@echo "  make setup PYTHON=...      chooses the Python"

.PHONY: setup
setup: .venv/.runtime ## installs into .venv; .venv/bin/claimsmith works after it
	@echo "Ready: .venv/bin/claimsmith"

.PHONY: demo
demo: .venv/.runtime ## the whole story: a custom claim travels from the template to the application
	@$(BIN)/python -m claimsmith_server.demo $(if $(EXIT),--exit) $(if $(PORT),--port $(PORT))

.PHONY: test
test: .venv/.dev ## every test; those that need PostgreSQL, Node or Chromium run when it is there
	@$(BIN)/pytest --numprocesses auto --dist loadgroup $(ARGS)

.PHONY: test-all
test-all: .venv/.dev ## every test; a missing PostgreSQL, Node or Chromium is a failure
	@CLAIMSMITH_TEST_ALL=1 $(BIN)/pytest --numprocesses auto --dist loadgroup $(ARGS)

.PHONY: mutants
mutants: .venv/.dev ## takes each check of the verifier away in turn: does a test fail? (MODULES='verification.tokens')
	@$(BIN)/python tests/mutation/run.py $(MODULES)

.PHONY: check
check: .venv/.dev ## lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: web
web: ## the dashboard's scripts and icons, from web/
	@cd web && npm ci --loglevel=error && npm run --silent check && npm run --silent test && npm run --silent build

.PHONY: bench
bench: .venv/.dev ## the benchmarks, with ratios from the same run
	@missed=0; for name in render verify requests mint growth preview overview; do $(BIN)/python -m "benchmarks.$$name" || missed=1; echo; done; exit $$missed

.PHONY: lock
lock: ## resolves requirements/*.lock again
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(call compile_lock,runtime,requirements/runtime.in)
	@$(call compile_lock,dev,requirements/runtime.in requirements/dev.in --constraints requirements/runtime.lock)

# One lock for every platform and every Python from 3.11 on. It names no index: whoever installs chooses theirs.
compile_lock = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-package claimsmith --no-emit-package claimsmith-server --custom-compile-command "make lock" \
	--output-file requirements/$(1).lock $(2)

.PHONY: clean
clean: ## removes .venv, caches and node_modules; keeps what a served instance stored
	@rm -rf .venv .make dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf examples/nextjs/.next
	@find . -name node_modules -prune -exec rm -rf {} +
	@find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.runtime: requirements/runtime.lock requirements/install.py $(PROJECTS)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Claimsmith needs Python 3.11 or newer with its venv module; found none among: $(CANDIDATES)." >&2; \
		echo "Install one (Debian: apt-get install python3 python3-venv), or say which: make setup PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi
	@"$(PYTHON)" requirements/install.py runtime
	@touch $@

.venv/.dev: requirements/dev.lock .venv/.runtime
	@$(BIN)/python requirements/install.py dev
	@touch $@
