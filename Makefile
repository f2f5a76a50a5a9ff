# Everything runs in .venv, which is made on first use. PYTHON chooses the interpreter: make demo PYTHON=python3.13
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-slow check format bench bench-training evaluate evaluate-quick experiments extension example train clean

demo: $(VENV)/.installed-demo
	$(BIN)/inpose demo --out demo_output

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/bench.py --out benchmarks/results.json

# Measure the method and its rivals: trains the rivals (about half an hour on two cores) and solves for as long again.
# What is trained and measured already stays in runs/evaluation. DATA is a folder of packed motion.
evaluate: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --out docs/evaluation --runs runs/evaluation

# The same in three minutes, with barely trained rivals: to see that it works, not to be cited.
evaluate-quick: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --out runs/evaluation/quick-report --runs runs/evaluation --quick

# Compare designs of the prior (docs/experiments.md); goes on with what runs/experiments holds.
experiments: $(VENV)/.installed-test
	$(BIN)/python benchmarks/experiments.py --data $(DATA) --out runs/experiments

# How fast the prior trains, against the machine's own rate.
bench-training: $(VENV)/.installed-test
	$(BIN)/python benchmarks/training.py --data $(DATA) --device $(DEVICE)

# Build the extension's zip into dist/.
extension: $(VENV)/.installed-demo
	$(BIN)/python wheels/build_extension.py --out dist

# Make the example recording anew from the shipped weights.
example: $(VENV)/.installed-demo
	$(BIN)/python examples/make_example.py

# Train the prior; resumes what runs/prior holds. DATA is a folder of packed motion.
DATA ?= ../shared/data
DEVICE ?= auto
train: $(VENV)/.installed-demo
	$(BIN)/inpose train --data $(DATA) --out runs/prior --device $(DEVICE)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# -c pins torch to a build that is known to work.
$(VENV)/.installed-demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[plot,bpy]'
	touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo_output build dist
