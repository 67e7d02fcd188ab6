# Two commands do everything on a fresh machine with Python 3.11: `make run` and `make test`.
PYTHON ?= python3.11
PORT ?= 8501
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test soak lint types check clean

run: $(VENV)/.run ## everything: environment, demo project, web and worker
	$(BIN)/wtal serve --demo --host $(HOST) --port $(PORT)

test: $(VENV)/.test ## lint, types, all tests; prints the CPU seconds of each suite beside its budget
	@bash .ci/browser
	$(BIN)/python .ci/suites.py

soak: $(VENV)/.test ## the long checks: hour-long playback, memory, repeated kills
	@bash .ci/browser
	$(BIN)/python -m pytest -m soak --timeout 7200

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on PATH: install Python 3.11, or say make PYTHON=/path/to/python3.11" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.txt constraints.txt pyproject.toml
	@echo "Installing packages (about a minute, 2 GB on disk) ..."
	$(PIP) -c constraints.txt -r requirements.txt
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.txt
	$(PIP) -c constraints.txt -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
