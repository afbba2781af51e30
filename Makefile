# Two commands do everything on a machine with git, make and Python (3.11 or newer): `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
WORLD := build/modellwelt
PLAN := data_contracts/plans/modellwelt.yaml

.PHONY: run test ui setup bench study oracles lint browser clean

run: setup            ## simulate the model world, run the yearly job, print where the report is
	@test -d $(WORLD) || $(BIN)/kkz-eval simulate --out $(WORLD) --seed 1
	@$(BIN)/kkz-eval run --inbox $(WORLD)/deliveries --home home --plan $(PLAN)

test: setup browser lint  ## format, lint, types, import directions, every test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

ui: setup             ## open the user interface on this machine: http://127.0.0.1:3000
	$(BIN)/kkz-eval ui

browser:              # for the tests of pages; without it they are skipped with a reason
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y chromium >/dev/null; } \
	  || echo "Chromium fehlt und kann hier nicht eingerichtet werden; die Prüfungen im Browser werden ausgelassen (no Chromium; browser tests are skipped)."

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup          ## the figures of speed and memory, as ratios within one run
	$(BIN)/python -m benchmarks.bench

study: setup          ## longer simulations with known truth, and the comparisons of `make oracles`
	$(BIN)/python -m benchmarks.study
	$(MAKE) oracles

oracles: build/oracles/ready  ## the estimators against other packages on the same panels; they are installed beside the project
	build/oracles/bin/python -m pytest tests/oracles

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kkz_eval braucht Python 3.11 oder neuer; bitte PYTHON=… angeben (needs Python 3.11 or newer)." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	$(BIN)/python -m compileall -q kkz_eval
	@touch $@

build/oracles/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv build/oracles
	build/oracles/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,oracles]'
	@touch $@

clean:                ## remove what the commands made; deliveries and reports in home/ stay
	rm -rf build .venv
