# Everything happens in .venv, which these targets make themselves; two stamps tell what it holds:
# the kiosk (enough for the demo) and everything for development.

VENV    ?= .venv
BIN     := $(VENV)/bin
KIOSK   := $(VENV)/.maskgate-kiosk
DEVELOP := $(VENV)/.maskgate-develop
PIP     := $(BIN)/python -m pip install --disable-pip-version-check --quiet

# The first Python that Maskgate runs on; choose another with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
# On a Raspberry Pi with a camera module: VENV_FLAGS=--system-site-packages, for apt's picamera2 and lgpio.
VENV_FLAGS ?=
# Processes that run the tests.
JOBS ?= auto

# Pretrained networks that lie beside the checkout.
ifneq ($(wildcard ../shared/weights),)
export MASKGATE_WEIGHTS ?= $(abspath ../shared/weights)
endif
# TensorFlow's start-up messages hide the tests' own.
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-arm test-boot test-guide test-package test-pi test-vm test-soak locks release lint format docs constraints clean
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# By media time, every frame looked at: the same decisions on a slow or busy machine.
demo: $(KIOSK) ## Set up the kiosk and run it on a clip made on the spot; no camera needed
	$(BIN)/maskgate demo --replay

test: $(DEVELOP) ## Set up everything and run the tests
	$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile

test-all: $(DEVELOP) ## Run the slow tests too, but for the machines' below; print how much of each package they run
	$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile -m "not machine" --cov --cov-report=
	$(BIN)/coverage json --quiet -o .coverage.json
	$(BIN)/python .ci/coverage_floor.py .coverage.json

test-arm: $(DEVELOP) ## Run the kiosk on the Raspberry Pi's processors (emulated), and resolve what a Pi installs
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/arm/test_arm.py tests/machines/arm/test_resolution.py

test-boot: $(DEVELOP) ## Boot a Debian in a container, install the kiosk in it, crash it, and cut its power
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/boot/test_boot.py tests/machines/boot/test_sandbox.py \
		tests/machines/boot/test_power_cut.py tests/machines/boot/test_installer.py tests/machines/boot/test_doors.py

test-guide: $(DEVELOP) ## Type every command of the guides for installation and trouble into a Debian in a container
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/boot/test_guide.py

test-package: $(DEVELOP) ## Build the Debian package, and install, upgrade, break and purge it in a Debian that boots
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/boot/test_package.py

# A longer one: make test-soak MASKGATE_SOAK_MINUTES=60
test-soak: $(DEVELOP) ## Have everything fail at random while a film is replayed; a camera's week; a year of events
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/soak/test_soak.py tests/machines/soak/test_week.py tests/machines/soak/test_year.py

test-vm: $(DEVELOP) ## Run the kiosk under a kernel of its own, with simulated GPIO lines and cameras
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/vm/test_vm.py

test-pi: $(DEVELOP) ## Boot an emulated Raspberry Pi 3 from a card with the package, and read its GPIO registers
	$(BIN)/pytest -m slow -raP --durations=5 tests/machines/pi/test_pi.py

setup: $(DEVELOP) ## Set up everything for development in .venv

lint: $(DEVELOP) ## Check style, types, imports, and that nothing is dead
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

format: $(DEVELOP) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(DEVELOP) ## Make the documentation site in build/site; a dead link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "build/site/index.html"

clean: ## Remove the environment and everything that tools left
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: found no Python 3.11 to 3.13; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV_FLAGS) $(VENV) || { echo "make: Python's venv is missing: sudo apt install python3-venv" >&2; exit 1; }

$(KIOSK): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[demo]'
	@touch $@

$(DEVELOP): pyproject.toml .ci/constraints.txt | $(BIN)/python
	$(PIP) --editable '.[demo,train,web,dev,docs]' --constraint .ci/constraints.txt
	@touch $(KIOSK) $@

constraints: ## Move the development environment to the newest versions
	rm -rf $(VENV).new
	$(PYTHON) -m venv $(VENV).new
	$(VENV).new/bin/python -m pip install --disable-pip-version-check --quiet --editable '.[demo,train,web,dev,docs]'
	{ sed -n '/^#/p' .ci/constraints.txt; $(VENV).new/bin/python -m pip freeze --exclude-editable; } > .ci/constraints.tmp
	mv .ci/constraints.tmp .ci/constraints.txt
	rm -rf $(VENV).new

# Raspberry Pi OS bookworm and trixie. Both take the same OpenCV and PyAV, whose wheels fit every Python, so that a release
# for both is not twice as large. OpenCV asks for NumPy 2 and runs with NumPy 1.26 as well; bookworm's picamera2 is compiled
# against NumPy 1. OpenCV below 4.12 has CVE-2025-53644; 4.12 is the smallest above; PyAV 18 the last for Python 3.11. uv
# passes over what a package says of newer Pythons than it supports, and pip does not: backports.strenum 1.3 is for Pythons
# before 3.11.
LOCKED := cp311-aarch64 cp311-x86_64 cp313-aarch64 cp313-x86_64
locks: | $(DEVELOP) ## Pin what a kiosk installs, with hashes, to the newest versions of today
	mkdir -p systemd/locks build
	for lock in $(LOCKED); do \
		python=$${lock#cp3}; machine=$${lock#*-}; python=$${python%-*}; \
		case $$python in 11) numpy='numpy<2' of_numpy_1='ml-dtypes<0.6' ;; *) numpy='numpy>=2,<2.3' of_numpy_1= ;; esac; \
		echo "$$numpy" >build/override.txt; \
		printf '%s\n' 'opencv-python-headless==4.12.*' 'av==18.*' "$$of_numpy_1" 'backports-strenum<1.3' | \
			$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --only-binary :all: \
			--upgrade --extra web --extra mqtt --extra metrics --extra models --constraint - --override build/override.txt \
			--python-version 3.$$python --python-platform $$machine-manylinux_2_28 \
			--output-file systemd/locks/$$lock.txt pyproject.toml && \
		$(BIN)/python -m release fetch systemd/locks/$$lock.txt --to build/locks || exit 1; \
	done

# A release to be signed wants its key: make release KEY=release.key. It is made of what is committed; the same commit
# makes the same bytes.
release: $(DEVELOP) ## Make archive and packages in dist/, signed if KEY names a private key
	$(BIN)/python -m release build $(if $(KEY),--key $(KEY))
