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

.venv/installed: settings.ini setup.py constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@

run: .venv/installed ## the nine steps on drawn cells; ends with the files to look at (ARGS=... for more)
	$(BIN)/bloodcell-tut run --out $(OUT) $(ARGS)

test: .venv/installed ## everything that must hold: lint, types, notebooks, tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	TQDM_DISABLE=1 $(BIN)/nbdev-test
	$(BIN)/pytest
	$(BIN)/pytest --numprocesses 0 tests/test_faults.py tests/test_fuzz.py

lab: .venv/installed ## open the lessons in JupyterLab
	$(BIN)/bloodcell-tut lab

notebooks: export ## run every notebook, keep its outputs, measure the lessons (SOURCE=... runs them on your data)
	$(BIN)/python .ci/notebooks.py $(if $(SOURCE),--source $(SOURCE)) && $(BIN)/nbdev-clean

export: .venv/installed ## write the package and README.md from the notebooks
	$(BIN)/ruff format --quiet nbs && $(BIN)/nbdev-clean && $(BIN)/nbdev-export && $(BIN)/python .ci/stub.py
	$(BIN)/python .ci/errata.py && $(BIN)/python .ci/glossary.py && $(BIN)/python .ci/readme.py

docs: .venv/installed ## build the site into _docs (EXECUTE=1 runs the notebooks first)
	EXECUTE=$(EXECUTE) $(BIN)/python docs/make_site.py _docs

bench: .venv/installed ## how fast and how large, side by side (ARGS=runs, photographs, big or profile for more)
	$(BIN)/python tests/bench.py $(ARGS)

clean: ## remove what was built; notebooks, runs and the cache of drawn cells stay
	rm -rf .venv _docs jupyter_execute _proc build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
