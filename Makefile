# Everything runs in .venv; python3 >= 3.11 with venv, make and the package registry are all it needs.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/sh
export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
OUT ?= build

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(READY) ## Train on data/sample, decide four documents, write a page, say what to try next
	@$(BIN)/python -m training.demo --out $(OUT)/demo

test: $(READY) ## Everything CI runs: checks, then every test
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

search: $(READY) ## The property tests again, each time on examples never tried before
	@$(BIN)/python -m pytest -q -m hypothesis --hypothesis-profile=search

check: $(READY) ## Format, lint, strict types, import contracts (under a minute)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }

bench: $(READY) ## Print the table of speeds as ratios to a baseline in the same run
	@$(BIN)/python -m benchmarks

sample: $(READY) ## Write data/sample again from its seed
	@$(BIN)/python -m training.make_sample

pins: $(READY) ## Recompute requirements/*.txt from pyproject.toml
	@for extra in serve batch train spark dev; do \
	  flag="--extra $$extra"; [ $$extra = serve ] && flag=""; \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 $$flag --no-emit-index-url --no-emit-find-links \
	    --no-header --no-annotate -o requirements/$$extra.txt pyproject.toml || exit 1; done

clean: ## Remove what was built, .venv included
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is newer than the pins: the second run installs nothing. pip is the fallback where uv cannot reach the registry.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14)))' 2>/dev/null \
	  || { echo "needs Python 3.11 to 3.13 as $(PYTHON) (or: make PYTHON=/path/to/python3.11 ...)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "needs Python's venv module (on Debian: apt install python3-venv)"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "setting up .venv (once, about half a minute)"
	@{ $(BIN)/python -m pip install -q --disable-pip-version-check uv \
	   && $(BIN)/uv pip sync -q --compile-bytecode requirements/dev.txt \
	   && $(BIN)/uv pip install -q --no-deps -e . ; } >.venv/setup.log 2>&1 \
	  || { $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/dev.txt \
	       && $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e . ; } >>.venv/setup.log 2>&1 \
	  || { tail -n 5 .venv/setup.log; echo "the packages could not be installed: is the package registry reachable?"; exit 1; }
	@$(BIN)/python -c 'import lightgbm' 2>/dev/null \
	  || { echo "LightGBM needs the OpenMP runtime (on Debian: apt install libgomp1)"; exit 1; }
	@echo "compiling the kernels (once, about half a minute)"
	@$(BIN)/python -m training.compile_kernels
	@touch $@

.PHONY: help demo test search check bench sample pins clean
