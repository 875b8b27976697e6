# Everyday commands. Plain venv and pip underneath; pip's own settings (PIP_*) are used as they are.
#
#   make demo    install and run the example county
#   make test    install with the test tools and run the everyday tests
#   make help    everything else

VENV ?= .venv
OUT ?= results/example-county
PYTEST_ARGS ?=
# One process a core; the tests share nothing. JOBS=0 runs them in one, for a debugger.
JOBS ?= auto
N ?= 20000
SEED ?= 1
# The first interpreter of this machine that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; \
	done; echo python3)

BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PARALLEL := -n $(JOBS) --dist worksteal
INPUTS := pyproject.toml constraints.txt

# Published tables too large to be copied here: tests that need them skip where they are absent.
ifeq ($(origin WBE_REFERENCE_DATA),undefined)
ifneq ($(wildcard ../shared),)
export WBE_REFERENCE_DATA := $(abspath ../shared)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz slow exhaustive lint format types layers docs notebooks bench all clean

help:  ## show the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "wbe needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python cannot make a virtual environment (no ensurepip)." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv, then run make again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of extras: a changed pyproject or constraints file installs again.
$(STAMPS)/run: $(VENV)/pyvenv.cfg $(INPUTS)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test: $(VENV)/pyvenv.cfg $(INPUTS)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run

$(STAMPS)/dev: $(VENV)/pyvenv.cfg $(INPUTS)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run $(STAMPS)/test

demo: $(STAMPS)/run  ## install, run the (synthetic) example county, print tiers and map
	$(BIN)/wbe run data/samples/example-county --out $(OUT)

test: $(STAMPS)/test  ## the everyday tests
	$(BIN)/python -m pytest -q -m "not slow" $(PARALLEL) $(PYTEST_ARGS)

fuzz: $(STAMPS)/test  ## N mutations of good files (N=20000); SEED=1 and CASE=17 replay one
	PYTHONPATH=tests $(BIN)/python -m fuzz --seed $(SEED) $(if $(CASE),--case $(CASE),--cases $(N))

slow: $(STAMPS)/test  ## the long tests: coverage of intervals, kills, code in the docs
	$(BIN)/python -m pytest -q -m slow $(PARALLEL) $(PYTEST_ARGS)

exhaustive: $(STAMPS)/test  ## the long tests with every case and repetition (hours)
	WBE_EXHAUSTIVE=1 $(BIN)/python -m pytest -q -m slow -o timeout=0 $(PARALLEL) $(PYTEST_ARGS)

lint: $(STAMPS)/dev  ## ruff, rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMPS)/dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMPS)/dev  ## mypy
	$(BIN)/mypy

layers: $(STAMPS)/test  ## import-linter
	$(BIN)/lint-imports --no-cache --no-logo

docs: $(STAMPS)/dev  ## the documentation, offline, warnings as errors, in docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

notebooks: $(STAMPS)/test  ## run every notebook
	$(BIN)/python -m pytest -q --nbmake --nbmake-timeout=600 notebooks

bench: $(STAMPS)/test  ## benchmarks
	@for f in benchmarks/*.py; do echo "== $$f"; $(BIN)/python "$$f" || exit 1; done

all: lint types layers test docs notebooks slow  ## everything a change must pass

clean:  ## remove what these commands made, the environment included
	rm -rf $(VENV) docs/_build docs/reference/generated build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
