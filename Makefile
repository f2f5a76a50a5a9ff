# Everything runs in .venv, which is made on first use. PYTHON chooses the interpreter: make demo PYTHON=python3.13
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo fuzz chaos test test-slow check format bench bench-batch bench-live bench-page bench-cleanup bench-gpu bench-training evaluate evaluate-ours evaluate-recordings evaluate-situations evaluate-quick sheets experiments extension release extension-test test-gui bench-live-hour \
	test-blenders test-without-blas test-ray pictures tables example train train-hands pack gpu-day clean

demo: $(VENV)/.installed-demo
	$(BIN)/inpose demo --out demo_output

# A test process for each processor, with one thread. The tests of a file run in one process: they share fixtures.
PYTEST_AT_ONCE := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile
test: $(VENV)/.installed-test
	$(PYTEST_AT_ONCE) -m "not slow"

# Slow tests drive windows and measure speed, so they run one after the other.
test-slow: test
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/bench.py --out benchmarks/results.json

# 200 one-minute takes in a batch, against the solver's own rate (Linux).
bench-batch: $(VENV)/.installed-test
	$(BIN)/python benchmarks/batch.py

# The live solver: how accurate and how fast (ten minutes). On a quiet machine.
bench-live: $(VENV)/.installed-test
	$(BIN)/python benchmarks/live.py --data $(DATA)
	$(BIN)/python benchmarks/live_in_blender.py

# An hour of live recording, then the kill: memory, and whether the file has everything (Linux).
bench-live-hour: $(VENV)/.installed-test
	$(BIN)/python benchmarks/live_hour.py

# The recorder page in Chromium with an emulated headset: lost frames, the size of a long take, memory (ten minutes).
bench-page: $(VENV)/.installed-test
	cd web/tests && npm install --no-save --silent
	$(BIN)/python benchmarks/recorder_page.py

# The clean-up tools on whole takes; arms and soles against the meshes of characters (half an hour).
RIGS ?= $(addprefix ../shared/rigs/,vrm1_mesh2motion_female.vrm makehuman_mixamo_female.fbx \
	makehuman_default_female.blend smpl_named_female.glb)
RECORDINGS ?= ../shared/recordings/aframe_tracked-recording.json
bench-cleanup: $(VENV)/.installed-test
	$(BIN)/python benchmarks/cleanup.py --recordings $(RECORDINGS)
	$(BIN)/python benchmarks/arms.py --rigs $(RIGS) --recordings $(RECORDINGS)
	$(BIN)/python benchmarks/soles.py --rigs $(RIGS)

# The same as bench on a CUDA GPU.
bench-gpu: $(VENV)/.installed-test
	$(BIN)/python benchmarks/bench.py --device cuda --out benchmarks/results_gpu.json

# Measure the method and its rivals: trains the rivals (about half an hour on two cores) and solves for as long again.
# What is trained and measured already stays in runs/evaluation. DATA is a folder of packed motion.
evaluate: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --out docs/evaluation --runs runs/evaluation

# Measure a new prior, and keep what docs/evaluation has of the rivals (ten minutes).
evaluate-ours: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --out docs/evaluation --runs runs/evaluation --remeasure

# Defects of recordings through the whole product: right, told, misled or silent (some minutes). Measured anew each time.
evaluate-recordings: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --recordings --data $(DATA) --out docs/evaluation --runs runs/evaluation --remeasure
	PYTHONPATH=. $(BIN)/python docs/make_tables.py

# All of it in three minutes, with barely trained rivals: to see that it works, not to be cited.
evaluate-quick: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --out runs/evaluation/quick-report --runs runs/evaluation --quick

# Feed changed inputs to every reader for ten minutes, guided by atheris where pip finds it (Linux), and without where
# not; what is not answered with a sentence stays in fuzz_findings, what reaches new code in fuzz_corpus.
FUZZ_SECONDS ?= 600
fuzz: $(VENV)/.installed-test
	-test -d .venvs/atheris || $(PIP) install -q --no-deps --target .venvs/atheris atheris
	if PYTHONPATH=.venvs/atheris $(BIN)/python -c 'import atheris' 2>/dev/null; then \
		PYTHONPATH=.venvs/atheris $(BIN)/python -m tests.fuzz.guided --seconds $(FUZZ_SECONDS); \
	else $(BIN)/python -m tests.fuzz.fuzz --seconds $(FUZZ_SECONDS); fi

# Kill, stop, fill and starve running commands at random for ten minutes, and compare what is left with what must be.
CHAOS_SECONDS ?= 600
chaos: $(VENV)/.installed-test
	$(BIN)/python -m tests.chaos --seconds $(CHAOS_SECONDS)

# Batches on a local Ray cluster; downloads 70 MB.
test-ray:
	test -x .venvs/ray/bin/python || $(PYTHON) -m venv .venvs/ray
	.venvs/ray/bin/python -m pip install -q --disable-pip-version-check ".[ray]" pytest pytest-timeout
	.venvs/ray/bin/python -m pytest tests/ray

# Compare designs of the prior (docs/experiments.md); goes on with what runs/experiments holds.
experiments: $(VENV)/.installed-test
	$(BIN)/python benchmarks/experiments.py --data $(DATA) --out runs/experiments

# Motion by situation, of people who chose nothing (a minute).
evaluate-situations: $(VENV)/.installed-test
	$(BIN)/python benchmarks/situations.py --data $(DATA) --out docs/evaluation
	PYTHONPATH=. $(BIN)/python docs/make_tables.py

# Draw the solution beside the truth: a typical stretch of each situation, and of a kick and a dance (a minute).
SHEETS ?= runs/sheets
sheets: $(VENV)/.installed-test
	$(BIN)/inpose evaluate --data $(DATA) --sheets $(SHEETS)

