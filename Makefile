# Two commands do everything on a machine with git, make and Python (3.11 or newer): `make run` and `make test`; `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
WORLD := build/modellwelt
PLAN := data_contracts/plans/modellwelt.yaml

# The quick tests: what a change most often breaks, without runs over a whole world and without Great Expectations, which takes seconds
# for each contract. About two minutes of processor time in all.
QUICK := tests/model tests/storage tests/reference tests/contracts tests/commands tests/indicators tests/docs

# Stores and run histories of the tests sync every write. Where memory has room for them, they lie there, and are removed afterwards.
SCRATCH := $(shell test -w /dev/shm && test "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4194304 && echo /dev/shm || echo "$${TMPDIR:-/tmp}")

# Three processes on two cores: the third works while one waits for a server, a browser or the disk.
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: run test check ui example pictures setup bench study scale oracles audit lint browser clean help

run: setup            ## simulate the model world, run the yearly job, print where report and board are
	@test -d $(WORLD) || $(BIN)/kkz-eval simulate --out $(WORLD) --seed 1
	@$(BIN)/kkz-eval run --inbox $(WORLD)/deliveries --home home --plan $(PLAN)

test: setup browser lint  ## format, lint, types, import directions, every test
	@folder=$$(mktemp -d -p "$(SCRATCH)"); PYTEST_DEBUG_TEMPROOT=$$folder $(BIN)/python -m pytest $(AT_ONCE); \
	  code=$$?; rm -rf "$$folder"; exit $$code

check: lint           ## the quick look before a change is handed on: format, lint, types, import directions, quick tests
	$(BIN)/python -m pytest $(AT_ONCE) -k "not great_expectations" $(QUICK)

ui: setup             ## open the user interface on this machine: http://127.0.0.1:3000
	$(BIN)/kkz-eval ui

browser:              # for the tests of pages; without it they are skipped with a reason
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } \
	  || echo "Chromium fehlt und kann hier nicht eingerichtet werden; die Prüfungen im Browser werden ausgelassen (no Chromium; browser tests are skipped)."

lint: setup           ## format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup          ## the figures of speed and memory, as ratios within one run
	$(BIN)/python -m benchmarks.bench

study: setup          ## longer simulations with known truth, and the comparisons of `make oracles`
	$(BIN)/python -m benchmarks.study
	$(MAKE) oracles

scale: setup          ## all municipalities of the country through the estimators: docs/scale.md made anew
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python docs/make_scale.py

oracles: build/oracles/ready  ## the estimators against other packages on the same panels; they are installed beside the project
	build/oracles/bin/python -m pytest tests/oracles

example: setup        ## make the finished report of the model world anew: docs/examples/bericht.html
	$(BIN)/python docs/make_example_report.py

pictures: setup browser  ## make the pictures of the documentation anew: docs/pictures
	$(BIN)/python docs/take_pictures.py

setup: .venv/ready    ## the environment in .venv, with everything that is needed

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kkz_eval braucht Python 3.11 oder neuer; bitte PYTHON=… angeben (needs Python 3.11 or newer)." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,server,machines]'
	$(BIN)/python -m compileall -q kkz_eval
	@touch $@

audit: build/audit/ready  ## known weaknesses of the versions in constraints.txt; asks a database in the net, and fails where it can't be asked of each
	build/audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement constraints.txt

build/audit/ready:
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'
	@touch $@

build/oracles/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv build/oracles
	build/oracles/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,oracles]'
	@touch $@

clean:                ## remove what the commands made; deliveries and reports in home/ stay
	rm -rf build .venv

help:                 ## this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)$$/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16
