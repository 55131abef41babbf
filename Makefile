# The commands of this project. `make` or `make help` lists them; README.md explains them.

PYTHON ?= python3
BOARD  ?= sim
CODEC  ?= amrwb
FUZZ_S ?= 60
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
BUILD  := build
BOARDS := $(patsubst boards/%/build.mk,%,$(wildcard boards/*/build.mk))
TOOL   := PYTHONPATH=firmware PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m tools
STEP   := $(TOOL).step
VENV   := $(BUILD)/venv/bin
MAKEFLAGS += --no-print-directory
# The product's own choices, before anything a user has on PATH.
export PATH := $(CURDIR)/$(BUILD)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick fuzz soak bench budget sim qemu firmware fetch venv lint format clean distclean \
        _venv_test _venv_lint _tools _compilers _qemu_firmware _lint_python _lint_c

help: ## this list
	@echo "Usage: make <target>"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | \
	    while IFS='|' read -r target text; do printf '%-12s %s\n' "$$target" "$$text"; done

demo: venv ## two virtual handsets, real speech from one to the other, result in build/demo
	@$(MAKE) firmware BOARD=$(BOARD)
	@$(TOOL).fetch
	@$(VENV)/handsetctl demo --board $(BOARD) --codec $(CODEC)

test: _venv_test _tools sim _qemu_firmware budget ## everything: unit, C under sanitizers and on chips' instruction sets, virtual handsets
	@mkdir -p $(BUILD)/reports
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)/python -m pytest -n 2 --dist loadfile --require-tiers \
	    --junit-xml=$(BUILD)/reports/junit.xml \
	    --html=$(BUILD)/reports/tests.html --self-contained-html $(PYTEST_ARGS)

test-quick: _venv_test ## the unit tests only, no firmware build
	@$(VENV)/python -m pytest tests/unit $(PYTEST_ARGS)

bench: _venv_test _tools sim _qemu_firmware budget ## figures of this build, into build/bench/results.json
	@$(VENV)/python tests/bench/run.py

fuzz: _venv_test _tools sim ## parsers, decoders and the receive path under coverage-guided fuzzing: FUZZ_S seconds each
	@$(VENV)/python tests/fuzz/voice/run_fuzz.py --seconds $(FUZZ_S)

soak: _venv_test _tools sim _qemu_firmware ## what takes longer than a test may: a minute of speech in each mode, hours of air, ten million inputs fuzzed, power cut at every flash operation and 3,000 times at random, the store's image changed in every way
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)/python -m pytest --soak tests/chip tests/unit/bench/test_long_talk.py tests/unit/store/test_store_model.py $(PYTEST_ARGS)
	@$(VENV)/python tests/device/store_soak.py
	@$(VENV)/python tests/fuzz/voice/run_fuzz.py --executions 10000000
	@$(VENV)/python tests/unit/store/run_lives.py
	@$(VENV)/python tests/unit/store/run_cuts.py
	@$(VENV)/python tests/unit/store/run_tamper.py

budget: _compilers ## ROM, RAM and stack of the C parts on every board against their budgets
	@$(TOOL).fetch opus vo-amrwbenc opencore-amr mbedtls
	@$(TOOL).c_budget

sim: ## the virtual handset's firmware, build/sim/handset
	@$(MAKE) firmware BOARD=sim

qemu: venv _qemu_firmware ## two bare-metal handsets in QEMU that hear each other, in the background
	@$(VENV)/handsetctl sim start --board qemu_rv32

_qemu_firmware: _compilers
	@$(MAKE) firmware BOARD=qemu_rv32

firmware: ## firmware of a board: make firmware BOARD=sim; ESP32 boards need ESP-IDF, VARIANT=dev keeps the prompt
	@test -f boards/$(BOARD)/build.mk || { \
	    echo "error: no board '$(BOARD)': there is no boards/$(BOARD)/build.mk. Boards: $(BOARDS)" >&2; exit 2; }
	@mkdir -p $(BUILD)
	@flock $(BUILD)/.$(BOARD).lock $(MAKE) -f boards/$(BOARD)/build.mk JOBS=$(JOBS) PYTHON=$(PYTHON)

fetch: ## third-party sources and recordings, verified, into build/third_party
	@$(TOOL).fetch

venv: ## Python environment of the host tool, build/venv
	@$(TOOL).venv run

_venv_test:
	@$(TOOL).venv run test

_venv_lint:
	@$(TOOL).venv run test lint stubs stubs-esp32

# Programs the tests judge with that are neither in the base system nor on PyPI.
_tools: _compilers
	@$(TOOL).fetch
	@$(TOOL).fetch micropython-1-25-0

# One call, so that what is missing is installed in one go.
_compilers:
	@$(TOOL).system_packages tshark qemu-system-riscv32 riscv64-unknown-elf-gcc qemu-xtensa cmake valgrind \
	    clang-14 llvm-symbolizer-14 libsrtp2.so.1
	@$(TOOL).xtensa_compiler

lint: _venv_lint _lint_python _lint_c ## style, types and C warnings; changes nothing

_lint_python:
	@$(MAKE) -f boards/sim/build.mk generated PYTHON=$(PYTHON)
	@$(STEP) lint "ruff: style and common mistakes" $(BUILD)/log -- $(VENV)/ruff check .
	@$(STEP) lint "ruff: formatting" $(BUILD)/log -- $(VENV)/ruff format --check .
	@$(STEP) lint "mypy: host and build tools" $(BUILD)/log -- $(VENV)/mypy
	@PYTHONPATH=firmware $(VENV)/python -m tools.step lint "mypy: firmware against MicroPython's stubs" \
	    $(BUILD)/log -- $(VENV)/python -m tools.lint_firmware

_lint_c: _compilers
	@$(TOOL).fetch micropython opus vo-amrwbenc opencore-amr mbedtls
	@$(STEP) lint "C: host, RISC-V and Xtensa, all warnings as errors" $(BUILD)/log -- \
	    $(MAKE) -f firmware/tools/lint_c.mk PYTHON=$(PYTHON)

format: _venv_lint ## bring Python files into shape
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

clean: ## remove what was built; keep the fetched sources and the Python environment
	rm -rf $(filter-out $(BUILD)/venv $(BUILD)/third_party $(BUILD)/debian $(BUILD)/bin,$(wildcard $(BUILD)/*))

distclean: ## remove everything made; the download cache in your home stays
	rm -rf $(BUILD)
