PYTHON ?= python3
BIN = .venv/bin
OUT ?= runs/latest
ARGS ?=
EXECUTE ?=
SOURCE ?=

.DEFAULT_GOAL := help
.PHONY: help run test lab notebooks export docs bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

# each installs what it needs and no more; whoever has the developers' tools has the rest
.venv/run .venv/lab .venv/dev: settings.ini setup.py constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable ".$(EXTRA)"
	@$(COMPILE)
	@touch $(STAMPS)
# as pip does, and on all cores; a run compiles what it loads, and saves 170 MB
.venv/lab .venv/dev: COMPILE = $(BIN)/python -m compileall -qq -j 0 .venv/lib || true
.venv/run: COMPILE = true
.venv/run: EXTRA = [tensorflow]
.venv/lab: EXTRA = [lab,tensorflow]
.venv/dev: EXTRA = [dev]
.venv/run: STAMPS = .venv/run
.venv/lab: STAMPS = .venv/run .venv/lab
.venv/dev: STAMPS = .venv/run .venv/lab .venv/dev

run: .venv/run ## the nine steps on drawn cells; ends with the files to look at (ARGS=... for more)
	$(BIN)/bloodcell-tut run --out $(OUT) $(ARGS)

# what one process has compiled its many children needn't compile again
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/dev ## everything that must hold: lint, types, notebooks, tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	$(BIN)/pytest

lab: .venv/lab ## open the lessons in JupyterLab
	$(BIN)/bloodcell-tut lab

notebooks: export ## run every notebook, keep its outputs, measure the lessons (SOURCE=... runs them on your data)
	$(BIN)/python tools/notebooks.py $(if $(SOURCE),--source $(SOURCE)) && $(BIN)/nbdev-clean
	$(if $(SOURCE),,$(BIN)/python tools/command_examples.py)

export: .venv/dev ## write the package and README.md from the notebooks
	$(BIN)/python tools/launch.py
	$(BIN)/ruff format --quiet nbs && $(BIN)/nbdev-clean && $(BIN)/nbdev-export && $(BIN)/python tools/stub.py
	$(BIN)/python tools/first_cell.py && $(BIN)/python tools/lesson_map.py
	$(BIN)/python tools/ledger.py && $(BIN)/python tools/glossary.py && $(BIN)/python tools/readme.py && $(BIN)/python tools/lesson_table.py

docs: .venv/dev ## build the site into _docs (EXECUTE=1 runs the notebooks first)
	EXECUTE=$(EXECUTE) $(BIN)/python tools/make_site.py _docs

bench: .venv/dev ## how fast and how large, side by side (ARGS=runs, whole, photographs, laboratories, labels, pictures, big, audit_scale, cluster, peers or profile for more)
	$(BIN)/python benchmarks/bench.py $(ARGS)

clean: ## remove what was built; notebooks, runs and the cache of drawn cells stay
	rm -rf .venv _docs jupyter_execute _proc build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