# How fast the prior trains, against the machine's own rate.
bench-training: $(VENV)/.installed-test
	$(BIN)/python benchmarks/training.py --data $(DATA) --device $(DEVICE)

# Build the extension's zip into dist/: one for every platform.
extension: $(VENV)/.installed-demo
	$(BIN)/python release/build_extension.py --out dist

# Everything that is published, into dist/: see release/README.md.
release: $(VENV)/.installed-dev
	$(BIN)/python release/build_release.py --out dist

# Install the zip into clean profiles of every Blender at hand (make test-blenders makes some), and solve with nothing else.
extension-test: $(VENV)/.installed-test extension
	INPOSE_ZIP=$$(ls -t dist/inpose-*.zip | head -1) $(BIN)/python -m pytest tests/extension -rsP

# Drive the real window of every Blender at hand.
test-gui: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/gui -rs

# Run the add-on's tests with other versions of Blender, one .venvs/bpy-* each.
BPY_4_2 := 3.11 bpy==4.2.23 numpy<2
BPY_4_5 := 3.11 bpy==4.5.15 numpy<2
BPY_5_0 := 3.11 bpy==5.0.1 numpy<2
BPY_5_2 := 3.13 bpy==5.2.3 numpy<3
# The 4.2 wheel may crash at exit, and the 4.5 wheel wait for ever for a thread of its own.
PYTEST_AND_LEAVE := import os, sys, pytest; code = pytest.main(["tests/blender", "-m", "not slow"]); sys.stdout.flush(); os._exit(code)
test-blenders: $(foreach version,4.2 4.5 5.0 5.2,.venvs/bpy-$(version)/.installed)
	for version in 4.2 4.5 5.0 5.2; do echo "Blender $$version"; \
		PYTHONPATH=. .venvs/bpy-$$version/bin/python -c '$(PYTEST_AND_LEAVE)' || failed=1; done; test -z "$$failed"

.venvs/bpy-%/.installed:
	set -e; set -- $(foreach word,$(BPY_$(subst .,_,$*)),'$(word)'); python=$$1; shift; \
		python$$python -m venv .venvs/bpy-$*; \
		.venvs/bpy-$*/bin/python -m pip install -q "$$@" pytest pytest-timeout hypothesis scipy python-osc
	touch $@

# Run the solver on numpys that have no BLAS, as Blender's own builds have none, against torch. They are compiled here
# (a few minutes, with a C and a C++ compiler).
NUMPY_1 := 3.11 numpy==1.26.4
NUMPY_2 := 3.11 numpy>=2.3,<3
WITHOUT_BLAS_TESTS ?= tests/core/numerics tests/core/sampling tests/core/solver/test_solve.py
test-without-blas: .venvs/numpy-1-without-blas/.installed .venvs/numpy-2-without-blas/.installed
	for version in 1 2; do echo "numpy $$version without BLAS"; \
		PYTHONPATH=. .venvs/numpy-$$version-without-blas/bin/python -m pytest $(WITHOUT_BLAS_TESTS) -m "not slow" \
		|| failed=1; done; test -z "$$failed"

# No cache: pip would take a numpy that was compiled with other options for this one.
.venvs/numpy-%-without-blas/.installed: constraints.txt
	set -e; set -- $(foreach word,$(NUMPY_$*),'$(word)'); python=.venvs/numpy-$*-without-blas/bin/python; \
		python$$1 -m venv --clear .venvs/numpy-$*-without-blas; shift; \
		$$python -m pip install -q --no-cache-dir --no-binary numpy "$$@" -Csetup-args=-Dblas=none \
			-Csetup-args=-Dlapack=none -Csetup-args=-Dallow-noblas=true; \
		$$python -m pip install -q -c constraints.txt torch scipy pytest pytest-timeout hypothesis; \
		$$python -c 'from numpy.__config__ import CONFIG; assert CONFIG["Build Dependencies"]["blas"]["name"] == "none"'
	touch $@

# Take every picture of the docs anew: the window's, and the rendered animation (a quarter of an hour).
pictures: $(VENV)/.installed-test
	$(BIN)/python docs/make_recording_images.py
	$(BIN)/python docs/take_screenshots.py
	$(BIN)/python docs/render_animation.py

# Write the docs' tables of options and formats anew.
tables: $(VENV)/.installed-demo
	PYTHONPATH=. $(BIN)/python docs/make_tables.py

# Make the example recording anew from the shipped weights.
example: $(VENV)/.installed-demo
	$(BIN)/python examples/make_example.py

# Train the prior; resumes what runs/prior holds. DATA is a folder of packed motion.
DATA ?= ../shared/data
DEVICE ?= auto
train: $(VENV)/.installed-test
	$(BIN)/inpose train --data $(DATA) --out runs/prior --device $(DEVICE)

# One small file of all training motion, to take to another machine (27 MB for the three hours of DATA).
pack: $(VENV)/.installed-test
	mkdir -p runs
	$(BIN)/inpose pack $(DATA) -o runs/pack.npz --join

# Everything that a GPU is wanted for, in 25 minutes; call it again to go on. GPU_PYTHON needs torch with CUDA, numpy,
# scipy and safetensors; PACK is what `make pack` leaves.
GPU_PYTHON ?= python3
PACK ?= runs/pack.npz
gpu-day:
	PYTHONPATH=. $(GPU_PYTHON) benchmarks/gpu_day.py --data $(PACK) --out runs/gpu_day

# Train the network that finds the hands in controllers of which nothing is known (ten minutes on two cores).
train-hands: $(VENV)/.installed-test
	$(BIN)/inpose train --hands --data $(DATA) --out runs/hand_finder --device $(DEVICE)

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
