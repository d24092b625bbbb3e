PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Named after the lock's content: a new lock sets up anew, a fresh checkout's dates do not.
READY := $(VENV)/.ready-$(shell cksum < requirements.lock | cut -d ' ' -f 1)

ASKED := KPI CHANNEL DAY WEEK MONTH QUARTER YEAR ALL

.DEFAULT_GOAL := help
.PHONY: help setup nightly status close explain what-changed effect rebuild ui kpi test test-long bench promises lint format

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## make .venv from the lock file (every other target does so by itself)

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	    echo "Python 3.11, 3.12 or 3.13 is needed; '$(PYTHON)' is not one of them." \
	         "Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "set up: a virtual environment in $(VENV) (once; a few minutes where nothing is cached)"
	@$(PYTHON) -m venv --clear $(VENV) || { \
	    echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv"; \
	    exit 1; }
	@echo "set up: the packages of requirements.lock, each held to its hash"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --no-build-isolation --editable .
	@echo "set up: bytecode"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib dagster_project expectations
	@touch $@

nightly: $(READY) ## land, build, guard and publish; exit status 0 only where it was published
	@$(BIN)/python -m dagster_project.nightly

status: $(READY) ## say how fresh the marts are; exit status 1 where they are too old
	@$(BIN)/python -m dagster_project.status

close: $(READY) ## freeze a settled month beside the living one: make close MONTH=2026-10 [BY=name]
	@$(BIN)/python -m dagster_project.close "$(MONTH)" "$(BY)"

explain: $(READY) ## what a figure is made of: make explain KPI=csat_score CHANNEL=email MONTH=2026-10 [ALL=1]
	@$(BIN)/python -m dagster_project.explain $(foreach name,$(ASKED),$(if $($(name)),$(name)='$($(name))'))

what-changed: $(READY) ## which figures of the past moved last night, and by which records
	@$(BIN)/python -m dagster_project.what_changed

effect: $(READY) ## what a changed seed, model or definition does to the demo shop's figures [AGAINST=commit]
	@$(BIN)/python -m dagster_project.effect "$(AGAINST)"

rebuild: $(READY) ## build from scratch beside the warehouse and compare with what is published
	@$(BIN)/python -m dagster_project.rebuild

ui: $(READY) ## open Dagster on http://127.0.0.1:3000
	@$(BIN)/python -m dagster_project.ui

kpi: $(READY) ## lay out the two files of a new KPI: make kpi ID=refund_share [LIKE=csat_score]
	@$(BIN)/python -m expectations.new_kpi "$(ID)" "$(LIKE)"

test: $(READY) ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: $(READY) ## run many rounds of what `make test` does a few of
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m long

bench: $(READY) ## time the models over a million tickets, beside a script written by hand
	@$(BIN)/python tests/bench/bench.py

promises: $(READY) ## measure the promises of the deviations on many simulated years
	@$(BIN)/python tests/bench/promises.py

lint: $(READY) ## check style, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models

format: $(READY) ## write Python and SQL in the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar dbt_project/models
